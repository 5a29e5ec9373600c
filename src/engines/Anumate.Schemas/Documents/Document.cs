namespace Anumate.Schemas.Documents;

/// <summary>The bounds of a document. What exceeds one is refused with a diagnostic.</summary>
public sealed record DocumentLimits
{
    public static DocumentLimits Default { get; } = new();

    /// <summary>The largest text, in bytes of UTF-8.</summary>
    public int MaxBytes { get; init; } = 1024 * 1024;

    /// <summary>The deepest nesting of objects and arrays.</summary>
    public int MaxDepth { get; init; } = AnumateJson.MaxDepth;

    /// <summary>The largest number of values, counting keys.</summary>
    public int MaxNodes { get; init; } = 250_000;

    /// <summary>The most findings reported for one document.</summary>
    public int MaxDiagnostics { get; init; } = 100;
}

/// <summary>
/// What came of parsing: a root when the text is a usable document, otherwise the errors. There are never both a root and an error.
/// </summary>
public sealed class Document
{
    Document(DocumentNode? root, IReadOnlyList<Diagnostic> diagnostics) => (Root, Diagnostics) = (root, diagnostics);

    /// <summary>The root value; null when <see cref="Diagnostics"/> holds an error.</summary>
    public DocumentNode? Root { get; }

    public IReadOnlyList<Diagnostic> Diagnostics { get; }

    [System.Diagnostics.CodeAnalysis.MemberNotNullWhen(true, nameof(Root))]
    public bool IsValid => Root is not null;

    /// <summary>Parses one YAML 1.2 document (core schema, no aliases, tags or merge keys).</summary>
    public static Document ParseYaml(ReadOnlyMemory<byte> utf8, DocumentLimits? limits = null) =>
        Parse(SourceText.Decode(utf8.Span, limits ?? DocumentLimits.Default), YamlDocumentParser.Parse);

    /// <inheritdoc cref="ParseYaml(ReadOnlyMemory{byte}, DocumentLimits?)"/>
    public static Document ParseYaml(string text, DocumentLimits? limits = null) =>
        Parse(SourceText.From(text, limits ?? DocumentLimits.Default), YamlDocumentParser.Parse);

    /// <summary>Parses one JSON text (RFC 8259, unique keys, I-JSON numbers and strings).</summary>
    public static Document ParseJson(ReadOnlyMemory<byte> utf8, DocumentLimits? limits = null) =>
        Parse(SourceText.Decode(utf8.Span, limits ?? DocumentLimits.Default), JsonDocumentParser.Parse);

    /// <inheritdoc cref="ParseJson(ReadOnlyMemory{byte}, DocumentLimits?)"/>
    public static Document ParseJson(string text, DocumentLimits? limits = null) =>
        Parse(SourceText.From(text, limits ?? DocumentLimits.Default), JsonDocumentParser.Parse);

    static Document Parse(SourceText source, Func<SourceText, Findings, DocumentNode?> parse)
    {
        var findings = source.Findings;
        DocumentNode? root = null;
        if (findings.Count == 0)
        {
            try
            {
                root = parse(source, findings);
            }
            catch (DocumentStop)
            {
                // The finding is recorded; nothing after it can be read.
            }
        }

        return findings.Count == 0 && root is not null ? new Document(root, []) : new Document(null, findings.Ordered());
    }
}

/// <summary>The findings of one parse, bounded.</summary>
sealed class Findings(int max)
{
    readonly List<Diagnostic> list = [];

    public int Count => list.Count;

    public void Add(Diagnostic diagnostic)
    {
        if (list.Count < max)
        {
            list.Add(diagnostic);
        }
    }

    public DocumentStop Stop(Diagnostic diagnostic)
    {
        Add(diagnostic);
        return new DocumentStop();
    }

    public IReadOnlyList<Diagnostic> Ordered() => [.. list.OrderBy(d => d.Line).ThenBy(d => d.Column)];
}

/// <summary>Ends a parse whose last finding leaves nothing more to read. Never leaves this namespace.</summary>
sealed class DocumentStop : Exception;
