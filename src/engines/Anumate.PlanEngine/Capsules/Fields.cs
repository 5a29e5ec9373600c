using Anumate.Schemas;
using Anumate.Schemas.Documents;

namespace Anumate.PlanEngine;

/// <summary>The findings of one document, bounded, each place once.</summary>
sealed class Findings
{
    public const int Most = 100;
    readonly List<Diagnostic> list = [];

    public bool HasErrors { get; private set; }

    public bool IsFull => list.Count >= Most;

    public void Add(Diagnostic finding)
    {
        HasErrors |= finding.Severity is Severity.Error;
        if (!IsFull)
        {
            list.Add(finding);
        }
    }

    public void Add(IEnumerable<Diagnostic> findings)
    {
        foreach (var finding in findings)
        {
            Add(finding);
        }
    }

    /// <summary>In the order of the document.</summary>
    public IReadOnlyList<Diagnostic> Ordered() => [.. list.OrderBy(d => d.Line).ThenBy(d => d.Column)];
}

/// <summary>Reads the members of one object of a capsule: unknown keys, missing keys and wrong kinds become findings.</summary>
sealed class Fields
{
    readonly ObjectNode node;
    readonly Findings findings;

    /// <param name="known">The keys this version has.</param>
    /// <param name="later">Keys of the full language that this version refuses.</param>
    public Fields(ObjectNode node, string where, Findings findings, string[] known, params string[] later)
    {
        (this.node, this.findings) = (node, findings);
        foreach (var member in node.Members)
        {
            if (later.Contains(member.Key))
            {
                findings.Add(member.Error("capsule.not-supported-yet", $"`{member.Key}` of {where} is not supported yet", "remove it, or wait for the release that brings it"));
            }
            else if (!known.Contains(member.Key))
            {
                findings.Add(member.Error("capsule.unknown-key", $"{where} has no key `{member.Key}`",
                    DidYouMean.Suggest(member.Key, known) ?? $"its keys are {string.Join(", ", known)}"));
            }
        }
    }

    public ObjectNode Node => node;

    public bool Has(string key) => node.Get(key) is not null;

    public DocumentNode? Any(string key) => node[key];

    public StringNode? Text(string key, bool required = false) => Take<StringNode>(key, "a string", required);

    /// <summary>A string of a given form.</summary>
    public string Form(string key, bool required, Func<string, bool> fits, string form, Func<string, string?>? better = null)
    {
        if (Text(key, required) is not { } text)
        {
            return "";
        }

        if (!fits(text.Value))
        {
            findings.Add(text.Error("capsule.invalid-value", $"`{text.Value}` is not {form}", better?.Invoke(text.Value)));
        }

        return text.Value;
    }

    public ObjectNode? Object(string key, bool required = false) => Take<ObjectNode>(key, "an object", required);

    public IReadOnlyList<DocumentNode> Items(string key, bool required = false) => Take<ArrayNode>(key, "an array", required)?.Items ?? [];

    /// <summary>An array of strings, each once.</summary>
    public IReadOnlyList<StringNode> Texts(string key)
    {
        var texts = new List<StringNode>();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var item in Items(key))
        {
            if (item is not StringNode text)
            {
                findings.Add(item.Error("capsule.wrong-type", $"an element of `{key}` must be a string, not {item.Described}", Quote(item)));
            }
            else if (!seen.Add(text.Value))
            {
                findings.Add(text.Error("capsule.duplicate", $"`{text.Value}` stands in `{key}` twice"));
            }
            else
            {
                texts.Add(text);
            }
        }

        return texts;
    }

    public TimeSpan? Duration(string key, TimeSpan most)
    {
        if (Text(key) is not { } text)
        {
            return null;
        }

        if (!Durations.TryParse(text.Value, out var duration))
        {
            findings.Add(text.Error("capsule.invalid-value", $"`{text.Value}` is not a duration", "write a whole number and ms, s, m, h or d, e.g. `20s`"));
        }
        else if (duration == TimeSpan.Zero || duration > most)
        {
            findings.Add(text.Error("capsule.out-of-range", $"`{key}` must be more than 0 and at most {Durations.Text(most)}"));
        }

        return duration;
    }

    public int? Whole(string key, int least, int most)
    {
        if (Take<NumberNode>(key, "a number", false) is not { } number)
        {
            return null;
        }

        if (!number.IsInteger || number.Value < least || number.Value > most)
        {
            findings.Add(number.Error("capsule.out-of-range", $"`{key}` must be a whole number from {least} to {most}"));
            return least;
        }

        return (int)number.Value;
    }

    public double? Number(string key, double least, double most)
    {
        if (Take<NumberNode>(key, "a number", false) is not { } number)
        {
            return null;
        }

        if (number.Value < least || number.Value > most)
        {
            findings.Add(number.Error("capsule.out-of-range", $"`{key}` must be a number from {least} to {most}"));
            return least;
        }

        return number.Value;
    }

    public bool? Truth(string key) => Take<BooleanNode>(key, "true or false", false)?.Value;

    public T? Word<T>(string key, Words<T> words, params string[] later)
        where T : struct, Enum => Text(key) is { } text ? Word(text, key, words, later) : null;

    public T? Word<T>(StringNode text, string key, Words<T> words, params string[] later)
        where T : struct, Enum
    {
        if (words.Find(text.Value) is { } value)
        {
            return value;
        }

        findings.Add(later.Contains(text.Value)
            ? text.Error("capsule.not-supported-yet", $"`{key}: {text.Value}` is not supported yet", $"use {string.Join(" or ", words.All)}")
            : text.Error("capsule.invalid-value", $"`{text.Value}` is no value of `{key}`",
                DidYouMean.Suggest(text.Value, words.All) ?? $"use {string.Join(", ", words.All)}"));
        return null;
    }

    T? Take<T>(string key, string kind, bool required)
        where T : DocumentNode
    {
        switch (node[key])
        {
            case T value:
                return value;
            case null:
                if (required)
                {
                    findings.Add(node.Error("capsule.missing-key", $"`{key}` is missing", $"add `{key}`"));
                }

                return null;
            case var other:
                findings.Add(other.Error("capsule.wrong-type", $"`{key}` must be {kind}, not {other.Described}", typeof(T) == typeof(StringNode) ? Quote(other) : null));
                return null;
        }
    }

    static string? Quote(DocumentNode node) => node is NumberNode or BooleanNode ? "put the value in quotes" : null;
}
