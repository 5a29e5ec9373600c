using Anumate.Schemas.Documents;

namespace Anumate.PlanEngine;

/// <summary>What came of reading: a capsule when there is no error among the diagnostics.</summary>
public sealed record CapsuleReading(CapsuleDocument? Capsule, IReadOnlyList<Diagnostic> Diagnostics)
{
    [System.Diagnostics.CodeAnalysis.MemberNotNullWhen(true, nameof(Capsule))]
    public bool IsValid => Capsule is not null;
}

/// <summary>A capsule as its author wrote it, with positions. Made by <see cref="CapsuleReader"/>.</summary>
public sealed class CapsuleDocument
{
    /// <summary>Lower-case segments joined by <c>/</c>.</summary>
    public required string Name { get; init; }

    /// <summary>Semantic version 2.0.</summary>
    public required string Version { get; init; }

    public string? Title { get; init; }

    public string? Owner { get; init; }

    public required IReadOnlyDictionary<string, string> Labels { get; init; }

    /// <summary>The schema of the inputs; null when there are none.</summary>
    public ObjectNode? Inputs { get; init; }

    /// <summary>The allow-list: nothing else can be called.</summary>
    public required IReadOnlyList<StringNode> Tools { get; init; }

    /// <summary>Policy references: <c>name</c>, <c>name@3</c>, <c>name@^3</c>.</summary>
    public required IReadOnlyList<StringNode> Policies { get; init; }

    public required IReadOnlyList<CapsuleApproval> Approvals { get; init; }

    public required IReadOnlyList<CapsuleStep> Steps { get; init; }

    public ObjectNode? Outputs { get; init; }

    public required OnFailure OnFailure { get; init; }

    public TimeSpan? Timeout { get; init; }

    public required int MaxParallel { get; init; }

    /// <summary>The document as canonical JSON: what is digested and signed. It does not depend on how the YAML was written.</summary>
    public required Json Canonical { get; init; }

    /// <summary><c>sha256:…</c> of <see cref="Canonical"/>.</summary>
    public required string Digest { get; init; }

}

/// <summary>An approval as written.</summary>
public sealed record CapsuleApproval(string Id, ObjectNode Node)
{
    public string? Title { get; init; }

    public StringNode? When { get; init; }

    /// <summary>The step it gates; null: the whole run.</summary>
    public StringNode? Before { get; init; }

    public IReadOnlyList<PlanStage> Stages { get; init; } = [];
}

/// <summary>A step as written.</summary>
public sealed record CapsuleStep(string Id, StepKind Kind, ObjectNode Node)
{
    /// <summary>The tool of a call.</summary>
    public StringNode? Call { get; init; }

    /// <summary>The arguments of a call (null: none), or the value of a pure step.</summary>
    public DocumentNode? Body { get; init; }

    public StringNode? When { get; init; }

    public IReadOnlyList<StringNode> Needs { get; init; } = [];

    public TimeSpan Timeout { get; init; }

    public required RetryRule Retry { get; init; }

    /// <summary>The tool that undoes the step.</summary>
    public StringNode? CompensationCall { get; init; }

    public ObjectNode? CompensationWith { get; init; }

    /// <summary>As written; null: by what the tool can do.</summary>
    public OnUnknown? OnUnknown { get; init; }

    internal DocumentNode? OnUnknownNode { get; init; }
}
