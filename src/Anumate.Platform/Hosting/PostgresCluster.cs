using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;

namespace Anumate.Platform.Hosting;

/// <summary>
/// The files of the embedded PostgreSQL: <c>postgres/</c> (the database user's own: <c>cluster/</c>, <c>run/</c> for the socket, the log)
/// and, outside that user's reach, <c>postgres.password</c>.
/// </summary>
internal sealed class PostgresCluster
{
    public const string Superuser = "postgres";

    private readonly DataFolder _folder;

    private PostgresCluster(DataFolder folder, string? user)
    {
        _folder = folder;
        User = user;
    }

    /// <summary>The user PostgreSQL runs under where that is not ours: it refuses to run as root.</summary>
    public string? User { get; }

    public string Home => _folder.PathOf("postgres");

    public string Files => Path.Combine(Home, "cluster");

    public string SocketFolder => Path.Combine(Home, "run");

    public string Log => Path.Combine(Home, "server.log");

    public string Password { get; private set; } = "";

    public int? Major => MajorIn(_folder.Root);

    /// <summary>The version that made the cluster of a data folder; null when there is none.</summary>
    public static int? MajorIn(string dataFolder)
    {
        var file = Path.Combine(dataFolder, "postgres", "cluster", "PG_VERSION");
        return File.Exists(file) ? int.Parse(File.ReadAllText(file).Trim(), CultureInfo.InvariantCulture) : null;
    }

    private string PasswordFile => _folder.PathOf("postgres.password");

    public static async Task<PostgresCluster> OpenAsync(DataFolder folder, CancellationToken ct)
    {
        if (OperatingSystem.IsWindows())
        {
            throw new SetupException("the embedded PostgreSQL needs Linux or macOS; start `anumate serve` on a database that you run instead");
        }
        var userFile = folder.PathOf("postgres.user");
        var user = !Environment.IsPrivilegedProcess ? null
            : File.Exists(userFile) ? (await File.ReadAllTextAsync(userFile, ct)).Trim()
            : await UserExistsAsync("postgres", ct) ? "postgres" : "nobody";
        var cluster = new PostgresCluster(folder, user);
        if (user is not null)
        {
            if (!await UserExistsAsync(user, ct))
            {
                throw new SetupException($"PostgreSQL cannot run as root and there is no user `{user}`, who owns `{cluster.Home}`; run: useradd --system {user}");
            }
            DemandPassage(folder.Root, user);
            if (!File.Exists(userFile))
            {
                await File.WriteAllTextAsync(userFile, user + "\n", ct);
            }
        }
        await cluster.MakeFoldersAsync(ct);
        return cluster;
    }

    /// <summary>Makes the cluster if there is none, and sees that its superuser has a password we know.</summary>
    public async Task PrepareAsync(PostgresBinaries programs, Action<string>? progress, CancellationToken ct)
    {
        if (User is not null)
        {
            DemandPassage(programs.Folder, User);
        }
        var known = PrivateFile.Read(PasswordFile);
        Password = known is null ? RandomNumberGenerator.GetHexString(64, lowercase: true) : System.Text.Encoding.ASCII.GetString(known);
        if (Major is not null && known is not null)
        {
            return;
        }
        PrivateFile.Write(PasswordFile, System.Text.Encoding.ASCII.GetBytes(Password));
        if (Major is null)
        {
            progress?.Invoke($"making a PostgreSQL {programs.Major} cluster in {Home}");
            await InitialiseAsync(programs, ct);
        }
        else
        {
            await SetPasswordAsync(programs, ct);
        }
    }

    // The cluster appears under its name in one step, so a crash in the middle leaves no half-made one.
    private async Task InitialiseAsync(PostgresBinaries programs, CancellationToken ct)
    {
        foreach (var abandoned in Directory.GetDirectories(Home, "cluster.new-*"))
        {
            Directory.Delete(abandoned, recursive: true);
        }
        var fresh = $"{Files}.new-{Environment.ProcessId}";
        // Order by code point on every machine: an index must not depend on the locale data of the system it was built on.
        string[] locale = programs.Major >= 17
            ? ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
            : ["--locale=C.UTF-8"];
        // The password comes through a pipe made by the database's own user, who could not open one of root's.
        var made = await new Command("/bin/sh",
            [
                "-c", """cat | "$@" --pwfile=/dev/stdin""", "sh",
                programs.Initdb, "-D", fresh, "-U", Superuser, "-E", "UTF8", "--auth=scram-sha-256", "--data-checksums", .. locale,
            ])
        {
            User = User,
            Folder = Home,
            Input = Password + "\n",
        }.RunAsync(ct);
        if (!made.Succeeded)
        {
            throw Failure("could not make the PostgreSQL cluster", made.Said);
        }
        Directory.Move(fresh, Files);
    }

    // The password file was lost. Whoever can write the cluster's files may set a new one: that is what single-user mode is for.
    private async Task SetPasswordAsync(PostgresBinaries programs, CancellationToken ct)
    {
        var set = await new Command(programs.Postgres, ["--single", "-D", Files, "-c", "exit_on_error=on", "postgres"])
        {
            User = User,
            Folder = Home,
            Input = $"alter role {Superuser} password '{Password}'\n",
        }.RunAsync(ct);
        if (!set.Succeeded)
        {
            File.Delete(PasswordFile);
            throw Failure("could not set a new password in the PostgreSQL cluster", set.Said);
        }
    }

    /// <summary>
    /// Clears what an earlier host left: a server that still runs (its supervisor is stopping it, or was killed too) is stopped, and a pid
    /// file whose number now belongs to another program no longer blocks. We hold the claim on the folder, so nobody else starts one.
    /// </summary>
    public async Task ClearEarlierAsync(CancellationToken ct)
    {
        var pidFile = Path.Combine(Files, "postmaster.pid");
        var deadline = Stopwatch.StartNew();
        var asked = false;
        while (ReadLines(pidFile) is { Length: > 0 } lines && int.TryParse(lines[0], CultureInfo.InvariantCulture, out var pid) && IsAlive(pid))
        {
            if (!IsServer(pid, lines))
            {
                // PostgreSQL would take the stranger for an earlier server. A number that no process can have lets it pass while it still
                // checks that no orphaned backend holds the shared memory named in the file, which it would not if the file were gone.
                lines[0] = int.MaxValue.ToString(CultureInfo.InvariantCulture);
                await File.WriteAllTextAsync(pidFile, string.Join('\n', lines) + "\n", ct);
                break;
            }
            if (!asked)
            {
                await SignalAsync("INT", pid, ct);
                asked = true;
            }
            if (deadline.Elapsed > TimeSpan.FromSeconds(60))
            {
                throw new SetupException($"an earlier PostgreSQL (process {pid}) does not stop; look into `{Log}`, or run: kill -QUIT {pid}");
            }
            await Task.Delay(20, ct);
        }
        foreach (var leftover in Directory.GetFiles(SocketFolder))
        {
            File.Delete(leftover);
        }
    }

    /// <summary>What went wrong, with the last words of the program and the likeliest way out.</summary>
    public SetupException Failure(string what, string said)
    {
        var words = string.Join('\n', said.Split('\n', StringSplitOptions.RemoveEmptyEntries).TakeLast(6).Select(line => "  " + line.TrimEnd()));
        var advice = said switch
        {
            _ when said.Contains("No space left", StringComparison.Ordinal) =>
                $"the disk of `{Home}` is full; free some space, or choose a folder on another disk with --data",
            _ when said.Contains("Permission denied", StringComparison.Ordinal) =>
                $"user `{User ?? Environment.UserName}` may not use a file of `{Home}`; choose another folder with --data, or run: chown -R {User ?? Environment.UserName} '{Home}'",
            _ => $"its log is `{Log}`",
        };
        return new($"{what}:\n{words}\n{advice}");
    }

    internal static string[]? ReadLines(string path)
    {
        try
        {
            return File.ReadAllLines(path);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    internal static bool IsAlive(int pid)
    {
        try
        {
            using var process = Process.GetProcessById(pid);
            return !process.HasExited;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    // A server's working directory is its cluster, where the pid file is this very one (first lines: process, folder, start time).
    // Without /proc (macOS) the program's name must do.
    private static bool IsServer(int pid, string[] lines)
    {
        if (!Directory.Exists("/proc/self"))
        {
            using var process = Process.GetProcessById(pid);
            return process.ProcessName == "postgres";
        }
        try
        {
            return ReadLines($"/proc/{pid}/cwd/postmaster.pid") is { } its && its.Take(3).SequenceEqual(lines.Take(3));
        }
        catch (UnauthorizedAccessException)
        {
            return false;
        }
    }

    private Task<Command.Outcome> SignalAsync(string signal, int pid, CancellationToken ct) =>
        new Command("/bin/sh", ["-c", $"kill -{signal} {pid}"]) { User = User }.RunAsync(ct);

    private async Task MakeFoldersAsync(CancellationToken ct)
    {
        foreach (var path in new[] { Home, SocketFolder })
        {
            if (Directory.Exists(path) && Major is not null)
            {
                continue;
            }
            PrivateFile.CreateFolder(path);
            if (User is not null)
            {
                var given = await new Command("chown", [$"{User}:", path]).RunAsync(ct);
                if (!given.Succeeded)
                {
                    throw Failure($"could not give `{path}` to user `{User}`", given.Said);
                }
            }
        }
    }

    private static async Task<bool> UserExistsAsync(string user, CancellationToken ct) =>
        (await new Command("id", ["-u", user]).RunAsync(ct)).Succeeded;

    // Root's home is closed on most systems; PostgreSQL's own words for that would not say what to do.
    private static void DemandPassage(string path, string user)
    {
        for (var folder = new DirectoryInfo(path); folder is not null; folder = folder.Parent)
        {
            if ((folder.UnixFileMode & UnixFileMode.OtherExecute) == 0)
            {
                throw new SetupException(
                    $"PostgreSQL cannot run as root, and user `{user}` cannot reach `{path}` because `{folder.FullName}` is closed to others; "
                    + $"choose another folder (for example --data /var/lib/anumate), or run: chmod o+x '{folder.FullName}'");
            }
        }
    }
}
