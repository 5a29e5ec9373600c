using System.Diagnostics;
using System.Globalization;

namespace Anumate.Tests.Hosting;

/// <summary>A look at the processes of this machine through /proc.</summary>
internal static class Processes
{
    /// <summary>The living processes whose command line names the text (a dead one that nobody has collected has none).</summary>
    public static IReadOnlyList<int> Naming(string text) =>
        [.. Directory.EnumerateDirectories("/proc")
            .Select(Path.GetFileName)
            .Where(name => int.TryParse(name, CultureInfo.InvariantCulture, out _))
            .Select(name => int.Parse(name!, CultureInfo.InvariantCulture))
            .Where(pid => CommandLine(pid).Contains(text, StringComparison.Ordinal))];

    public static int ParentOf(int pid) =>
        int.Parse(
            File.ReadLines($"/proc/{pid}/status").First(line => line.StartsWith("PPid:", StringComparison.Ordinal))[5..].Trim(),
            CultureInfo.InvariantCulture);

    public static async Task SignalAsync(string signal, int pid)
    {
        using var kill = Process.Start("/bin/sh", ["-c", $"kill -{signal} {pid}"]);
        await kill.WaitForExitAsync();
        Assert.Equal(0, kill.ExitCode);
    }

    /// <summary>Waits until the condition holds; a minute is for a machine that is busy with other things.</summary>
    public static async Task UntilAsync(Func<Task<bool>> holds, string what)
    {
        var patience = Stopwatch.StartNew();
        while (!await holds())
        {
            Assert.True(patience.Elapsed < TimeSpan.FromMinutes(1), $"it never came to be that {what}");
            await Task.Delay(20);
        }
    }

    public static Task UntilAsync(Func<bool> holds, string what) => UntilAsync(() => Task.FromResult(holds()), what);

    private static string CommandLine(int pid)
    {
        try
        {
            return File.ReadAllText($"/proc/{pid}/cmdline");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
