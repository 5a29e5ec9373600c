using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Anumate.Proofs;

namespace Anumate.PolicyEngine;

/// <summary>
/// The digest of a decision for its subject. It covers what the decision means: point, verdict, the rules that matched (by name, without
/// version and wording) and what they demand. A new policy version that says the same about the subject gives the same digest, so an
/// approval bound to it stays good.
/// </summary>
static class DecisionDigest
{
    public static string Of(Verdict verdict, string point, IReadOnlyList<MatchedRule> matched, IReadOnlyList<ApprovalDemand> demands)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(buffer,
            new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true }))
        {
            Write(json, verdict, point, matched, demands);
        }

        return Digest.Of(buffer.WrittenSpan).ToString();
    }

    /// <summary>
    /// INVARIANT: this is RFC 8785's form. Members stand in its order and all texts are of characters it does not escape; a test compares.
    /// </summary>
    internal static void Write(Utf8JsonWriter json, Verdict verdict, string point, IReadOnlyList<MatchedRule> matched,
        IReadOnlyList<ApprovalDemand> demands)
    {
        json.WriteStartObject();
        json.WriteStartArray("approvals");
        foreach (var demand in demands)
        {
            Write(json, demand);
        }

        json.WriteEndArray();
        json.WriteStartArray("matched");
        // Pinned and current version of one policy may both have matched by the same rule: that is one.
        foreach (var (rule, of, failed) in Distinct(matched))
        {
            json.WriteStartObject();
            json.WriteBoolean("failed", failed);
            json.WriteString("rule", rule);
            json.WriteString("verdict", NameOf(of));
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteString("point", point);
        json.WriteString("verdict", NameOf(verdict));
        json.WriteEndObject();
    }

    /// <summary>All terms of a demand in one text, to compare and order demands by.</summary>
    public static string TermsOf(ApprovalDemand demand) =>
        $"{demand.Rule} {demand.Quorum} of {string.Join(',', demand.Groups)} {demand.Within.Ticks} {demand.DistinctFromActor}";

    static void Write(Utf8JsonWriter json, ApprovalDemand demand)
    {
        json.WriteStartObject();
        json.WriteBoolean("distinct_from_actor", demand.DistinctFromActor);
        json.WriteStartArray("groups");
        foreach (var group in demand.Groups)
        {
            json.WriteStringValue(group);
        }

        json.WriteEndArray();
        json.WriteNumber("quorum", demand.Quorum);
        json.WriteString("rule", demand.Rule);
        json.WriteNumber("within_seconds", (long)demand.Within.TotalSeconds);
        json.WriteEndObject();
    }

    static List<(string Rule, Verdict Verdict, bool Failed)> Distinct(IReadOnlyList<MatchedRule> matched)
    {
        var rules = new List<(string Rule, Verdict Verdict, bool Failed)>(matched.Count);
        foreach (var rule in matched)
        {
            rules.Add(($"{rule.Policy}/{rule.Rule}", rule.Verdict, rule.Error is not null));
        }

        rules.Sort((a, b) =>
            string.CompareOrdinal(a.Rule, b.Rule) is not 0 and var order ? order : (a.Verdict, a.Failed).CompareTo((b.Verdict, b.Failed)));
        for (var i = rules.Count - 1; i > 0; i--)
        {
            if (rules[i] == rules[i - 1])
            {
                rules.RemoveAt(i);
            }
        }

        return rules;
    }

    static string NameOf(Verdict verdict) => verdict switch { Verdict.Deny => "deny", Verdict.Approval => "approval", _ => "allow" };
}
