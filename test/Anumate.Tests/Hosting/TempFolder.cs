using Anumate.Platform.Hosting;

namespace Anumate.Tests.Hosting;

/// <summary>A folder that is gone after the test. Other users may pass through it, as PostgreSQL's user must where tests run as root.</summary>
internal sealed class TempFolder : IDisposable
{
    public TempFolder()
    {
        Path = Directory.CreateTempSubdirectory("anumate-").FullName;
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(Path, (UnixFileMode)0b111_001_001);
        }
    }

    public string Path { get; }

    public DataFolder Data => DataFolder.Open(System.IO.Path.Combine(Path, "data"));

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
