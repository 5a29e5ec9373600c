using System.Text;
using Anumate.Proofs;
using Anumate.Schemas.Documents;

namespace Anumate.PlanEngine;

/// <summary>
/// Reads a capsule: every finding of its form at once, each with line and column. What the text means (expressions, types, edges) is
/// checked by <see cref="PlanCompiler"/>.
/// </summary>
public sealed partial class CapsuleReader
{
    readonly Findings findings = new();

    CapsuleReader()
    {
    }

    /// <summary>Reads YAML or JSON text.</summary>
    public static CapsuleReading Read(string text) => Read(Encoding.UTF8.GetBytes(text));

    /// <inheritdoc cref="Read(string)"/>
    public static CapsuleReading Read(ReadOnlyMemory<byte> utf8)
    {
        var document = IsJson(utf8.Span) ? Document.ParseJson(utf8) : Document.ParseYaml(utf8);
        if (!document.IsValid)
        {
            return new CapsuleReading(null, document.Diagnostics);
        }

        var reader = new CapsuleReader();
        var capsule = reader.Root(document.Root);
        return new CapsuleReading(reader.findings.HasErrors ? null : capsule, [.. document.Diagnostics, .. reader.findings.Ordered()]);
    }

    static bool IsJson(ReadOnlySpan<byte> text)
    {
        var start = text.IndexOfAnyExcept(" \t\r\n"u8);
        return start >= 0 && text[start] == '{';
    }

    CapsuleDocument? Root(DocumentNode node)
    {
        if (node is not ObjectNode root)
        {
            findings.Add(node.Error("capsule.wrong-type", $"a capsule is an object, not {node.Described}"));
            return null;
        }

        var fields = new Fields(root, "a capsule", findings, ["apiVersion", "kind", "metadata", "spec"]);
        Fixed(fields, "apiVersion", "anumate.io/v1");
        Fixed(fields, "kind", "Capsule");
        var metadata = fields.Object("metadata", required: true);
        var spec = fields.Object("spec", required: true);
        var capsule = metadata is null || spec is null ? null : Capsule(root, Metadata(metadata), spec);
        return findings.HasErrors ? null : capsule;
    }

    void Fixed(Fields fields, string key, string value)
    {
        if (fields.Text(key, required: true) is { } text && text.Value != value)
        {
            findings.Add(text.Error("capsule.invalid-value", $"`{key}` is `{value}`, not `{text.Value}`", $"write `{value}`"));
        }
    }

    (string Name, string Version, string? Title, string? Owner, Dictionary<string, string> Labels) Metadata(ObjectNode node)
    {
        var fields = new Fields(node, "`metadata`", findings, ["name", "version", "title", "owner", "labels"]);
        var labels = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var label in fields.Object("labels")?.Members ?? [])
        {
            if (label.Value is StringNode { Value.Length: <= 256 } text)
            {
                labels[label.Key] = text.Value;
            }
            else
            {
                findings.Add(label.Value.Error("capsule.wrong-type", $"label `{label.Key}` must be a string of at most 256 characters",
                    label.Value is StringNode ? null : "put the value in quotes"));
            }
        }

        return (
            fields.Form("name", true, CapsuleWords.IsCapsuleName, "a capsule name: lower-case letters, digits and `-`, segments joined by `/`"),
            fields.Form("version", true, CapsuleWords.IsVersion, "a semantic version such as 1.4.0",
                v => CapsuleWords.IsVersion($"{v.TrimStart('v')}") ? $"write `{v.TrimStart('v')}`" : CapsuleWords.IsVersion($"{v}.0") ? $"write `{v}.0`" : null),
            Line(fields, "title"),
            Line(fields, "owner"),
            labels);
    }

    /// <summary>A line for people: not empty, not long.</summary>
    string? Line(Fields fields, string key)
    {
        if (fields.Text(key) is not { } text)
        {
            return null;
        }

        if (string.IsNullOrWhiteSpace(text.Value) || text.Value.Length > 256 || text.Value.Contains('\n', StringComparison.Ordinal))
        {
            findings.Add(text.Error("capsule.invalid-value", $"`{key}` must be one line of 1 to 256 characters"));
        }

        return text.Value;
    }

    CapsuleDocument? Capsule(
        ObjectNode root, (string Name, string Version, string? Title, string? Owner, Dictionary<string, string> Labels) metadata, ObjectNode spec)
    {
        var fields = new Fields(spec, "`spec`", findings,
            ["inputs", "tools", "policies", "approvals", "steps", "outputs", "on_failure", "limits"],
            "extends", "imports", "triggers", "finally", "secrets");
        var (timeout, parallel) = Limits(fields.Object("limits"));
        var (tools, policies) = (Tools(fields), Policies(fields));
        var (approvals, steps) = (Approvals(fields), Steps(fields));
        var (inputs, outputs) = (fields.Object("inputs"), fields.Object("outputs"));
        var onFailure = fields.Word("on_failure", Words.Failures, "continue") ?? OnFailure.Compensate;
        if (findings.HasErrors)
        {
            return null;
        }

        if (!CanonicalJson.TryWrite(root.ToJsonElement(), out var canonical, out var fault))
        {
            findings.Add(fault!);
            return null;
        }

        return new CapsuleDocument
        {
            Name = metadata.Name,
            Version = metadata.Version,
            Title = metadata.Title,
            Owner = metadata.Owner,
            Labels = metadata.Labels,
            Inputs = inputs,
            Tools = tools,
            Policies = policies,
            Approvals = approvals,
            Steps = steps,
            Outputs = outputs,
            OnFailure = onFailure,
            Timeout = timeout,
            MaxParallel = parallel,
            Canonical = Json.FromCanonical(canonical),
            Digest = Digest.Of(canonical).ToString(),
        };
    }
}
