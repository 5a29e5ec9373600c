using Anumate.Schemas.Documents;

namespace Anumate.Schemas;

/// <summary>How a schema is compiled.</summary>
public sealed record SchemaOptions
{
    /// <summary>For our own documents: what the validator does not enforce is refused, and formats are asserted.</summary>
    public static SchemaOptions Strict { get; } = new();

    /// <summary>As JSON Schema 2020-12 says by default: unknown keywords are ignored and formats are annotations.</summary>
    public static SchemaOptions Standard { get; } = new() { RefuseUnknown = false, AssertFormats = false };

    /// <summary>Whether unknown keywords, unknown formats and keywords without effect are errors.</summary>
    public bool RefuseUnknown { get; init; } = true;

    /// <summary>Whether <c>format</c> is checked.</summary>
    public bool AssertFormats { get; init; } = true;

    /// <summary>
    /// Schemas that <c>$ref</c> may name, by absolute URI without a fragment. Nothing is ever fetched. The 2020-12 metaschema is always
    /// known.
    /// </summary>
    public IReadOnlyDictionary<string, DocumentNode> Documents { get; init; } = new Dictionary<string, DocumentNode>();
}

/// <summary>What came of compiling: a schema unless there is an error; warnings may come with a schema.</summary>
public sealed record SchemaCompilation(Schema? Schema, IReadOnlyList<Diagnostic> Diagnostics)
{
    [System.Diagnostics.CodeAnalysis.MemberNotNullWhen(true, nameof(Schema))]
    public bool IsValid => Schema is not null;
}

/// <summary>
/// One way in which a value does not satisfy a schema. Paths are JSON Pointers, <see cref="SchemaPath"/> as a URI fragment or URI; values
/// that the schema marks <c>pii</c> or <c>secret</c> never appear in <see cref="Message"/>.
/// </summary>
public sealed record SchemaError(string InstancePath, string SchemaPath, string Keyword, string Message, string? Suggestion = null)
{
    /// <summary>Whether the finding is about the key at <see cref="InstancePath"/>, not its value.</summary>
    public bool AboutKey { get; init; }
}

/// <summary>How guarded a value is; the order is from open to closed.</summary>
public enum Sensitivity
{
    Public,
    Internal,
    Pii,
    Secret,
}
