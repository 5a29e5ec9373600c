using System.Diagnostics;
using System.Globalization;

namespace Anumate.Platform.Hosting;

/// <summary>
/// One running PostgreSQL under a supervisor. The supervisor is a shell that holds the reading end of a pipe of ours: when we close it,
/// or end in whatever way (SIGKILL included), it reads the end of file and stops its own child, so nothing is left behind and no later
/// server can be hit by mistake. It has a session of its own, so Ctrl-C in a terminal reaches us and not the database we still need.
/// </summary>
internal sealed class PostgresServer : IAsyncDisposable
{
    // Fast shutdown (INT) first; a server that has not stopped in a minute is stopped without a checkpoint (QUIT) and recovers at its next
    // start. When the server has ended the shell ends the reader (TERM), which takes its sleep with it: nothing outlives the supervisor.
    private const string Script = """
        exec 3<&0 4>&1 </dev/null >>"$1" 2>&1 || exit 1
        shift
        "$@" 3<&- 4>&- &
        pid=$!
        (
            exec 4>&-
            read -r _ <&3
            s=
            trap '[ -z "$s" ] || kill "$s"; wait; exit' TERM
            kill -INT "$pid"
            n=0
            while [ "$n" -lt 60 ] && kill -0 "$pid" 2>/dev/null; do
                sleep 1 3<&- & s=$!
                wait "$s"
                n=$((n+1))
            done
            [ "$n" -lt 60 ] || kill -QUIT "$pid"
        ) &
        reader=$!
        trap '' HUP INT TERM
        echo "$pid" >&4
        exec 4>&-
        wait "$pid"
        code=$?
        kill "$reader"
        wait "$reader"
        exit "$code"
        """;

    private static readonly string? Setsid = Command.OnPath("setsid");
    private readonly Process _supervisor;
    private readonly StreamWriter _lifeline;

    private PostgresServer(Process supervisor)
    {
        _supervisor = supervisor;
        _lifeline = supervisor.StandardInput;
        Exited = ExitedAsync(supervisor);
    }

    /// <summary>The postmaster.</summary>
    public int ProcessId { get; private set; }

    /// <summary>Starts it and returns when it takes connections.</summary>
    public static async Task<PostgresServer> StartAsync(
        PostgresCluster cluster, PostgresBinaries programs, IEnumerable<string> settings, CancellationToken ct)
    {
        var patience = Stopwatch.StartNew();
        while (true)
        {
            ct.ThrowIfCancellationRequested();
            await cluster.ClearEarlierAsync(ct);
            RotateLog(cluster.Log);
            var logged = File.Exists(cluster.Log) ? new FileInfo(cluster.Log).Length : 0;
            var server = new PostgresServer(Launch(cluster, programs, settings));
            try
            {
                if (await server.WaitUntilReadyAsync(cluster, ct))
                {
                    return server;
                }
            }
            catch
            {
                await server.DisposeAsync();
                throw;
            }
            await server.DisposeAsync();
            var said = ReadFrom(cluster.Log, logged);
            // Backends of a server that was killed alone notice within a moment, and only then give its memory back.
            if (!said.Contains("is still in use", StringComparison.Ordinal) || patience.Elapsed > TimeSpan.FromSeconds(15))
            {
                throw cluster.Failure("PostgreSQL did not start", said);
            }
            await Task.Delay(100, ct);
        }
    }

    /// <summary>Completes with the exit code when the server has ended.</summary>
    public Task<int> Exited { get; }

    /// <summary>Stops it (fast shutdown: sessions are ended, a checkpoint is written) and returns when it is gone.</summary>
    public async ValueTask DisposeAsync()
    {
        try
        {
            _lifeline.Close();
        }
        catch (IOException)
        {
            // It ended before.
        }
        await Exited;
        _supervisor.Dispose();
    }

    private static async Task<int> ExitedAsync(Process supervisor)
    {
        await supervisor.WaitForExitAsync();
        return supervisor.ExitCode;
    }

    private static Process Launch(PostgresCluster cluster, PostgresBinaries programs, IEnumerable<string> settings)
    {
        List<string> line = ["/bin/sh", "-c", Script, "anumate-postgres", cluster.Log, programs.Postgres, "-D", cluster.Files, .. settings];
        if (Setsid is not null)
        {
            line.Insert(0, Setsid);
        }
        return new Command(line[0], line[1..]) { User = cluster.User, Folder = cluster.Home, KeepErrors = false }.Start();
    }

    private async Task<bool> WaitUntilReadyAsync(PostgresCluster cluster, CancellationToken ct)
    {
        if (!int.TryParse(await _supervisor.StandardOutput.ReadLineAsync(ct), CultureInfo.InvariantCulture, out var pid))
        {
            return false;
        }
        ProcessId = pid;
        var pidFile = Path.Combine(cluster.Files, "postmaster.pid");
        while (!Exited.IsCompleted)
        {
            // Line 8 is the state; the file of an earlier server has another number in line 1.
            if (PostgresCluster.ReadLines(pidFile) is { Length: >= 8 } lines
                && lines[0] == pid.ToString(CultureInfo.InvariantCulture)
                && lines[7].StartsWith("ready", StringComparison.Ordinal))
            {
                return true;
            }
            await Task.Delay(5, ct);
        }
        return false;
    }

    private static void RotateLog(string log)
    {
        if (File.Exists(log) && new FileInfo(log).Length > 8 << 20)
        {
            File.Move(log, log + ".1", overwrite: true);
        }
    }

    private static string ReadFrom(string log, long position)
    {
        if (!File.Exists(log))
        {
            return "";
        }
        using var file = new FileStream(log, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        file.Position = Math.Min(position, file.Length);
        using var reader = new StreamReader(file);
        return reader.ReadToEnd();
    }
}
