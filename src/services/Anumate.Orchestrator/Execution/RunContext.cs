using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Anumate.PlanEngine;
using Anumate.PolicyEngine;
using Anumate.Platform.Data;
using Anumate.Platform.Plans;
using Anumate.Platform.Policies;
using Anumate.Platform.Redactions;
using Anumate.Platform.Secrets;
using Anumate.Proofs;

namespace Anumate.Orchestrator;

/// <summary>What runs are carried out with.</summary>
sealed record RunServices(
    RunJournal Journal, RunStore Store, PlanCache Plans, HostLease Lease, RunVault Vault, PolicyGate Gate, CallRedaction Redaction, ICapTokens Tokens,
    IConnectors Connectors, IApprovals Approvals, OrchestratorOptions Options, TimeProvider Time);

/// <summary>A run in this process: its state and all that does not change while it goes on.</summary>
sealed class RunContext
{
    readonly RunServices services;
    readonly RunRecords records;
    readonly Sealing sealing;

    public RunContext(RunServices services, Id<Tenant> tenant, Id<Run> run, ReadyPlan plan, RunFacts facts, RunKeys keys, long epoch, DateTimeOffset created)
    {
        (this.services, Tenant, Run, Plan, Facts, Keys, Epoch, Created) = (services, tenant, run, plan, facts, keys, epoch, created);
        State = RunState.New(plan.Plan, run);
        Requester = facts.Caller(tenant);
        records = new RunRecords(tenant, run, plan.Plan, Requester, services.Time);
        sealing = new Sealing(plan.Plan, run, keys);
    }

    public Id<Tenant> Tenant { get; }

    public Id<Run> Run { get; }

    public ReadyPlan Plan { get; }

    public RunFacts Facts { get; }

    public RunKeys Keys { get; }

    public long Epoch { get; }

    public DateTimeOffset Created { get; }

    public RunState State { get; }

    /// <summary>Who asked for the run, as it was then.</summary>
    public Caller Requester { get; }

    public Caller AsService => field ??= Requester.AsService("orchestrator");

    /// <summary>None of them may approve.</summary>
    public IReadOnlyList<Id<Principal>> Requesters => [Facts.Principal, .. Facts.ActsFor];

    /// <summary>Whether the run has ended or waits for people.</summary>
    public bool Settled => State.HasEnded || State.Status is RunStatus.WaitingApproval or RunStatus.WaitingClarification;

    public PolicyFacts PolicyFacts => field ??= Facts.About(Requester, Plan.Plan, Run, State.Inputs);

    /// <summary>Tokens of the run's values are its own, and are erased with its key.</summary>
    public RedactionPlace Place => new(Tenant, Run.ToString(), Keys.Seal);

    public Run View() => RunViews.Of(State, Facts.Principal, Created, sealing, IdempotencyKey);

    public JsonElement MaskedInputs() => Sealing.Mask(sealing.SealInputs(State.Inputs).ToElement());

    /// <summary>The digest of a call's arguments under the run's salt.</summary>
    public string DigestOf(PlanEngine.Json arguments) => SaltedDigest.Of(Keys.Salt.Span, arguments.Utf8.Span).ToString();

    /// <summary>The key under which a tool knows one effect: the same for every attempt.</summary>
    public string IdempotencyKey(CallKey key) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(
        $"{Tenant}\n{Run}\n{key.StepPath}\n{key.Iteration}\n{(key.Phase == CallPhase.Do ? "do" : "compensate")}\n{key.Generation}")));

    public void Apply(JournalEvent entry, List<JournalEvent> pending)
    {
        Interpreter.Apply(State, entry);
        records.Count(entry);
        pending.Add(entry);
    }

    /// <summary>The commits for entries that were just applied, in order; each with no more leaves and events than an append takes.</summary>
    public IEnumerable<RunAppend> Split(List<JournalEvent> pending)
    {
        var first = State.Seq - pending.Count + 1;
        var (from, leaves, events) = (0, new List<Leaf>(), new List<OutboxEvent>());
        for (var i = 0; i < pending.Count; i++)
        {
            var (l, e) = (records.LeavesOf(pending[i], State), records.EventsOf(pending[i], State));
            if (i - from == EntryFormat.MostEntries || leaves.Count + l.Count > RunAppend.MostLeaves || events.Count + e.Count > RunAppend.MostEvents)
            {
                yield return Append(pending[from..i], first + from, leaves, events, last: false);
                (from, leaves, events) = (i, [], []);
            }

            leaves.AddRange(l);
            events.AddRange(e);
        }

        if (from < pending.Count)
        {
            yield return Append(pending[from..], first + from, leaves, events, last: true);
        }
    }

    /// <summary>The first commit: that it started, and what was asked for with it.</summary>
    public RunAppend Birth(RunStarted started, ApprovalWasRequested? asked) =>
        Append(asked is null ? [started] : [started, asked], 1, records.LeavesOf(started, State), records.EventsOf(started, State), last: true);

    RunAppend Append(List<JournalEvent> entries, long seq, IReadOnlyList<Leaf> leaves, IReadOnlyList<OutboxEvent> events, bool last)
    {
        var folds = last && entries.Exists(ChangesStatus);
        return new RunAppend(Tenant, Run, Run.ToString(), Epoch, seq, EntryFormat.Write(entries, sealing.Seal), entries[^1].At)
        {
            Fold = folds ? new RunFold(State.Status, RunViews.Bytes(View()), State.HasEnded) : null,
            Leaves = leaves,
            Events = events,
            Principal = Facts.Principal.Value,
            Correlation = Facts.Correlation,
            TraceParent = Facts.TraceParent,
        };
    }

    /// <summary>
    /// Takes a run over: raises its epoch, so that nobody else can go on with it, and replays its journal. Null when it has ended.
    /// </summary>
    public static async Task<RunContext?> TakeOverAsync(RunServices services, Id<Tenant> tenant, Id<Run> run)
    {
        var epoch = services.Lease.Epoch;
        var row = await services.Store.TakeOverAsync(tenant, run, epoch, default) ?? throw Problems.NotFound("run", run.ToString());
        if (row.Ended)
        {
            return null;
        }

        if (row.Epoch != epoch)
        {
            throw new RunLostException($"a host of epoch {row.Epoch} has it");
        }

        var keys = await services.Vault.GetAsync(tenant, run, default) ?? throw Problems.Conflict($"the keys of `{run}` were erased; it cannot go on");
        var plan = await services.Plans.GetAsync(Caller.OfPlatform(tenant, "orchestrator", run.ToString()), row.PlanHash, default);
        var open = new Sealing(plan.Plan, run, keys);
        RunContext? context = null;
        for (long after = 0; ;)
        {
            var page = await services.Store.EntriesAsync(tenant, run, after, 500, default);
            foreach (var entry in page.SelectMany(commit => EntryFormat.Read(commit.Entries, open.Open)))
            {
                context ??= new RunContext(services, tenant, run, plan,
                    JsonSerializer.Deserialize(((RunStarted)entry).Facts.Utf8.Span, OrchestratorJson.Default.RunFacts)!, keys, epoch, row.Created);
                Interpreter.Apply(context.State, entry);
                context.records.Count(entry);
            }

            if (page.Count < 500)
            {
                return context ?? throw new JournalException($"the journal of {run} is empty");
            }

            after = page[^1].Seq;
        }
    }

    static bool ChangesStatus(JournalEvent entry) => entry is RunStarted or ApprovalWasRequested or ApprovalWasDecided or ClarificationWasRequested
        or ClarificationWasAnswered or StepFailed or StepDenied or RunCompleted;
}
