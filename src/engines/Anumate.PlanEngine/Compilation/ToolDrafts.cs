using Anumate.Cel;
using Anumate.Schemas;
using Anumate.Schemas.Documents;

namespace Anumate.PlanEngine;

/// <summary>A tool that a capsule being compiled calls.</summary>
sealed class ToolDraft(Tool tool, Schema input, Schema output)
{
    public Tool Tool => tool;

    public Schema Input => input;

    public CelType OutputType { get; } = CelType.FromSchema(tool.OutputSchema);

    public IReadOnlyList<SensitivePath> SensitiveOutput { get; } = SchemaFacts.Sensitive(output);

    public SchemaView OutputView { get; } = output.View;

    public string Grant => $"{tool.Name}@{tool.Digest}";

    public bool HasLookup => tool.LookupPath is not null;
}

/// <summary>The tools of the allow-list, resolved against the lock. Without a lock every tool is unknown and untyped.</summary>
sealed class ToolDrafts
{
    readonly CapsuleDocument capsule;
    readonly CompileContext? context;
    readonly Findings findings;
    readonly HashSet<string> allowed;
    readonly Dictionary<string, ToolDraft?> resolved = new(StringComparer.Ordinal);

    public ToolDrafts(CapsuleDocument capsule, CompileContext? context, Findings findings)
    {
        (this.capsule, this.context, this.findings) = (capsule, context, findings);
        allowed = capsule.Tools.Select(t => t.Value).ToHashSet(StringComparer.Ordinal);
    }

    /// <summary>The tools that are called, by name.</summary>
    public IEnumerable<ToolDraft> Called => resolved.Values.OfType<ToolDraft>().OrderBy(t => t.Tool.Name, StringComparer.Ordinal);

    /// <summary>The tool of a call; null when it is not known (which was said).</summary>
    public ToolDraft? Resolve(StringNode call)
    {
        if (!allowed.Contains(call.Value))
        {
            findings.Add(call.Error("capsule.tool-not-allowed", $"`{call.Value}` is not in the allow-list `spec.tools`",
                DidYouMean.Suggest(call.Value, allowed) ?? $"add `{call.Value}` to `spec.tools`, if the capsule may call it"));
            resolved.TryAdd(call.Value, null);
            return null;
        }

        if (!resolved.TryGetValue(call.Value, out var tool))
        {
            resolved[call.Value] = tool = context is null ? null : Find(call.Value);
        }

        return tool;
    }

    public void WarnOfUnused()
    {
        foreach (var tool in capsule.Tools.Where(t => !resolved.ContainsKey(t.Value)))
        {
            findings.Add(tool.Warning("capsule.unused-tool", $"no step calls `{tool.Value}`", "remove it: the allow-list should hold what is needed"));
            if (context is not null)
            {
                Find(tool.Value);
            }
        }
    }

    ToolDraft? Find(string name)
    {
        var listed = capsule.Tools.First(t => t.Value == name);
        if (!context!.Tools.TryGetValue(name, out var tool))
        {
            findings.Add(listed.Error("capsule.unknown-tool", $"there is no tool `{name}`",
                DidYouMean.Suggest(name, context.Tools.Keys) ?? "register its connector first"));
            return null;
        }

        var (input, output) = (Schema.Compile(tool.InputSchema), Schema.Compile(tool.OutputSchema));
        if (input.IsValid && output.IsValid)
        {
            return new ToolDraft(tool, input.Schema, output.Schema);
        }

        var why = input.Diagnostics.Concat(output.Diagnostics).First(d => d.Severity is Severity.Error);
        findings.Add(listed.Error("capsule.tool-schema", $"the schema of `{name}` is not valid: {why.Message}", "mend the connector"));
        return null;
    }
}
