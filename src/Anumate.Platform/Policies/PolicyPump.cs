using Anumate.PolicyEngine;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Anumate.Platform.Policies;

/// <summary>What a gate remembers of what it decided, until it is told.</summary>
public sealed record PolicyNotes(ViolationLog Violations, DecisionLog Decisions, DecisionMix Mix, HostReports Hosts)
{
    /// <summary>Takes in a decision about what is going to happen.</summary>
    public void Note(Caller caller, PolicyPoint point, PolicyFacts facts, IReadOnlyList<string> pinned, Decision decision)
    {
        Violations.Note(caller, facts, decision);
        Decisions.Note(caller.Tenant, point, facts, pinned, decision);
        Mix.Note(caller.Tenant, point, decision.Verdict);
    }
}

/// <summary>Tells once a second what was noted, beside the decisions and never before one.</summary>
public sealed partial class PolicyPump(PolicyNotes notes, TimeProvider time, ILogger<PolicyPump> log) : BackgroundService
{
    static readonly TimeSpan Every = TimeSpan.FromSeconds(1), Upkeep = TimeSpan.FromMinutes(10), LastWords = TimeSpan.FromSeconds(2);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var kept = time.GetTimestamp();
        while (!stoppingToken.IsCancellationRequested)
        {
            await Task.Delay(Every, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

            // Once more when the process ends in peace.
            using var last = new CancellationTokenSource(LastWords, time);
            var ct = stoppingToken.IsCancellationRequested ? last.Token : stoppingToken;
            await TryAsync(() => notes.Violations.TellAsync(ct));
            await TryAsync(() => notes.Mix.WriteAsync(ct));
            await TryAsync(() => notes.Hosts.TellAsync(ct));
            await TryAsync(() => notes.Decisions.WriteAsync(ct));
            if (time.GetElapsedTime(kept) >= Upkeep)
            {
                kept = time.GetTimestamp();
                await TryAsync(() => notes.Decisions.ForgetAsync(ct));
                await TryAsync(() => notes.Hosts.ForgetAsync(ct));
                await TryAsync(() => notes.Mix.ForgetAsync(ct));
            }
        }
    }

    async Task TryAsync(Func<Task> act)
    {
        try
        {
            await act();
        }
        catch (Exception e) when (e is ProblemException or NpgsqlException or OperationCanceledException)
        {
            Postponed(e.Message);
        }
        catch (Exception e)
        {
            // A bug here must not end the process that decides.
            Failed(e);
        }
    }

    [LoggerMessage(LogLevel.Warning, "notes of policy decisions are told later, or not: {Reason}")]
    private partial void Postponed(string reason);

    [LoggerMessage(LogLevel.Error, "notes of policy decisions could not be told")]
    private partial void Failed(Exception e);
}
