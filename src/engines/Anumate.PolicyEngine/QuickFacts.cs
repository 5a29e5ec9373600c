using System.Text.Json;
using Anumate.Cel;

namespace Anumate.PolicyEngine;

/// <summary>
/// Judges facts in JSON text by compiled conditions alone, reading nothing that none of them looks at and keeping nothing. Whatever is not plain (no
/// tool, a rule that needs more than its condition, a condition that is unsure, text that is not in order) it leaves to those who read all.
/// </summary>
static class QuickFacts
{
    [ThreadStatic]
    static CelScratch? scratch;

    public static Verdict? Judge(PolicyLayers layers, PolicyPoint point, ReadOnlySpan<byte> json)
    {
        var memory = scratch ??= new();
        try
        {
            Span<char> name = stackalloc char[ToolPattern.MaxLength];
            return TryFindTool(point, json, ref name) ? Judge(layers, point, name, json, memory) : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // Text that is no JSON, or half a surrogate pair: who reads it in full says what is wrong.
            return null;
        }
        finally
        {
            memory.Clear();
        }
    }

    static Verdict? Judge(PolicyLayers layers, PolicyPoint point, ReadOnlySpan<char> tool, ReadOnlySpan<byte> json, CelScratch memory)
    {
        var outcome = new Outcome(null, detailed: false);
        return layers.Tenant.Applicable(point, tool) is { } tenant && layers.Capsule.Applicable(point, tool) is { } capsule
            && tenant.Rules.Length + capsule.Rules.Length > 0
            && Layer("tenant", tenant, json, memory, ref outcome) is { } one && Layer("capsule", capsule, json, memory, ref outcome) is { } two
                ? Decider.Rule(one, two, isEffect: true, outcome).Verdict
                : null;
    }

    static LayerOutcome? Layer(string name, Applicable applicable, ReadOnlySpan<byte> json, CelScratch memory, ref Outcome outcome)
    {
        var (rules, allowed, evaluation) = (applicable.Rules, false, default(Evaluation));
        if (rules.Length == 0)
        {
            return new(name, applicable, false);
        }

        if (applicable.Conditions is not { } conditions || !memory.TryRead(conditions, json))
        {
            return null;
        }

        for (var i = 0; i < rules.Length; i++)
        {
            var truth = conditions.Test(i, memory.Slots);
            if (truth == CelTruth.No)
            {
                continue;
            }

            var rule = rules[i].Rule;
            if (truth == CelTruth.Unsure || rule.NeedsFacts)
            {
                return null;
            }

            outcome.Add(rule, null, ref evaluation);
            allowed |= rule.Kind == RuleKind.Allow;
        }

        return new(name, applicable, allowed);
    }

    /// <summary>The tool that is called, from the text; empty where the point concerns none. False when that is not plain to see.</summary>
    static bool TryFindTool(PolicyPoint point, ReadOnlySpan<byte> json, ref Span<char> name)
    {
        if (!point.ConcernsTool)
        {
            name = [];
            return true;
        }

        var reader = new Utf8JsonReader(json);
        return reader.Read() && TryFind(ref reader, "call"u8) && TryFind(ref reader, "tool"u8) && reader.TokenType is JsonTokenType.String
            && reader.ValueSpan.Length is > 0 and var length && length <= name.Length
            && (name = name[..reader.CopyString(name)]).Length > 0;
    }

    /// <summary>Goes to the value of a member of the object at which the reader stands.</summary>
    static bool TryFind(ref Utf8JsonReader reader, ReadOnlySpan<byte> member)
    {
        if (reader.TokenType is not JsonTokenType.StartObject)
        {
            return false;
        }

        while (reader.Read() && reader.TokenType is JsonTokenType.PropertyName)
        {
            var isIt = reader.ValueTextEquals(member);
            reader.Read();
            if (isIt)
            {
                return true;
            }

            reader.Skip();
        }

        return false;
    }
}
