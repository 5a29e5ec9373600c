using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace Anumate.Chaos;

/// <summary>
/// Runs that go on whatever happens to the hosts: each is sent, under its own idempotency key, until somebody accepts it. Every second run
/// calls a tool that may not be repeated; one in twenty a tool that cannot even be asked, so that a person must.
/// </summary>
sealed class ChaosLoad(ChaosDatabase database, ChaosTools tools) : IAsyncDisposable
{
    const int Width = 32, LooksAtOnce = 20;
    static readonly TimeSpan Patience = TimeSpan.FromMinutes(6);

    readonly ConcurrentDictionary<int, Id<Run>> _accepted = new();
    readonly ConcurrentDictionary<Id<Run>, Run> _ended = new();
    readonly Dictionary<string, string> _plans = [];
    readonly CancellationTokenSource _over = new();
    Task _answering = Task.CompletedTask;
    int _next, _from, _until, _allowed, _asked;

    /// <summary>Who is sent new runs. May be dead.</summary>
    public ChaosHost Host { get; set; } = null!;

    static Caller Self => Caller.Self;

    public async Task PrepareAsync()
    {
        await Host.As("alma").Connectors.PutAsync(Self, ChaosDocuments.Connector(tools.Address), default);
        var ada = Host.As("ada");
        await ada.Policies.PublishAsync(Self, new PublishPolicy(ChaosDocuments.Policy), default);
        foreach (var capsule in ChaosDocuments.Capsules)
        {
            await ada.Registry.PublishAsync(Self, new PublishCapsule(ChaosDocuments.Capsule(capsule)), default);
            _plans[capsule] = (await ada.Compiler.CompileAsync(Self, new CompileCapsule($"{capsule}@1.0.0"), default)).PlanHash;
        }

        _answering = Task.Run(AnswerAsync);
    }

    /// <summary>Sends so many runs while the trouble goes on; done when both are.</summary>
    /// <param name="paced">The trouble says how many may be sent: <see cref="Pace"/>.</param>
    public async Task DuringAsync(int runs, Func<Task> trouble, bool paced = false)
    {
        (_from, _until) = (_until, _until + runs);
        Volatile.Write(ref _allowed, paced ? _from : _until);
        var sending = Task.WhenAll(Enumerable.Range(0, Width).Select(_ => Task.Run(SendAsync)));
        await trouble();
        Volatile.Write(ref _allowed, _until);
        await sending;
    }

    /// <summary>Lets this part of the runs be sent: keeps them apart over the kills.</summary>
    public void Pace(int part, int of) => Volatile.Write(ref _allowed, _from + (int)((long)(_until - _from) * part / of));

    /// <summary>Waits as long as runs end, and holds what became of them against the tools' record.</summary>
    public async Task<ChaosCount> JudgeAsync()
    {
        var clock = Stopwatch.StartNew();
        for (var last = -1; _ended.Count < _accepted.Count && clock.Elapsed < Patience; await Task.Delay(200))
        {
            await Parallel.ForEachAsync(_accepted.Values.Where(r => !_ended.ContainsKey(r)).ToList(), new ParallelOptions { MaxDegreeOfParallelism = 16 },
                async (run, _) => await LookAsync(run, TimeSpan.Zero));
            if (_ended.Count != last)
            {
                clock.Restart();
                last = _ended.Count;
            }
        }

        return ChaosCount.Of(_accepted, _ended, tools.Executions(), CapsuleOf, ItemOf) with { Asked = _asked };
    }

    public async ValueTask DisposeAsync()
    {
        await _over.CancelAsync();
        await _answering;
        _over.Dispose();
    }

    static string CapsuleOf(int run) => ChaosDocuments.Capsules[run % 2 == 0 ? 0 : run % 20 == 1 ? 2 : 1];

    string ItemOf(int run) => $"{database.Tenant.Tenant.Id}-{run}";

    async Task SendAsync()
    {
        while (Take() is { } run)
        {
            while (run >= Volatile.Read(ref _allowed))
            {
                await Task.Delay(5);
            }

            var id = await AcceptedAsync(run);
            _accepted[run] = id;
            await LookAsync(id, TimeSpan.FromSeconds(2));
        }
    }

    int? Take()
    {
        while (_next is var run && run < _until)
        {
            if (Interlocked.CompareExchange(ref _next, run + 1, run) == run)
            {
                return run;
            }
        }

        return null;
    }

    async Task<Id<Run>> AcceptedAsync(int run)
    {
        var request = new NewRun(_plans[CapsuleOf(run)], JsonElement.Parse(Encoding.UTF8.GetBytes($$"""{"item":"{{ItemOf(run)}}"}"""))) { IdempotencyKey = $"chaos-{run}" };
        for (var clock = Stopwatch.StartNew(); ; await Task.Delay(50))
        {
            try
            {
                return (await Host.As("olga").Orchestrator.ExecuteAsync(Self, request, default)).Id;
            }
            catch (Exception e) when (IsTrouble(e) && clock.Elapsed < Patience)
            {
                // Sent again, with the same key.
            }
        }
    }

    async Task LookAsync(Id<Run> id, TimeSpan wait)
    {
        try
        {
            // Somebody who may see sensitive outputs, and leaves a proof of each look at one.
            var orchestrator = Host.As("alma").Orchestrator;
            var run = wait == TimeSpan.Zero ? await orchestrator.GetAsync(Self, id, default) : await orchestrator.WaitAsync(Self, id, wait, default);
            if (run.HasEnded)
            {
                _ended[id] = run;
            }
        }
        catch (Exception e) when (IsTrouble(e))
        {
            // Looked at again later.
        }
    }

    /// <summary>The person who knows: whoever is asked looks into the tools' own books. And somebody who looks at what has not ended.</summary>
    async Task AnswerAsync()
    {
        while (!_over.IsCancellationRequested)
        {
            try
            {
                var orchestrator = Host.As("olga").Orchestrator;
                foreach (var run in (await orchestrator.ListAsync(Self, RunStatus.WaitingClarification, new PageRequest(Limit: 100), _over.Token)).Items)
                {
                    await AnswerAsync(run);
                }

                foreach (var run in _accepted.Values.Where(r => !_ended.ContainsKey(r)).Take(LooksAtOnce).ToList())
                {
                    await LookAsync(run, TimeSpan.Zero);
                }

                await Task.Delay(300, _over.Token);
            }
            catch (Exception e) when (IsTrouble(e))
            {
                await Task.Delay(300);
            }
        }
    }

    async Task AnswerAsync(Run run)
    {
        try
        {
            foreach (var asked in run.Clarifications)
            {
                await Host.As("olga").Orchestrator.AnswerAsync(Self, run.Id, asked.Id, Knowledge(asked), _over.Token);
                Interlocked.Increment(ref _asked);
            }
        }
        catch (Exception e) when (IsTrouble(e))
        {
            // This one again later, the others now.
        }
    }

    AnswerClarification Knowledge(Clarification asked) =>
        tools.Executions().FirstOrDefault(e => "chaos." + e.Tool == asked.Tool && e.Key == asked.IdempotencyKey) is { } done
            ? new AnswerClarification("done", JsonElement.Parse(Encoding.UTF8.GetBytes($$"""{"n":{{done.N}},"item":"{{done.Item}}"}""")), "it is in the books")
            : new AnswerClarification("not_done", null, "it is not in the books");

    // HttpClient lets a socket's own exception out when the peer hangs up before the connection is ready.
    static bool IsTrouble(Exception e) => e is ProblemException or HttpRequestException or SocketException or IOException or OperationCanceledException or JsonException or ObjectDisposedException;
}
