using Anumate.Platform.Data;

namespace Anumate.Orchestrator;

/// <summary>An event for <c>platform.events</c>, folded into an append.</summary>
sealed record OutboxEvent(Guid Id, string Type, long Sequence, byte[] Body);

/// <summary>What the row of a run says from the start; the keys are absent where the run has them already.</summary>
sealed record RunStartRow(string PlanHash, string Capsule, string CapsuleVersion, string? Wrapped, string? Salt);

/// <summary>How the run's row is folded forward.</summary>
sealed record RunFold(RunStatus Status, byte[] View, bool Ends);

/// <summary>
/// One commit of a run: journal entries, and what goes with them. At most two leaves and two events: the run splits what has more
/// into several commits.
/// </summary>
sealed record RunAppend(Id<Tenant> Tenant, Id<Run> Run, string Subject, long Epoch, long Seq, byte[] Entries, DateTimeOffset At)
{
    public const int MostLeaves = 2, MostEvents = 2;

    public RunStartRow? Start { get; init; }

    public RunFold? Fold { get; init; }

    public IReadOnlyList<Leaf> Leaves { get; init; } = [];

    public IReadOnlyList<OutboxEvent> Events { get; init; } = [];

    public required Guid Principal { get; init; }

    public required string Correlation { get; init; }

    public string? TraceParent { get; init; }

    public int Size => Entries.Length + (Fold?.View.Length ?? 0) + Leaves.Sum(l => l.Body.Length) + Events.Sum(e => e.Body.Length);

    public Leaf? Leaf(int i) => i < Leaves.Count ? Leaves[i] : null;

    public OutboxEvent? Event(int i) => i < Events.Count ? Events[i] : null;
}
