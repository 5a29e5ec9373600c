using System.ComponentModel;
using System.Diagnostics;

namespace Anumate.Platform.Hosting;

/// <summary>Runs a program to its end and keeps what it said.</summary>
internal sealed record Command(string Program, IReadOnlyList<string> Arguments)
{
    /// <summary>The user to run under, or null for our own. Only root may name another.</summary>
    public string? User { get; init; }

    public string? Input { get; init; }

    /// <summary>False where the program sends its errors elsewhere itself and nobody would read ours.</summary>
    public bool KeepErrors { get; init; } = true;

    public string? Folder { get; init; }

    /// <summary>Whether the program sees our environment; PostgreSQL does not, since it may hold secrets of ours.</summary>
    public bool KeepEnvironment { get; init; }

    public sealed record Outcome(int ExitCode, string Output, string Errors)
    {
        public bool Succeeded => ExitCode == 0;

        public string Said => string.Join('\n', new[] { Output.Trim(), Errors.Trim() }.Where(text => text.Length > 0));
    }

    /// <summary>The first file of that name on PATH, or null.</summary>
    public static string? OnPath(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Select(folder => Path.Combine(folder, program))
            .FirstOrDefault(File.Exists);

    private ProcessStartInfo StartInfo()
    {
        var info = new ProcessStartInfo(Program, Arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = KeepErrors,
            WorkingDirectory = Folder ?? "/",
        };
        if (User is not null)
        {
            info.UserName = User;
        }
        if (!KeepEnvironment)
        {
            info.Environment.Clear();
            info.Environment["PATH"] = Environment.GetEnvironmentVariable("PATH") ?? "/usr/bin:/bin";
            info.Environment["LC_ALL"] = "C";
        }
        return info;
    }

    /// <exception cref="SetupException">There is no such program, or we may not run it.</exception>
    public Process Start()
    {
        try
        {
            return Process.Start(StartInfo())!;
        }
        catch (Win32Exception e)
        {
            throw new SetupException($"cannot run `{Program}`: {e.Message}", e);
        }
    }

    public async Task<Outcome> RunAsync(CancellationToken ct)
    {
        using var process = Start();
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(ct);
            var errors = process.StandardError.ReadToEndAsync(ct);
            try
            {
                await process.StandardInput.WriteAsync(Input.AsMemory(), ct);
                process.StandardInput.Close();
            }
            catch (IOException)
            {
                // It ended without reading; its exit code tells.
            }
            await process.WaitForExitAsync(ct);
            return new(process.ExitCode, await output, await errors);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }
    }
}
