using System.Globalization;

namespace Anumate.Platform.Hosting;

/// <summary>
/// Where a host keeps what it owns: the embedded PostgreSQL, keys, the sealed store. One host at a time uses it (<see cref="Claim"/>).
/// The folder is open to its owner alone, except that root's lets the database's user pass through to its own part.
/// </summary>
public sealed class DataFolder
{
    public const string Variable = "ANUMATE_DATA";

    private const string OwnerFile = "owner";
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const UnixFileMode PassThrough = OwnerOnly | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    private DataFolder(string root) => Root = root;

    public string Root { get; }

    /// <summary>Opens the folder named by <paramref name="option"/> (<c>--data</c>), else by ANUMATE_DATA, else the user's default.</summary>
    public static DataFolder Open(string? option)
    {
        var variable = Environment.GetEnvironmentVariable(Variable);
        var chosen = !string.IsNullOrEmpty(option) ? option : !string.IsNullOrEmpty(variable) ? variable : UserFolders.Data;
        var folder = new DataFolder(Path.GetFullPath(chosen));
        try
        {
            folder.Prepare();
        }
        catch (UnauthorizedAccessException e)
        {
            throw new SetupException(
                $"`{Environment.UserName}` may not write the data folder `{folder.Root}`; choose another with --data or {Variable}", e);
        }
        catch (IOException e)
        {
            throw new SetupException($"cannot make the data folder `{folder.Root}`: {e.Message}; choose another with --data", e);
        }
        return folder;
    }

    /// <summary>A path inside the folder.</summary>
    public string PathOf(params ReadOnlySpan<string> parts) => Path.Combine([Root, .. parts]);

    /// <summary>A part of the folder that this user alone may enter, made if absent.</summary>
    public string PrivateFolder(string name)
    {
        var path = PathOf(name);
        PrivateFile.CreateFolder(path);
        return path;
    }

    /// <summary>Takes the folder for this process, until the claim is disposed or the process is gone, whichever way it ends.</summary>
    /// <exception cref="SetupException">Another process has it.</exception>
    public DataClaim Claim() => DataClaim.Take(this);

    private void Prepare()
    {
        if (!Directory.Exists(Root))
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Root) ?? Root);
            PrivateFile.CreateFolder(Root);
        }
        var ownerFile = PathOf(OwnerFile);
        if (File.Exists(ownerFile))
        {
            if (File.ReadAllText(ownerFile).Trim() is { Length: > 0 } owner && owner != Environment.UserName)
            {
                throw new SetupException(
                    $"data folder `{Root}` belongs to user `{owner}` and you are `{Environment.UserName}`; run as that user or choose another with --data");
            }
        }
        else
        {
            // Never tighten, and never fill, a folder that is somebody's home or /tmp. A sign-in elsewhere may have left its profile.
            if (Directory.EnumerateFileSystemEntries(Root).Select(Path.GetFileName).Any(name => name is not (DataClaim.LockFile or "profile.json")))
            {
                throw new SetupException($"`{Root}` holds other files and is not a data folder; name a new or empty folder with --data");
            }
            if (!OperatingSystem.IsWindows())
            {
                File.SetUnixFileMode(Root, Environment.IsPrivilegedProcess ? PassThrough : OwnerOnly);
            }
            File.WriteAllText(ownerFile, Environment.UserName + "\n");
        }
    }
}

/// <summary>
/// The right to use a data folder. It is an advisory lock (flock) on an open file, so the kernel gives it back however the process ends;
/// no stale lock can remain. The process id beside it only serves the message.
/// </summary>
public sealed class DataClaim : IDisposable
{
    internal const string LockFile = "host.lock";
    private const string PidFile = "host.pid";
    private readonly FileStream _lock;

    private DataClaim(DataFolder folder, FileStream held)
    {
        Folder = folder;
        _lock = held;
    }

    public DataFolder Folder { get; }

    internal static DataClaim Take(DataFolder folder)
    {
        try
        {
            var held = new FileStream(folder.PathOf(LockFile), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            File.WriteAllText(folder.PathOf(PidFile), Environment.ProcessId.ToString(CultureInfo.InvariantCulture) + "\n");
            return new DataClaim(folder, held);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new SetupException($"`{Environment.UserName}` may not write the data folder `{folder.Root}`; choose another with --data", e);
        }
        catch (IOException e) when (IsLocked(e))
        {
            throw new SetupException(
                $"data folder `{folder.Root}` is in use by {Holder(folder)}; stop it or choose another with --data", e);
        }
        catch (IOException e)
        {
            throw new SetupException($"cannot write the data folder `{folder.Root}`: {e.Message}", e);
        }
    }

    public void Dispose()
    {
        try
        {
            File.Delete(Folder.PathOf(PidFile));
        }
        catch (IOException)
        {
            // Only the message of a later refusal reads it.
        }
        _lock.Dispose();
    }

    // The runtime reports a refused flock as its errno: EWOULDBLOCK, 11 on Linux and 35 on macOS.
    private static bool IsLocked(IOException e) => e.HResult is 11 or 35;

    private static string Holder(DataFolder folder)
    {
        try
        {
            return $"process {File.ReadAllText(folder.PathOf(PidFile)).Trim()}";
        }
        catch (IOException)
        {
            return "another process";
        }
    }
}
