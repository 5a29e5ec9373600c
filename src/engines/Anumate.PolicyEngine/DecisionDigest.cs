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
    public static string Of(Decision decision)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(buffer,
            new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true }))
        {
            Write(json, decision);
        }

        return Digest.Of(buffer.WrittenSpan).ToString();
    }

    /// <summary>
    /// INVARIANT: this is RFC 8785's form. Members stand in its order and all texts are of characters it does not escape; a test compares.
    /// Limits and redactions are left out where there are none: decisions of before they existed keep their digest.
    /// </summary>
    static void Write(Utf8JsonWriter json, Decision decision)
    {
        json.WriteStartObject();
        json.WriteStartArray("approvals");
        foreach (var demand in decision.Approvals)
        {
            Write(json, demand);
        }

        json.WriteEndArray();
        Limits(json, decision.Limits);
        json.WriteStartArray("matched");
        // Pinned and current version of one policy may both have matched by the same rule: that is one.
        foreach (var (rule, of, failed) in Distinct(decision.Matched))
        {
            json.WriteStartObject();
            json.WriteBoolean("failed", failed);
            json.WriteString("rule", rule);
            json.WriteString("verdict", NameOf(of));
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteString("point", decision.Point);
        Redactions(json, decision.Redactions);
        json.WriteString("verdict", NameOf(decision.Verdict));
        json.WriteEndObject();
    }

    static void Limits(Utf8JsonWriter json, IReadOnlyList<LimitDemand> limits)
    {
        if (limits.Count == 0)
        {
            return;
        }

        json.WriteStartArray("limits");
        foreach (var limit in limits)
        {
            json.WriteStartObject();
            json.WriteNumber("count", limit.Count);
            json.WriteString("key", limit.Key);
            json.WriteNumber("per_seconds", (long)limit.Per.TotalSeconds);
            json.WriteString("rule", limit.Rule);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    static void Redactions(Utf8JsonWriter json, IReadOnlyList<RedactionDemand> redactions)
    {
        if (redactions.Count == 0)
        {
            return;
        }

        json.WriteStartArray("redactions");
        foreach (var redaction in redactions)
        {
            json.WriteStartObject();
            json.WriteNumber("first", redaction.First);
            json.WriteString("keep", redaction.Keep ?? "");
            json.WriteNumber("last", redaction.Last);
            json.WriteString("operator", RedactionTerms.Operators[(int)redaction.Operator]);
            json.WriteString("path", redaction.Path);
            Texts(json, "recognisers", redaction.Recognisers);
            Texts(json, "rules", redaction.Rules);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    static void Texts(Utf8JsonWriter json, string name, IReadOnlyList<string> texts)
    {
        json.WriteStartArray(name);
        foreach (var text in texts)
        {
            json.WriteStringValue(text);
        }

        json.WriteEndArray();
    }

    /// <summary>All terms of a demand in one text, to compare and order demands by.</summary>
    public static string TermsOf(ApprovalDemand demand) =>
        $"{demand.Rule} {demand.Quorum} of {string.Join(',', demand.Groups)} {demand.Within.Ticks} {demand.DistinctFromActor}";

    static void Write(Utf8JsonWriter json, ApprovalDemand demand)
    {
        json.WriteStartObject();
        json.WriteBoolean("distinct_from_actor", demand.DistinctFromActor);
        Texts(json, "groups", demand.Groups);
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

    static string NameOf(Verdict verdict) => verdict switch
    {
        Verdict.Deny => "deny",
        Verdict.Approval => "approval",
        Verdict.Limit => "limit",
        _ => "allow",
    };
}
