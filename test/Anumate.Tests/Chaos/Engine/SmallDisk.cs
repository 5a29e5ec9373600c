using System.Diagnostics;

namespace Anumate.Chaos;

/// <summary>A file system of its own, in memory and small. Only root can mount one.</summary>
sealed class SmallDisk : IDisposable
{
    readonly string _filler;

    SmallDisk(string folder) => (Folder, _filler) = (folder, Path.Combine(folder, "filler"));

    public string Folder { get; }

    /// <summary>Null where it cannot be mounted.</summary>
    public static SmallDisk? Mount(string folder, int megabytes)
    {
        Directory.CreateDirectory(folder);
        return OperatingSystem.IsLinux() && Environment.UserName == "root" && Run("mount", "-t", "tmpfs", "-o", $"size={megabytes}m,mode=0711", "tmpfs", folder) ? new SmallDisk(folder) : null;
    }

    /// <summary>Takes the last block.</summary>
    public void Fill()
    {
        using var file = new FileStream(_filler, FileMode.Append, FileAccess.Write, FileShare.None, 0);
        var block = new byte[64 * 1024];
        try
        {
            for (; ; )
            {
                file.Write(block);
            }
        }
        catch (IOException)
        {
            // Full.
        }
    }

    public void Free() => File.Delete(_filler);

    public void Dispose() => Run("umount", "-l", Folder);

    static bool Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        process.WaitForExit();
        return process.ExitCode == 0;
    }
}
