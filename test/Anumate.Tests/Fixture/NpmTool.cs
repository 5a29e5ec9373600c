using System.Diagnostics;

namespace Anumate.Tests;

/// <summary>A program of npm that tests use: fetched once, in a version of its own, below the ignored folder <c>artifacts/tools</c>.</summary>
public static class NpmTool
{
    static readonly SemaphoreSlim One = new(1);

    public static string Root { get; } = Find(AppContext.BaseDirectory);

    /// <summary>The folder that holds <c>node_modules</c>; where npm cannot fetch it, the test is skipped and says why.</summary>
    public static async Task<string> FolderAsync(string name, string package, string version)
    {
        var folder = Path.Combine(Root, "artifacts", "tools", name);
        var done = Path.Combine(folder, version);
        await One.WaitAsync();
        try
        {
            if (!File.Exists(done))
            {
                Directory.CreateDirectory(folder);
                var (code, says) = await RunAsync(folder, "npm", "install", "--no-audit", "--no-fund", "--no-save", "--prefix", folder, $"{package}@{version}");
                Assert.SkipUnless(code == 0, $"{package} cannot be fetched by npm here: {says}");
                await File.WriteAllTextAsync(done, "");
            }
        }
        finally
        {
            One.Release();
        }

        return folder;
    }

    public static async Task<(int Code, string Says)> RunAsync(string folder, string program, params string[] arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments)
            {
                WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true, Environment = { ["REDOCLY_TELEMETRY"] = "off", ["REDOCLY_SUPPRESS_UPDATE_NOTICE"] = "true" },
            })!;
            var error = process.StandardError.ReadToEndAsync();
            var output = await process.StandardOutput.ReadToEndAsync();
            await process.WaitForExitAsync();
            return (process.ExitCode, output + await error);
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return (127, $"there is no {program}");
        }
    }

    static string Find(string folder) => File.Exists(Path.Combine(folder, "Anumate.slnx")) ? folder : Find(Path.GetDirectoryName(folder)!);
}
