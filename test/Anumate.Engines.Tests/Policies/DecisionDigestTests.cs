using System.Text.Json;
using Anumate.PolicyEngine;

namespace Anumate.Engines.Tests.Policies;

public sealed class DecisionDigestTests
{
    static readonly string[] Members = ["rule a allow",
        "rule b approval 2 of [\"x\", \"cfo-office\"] distinct_from actor within 4h because \"large\""];

    static string DigestOf(params string[] members) => Ask.Tool(PolicyText.With(members)).Digest;

    [Fact]
    public void Is_over_canonical_json()
    {
        var decision = Ask.Tool(PolicyText.With(Members));
        const string subject = """
            {"verdict":"approval","point":"tool.before","matched":[{"rule":"test.policy/a","verdict":"allow","failed":false},{"rule":"test.policy/b","verdict":"approval","failed":false}],
             "approvals":[{"rule":"test.policy/b","quorum":2,"groups":["cfo-office","x"],"within_seconds":14400,"distinct_from_actor":true}]}
            """;
        Assert.Equal(Anumate.Proofs.Digest.OfJson(JsonDocument.Parse(subject).RootElement).ToString(), decision.Digest);
    }

    [Fact]
    public void Does_not_change_with_what_does_not_change_the_decision()
    {
        var digest = DigestOf(Members);
        Assert.Equal(digest, DigestOf([.. Members, "rule c deny when false"]));
        Assert.Equal(digest, DigestOf(Members[0], Members[1].Replace("because \"large\"", "because \"very large\"")));
        Assert.Equal(digest, DigestOf(["// a comment", .. Members]));
        Assert.Equal(digest, Ask.Tool(PolicyText.Named("test.policy", 2, Members)).Digest);
        var both = Ask.Layers(Ask.Set(PolicyText.Named("test.policy", 2, Members)), Ask.Set(PolicyText.Named("test.policy", 1, Members)));
        Assert.Equal(digest, Decider.Decide(both, PolicyPoint.ToolBefore, Ask.Call()).Digest);
    }

    [Fact]
    public void Changes_with_verdict_rules_and_terms()
    {
        string[] variants =
        [
            DigestOf(Members), DigestOf(Members[0]), DigestOf(Members[1]), DigestOf([.. Members, "rule c allow"]),
                DigestOf([.. Members, "rule c deny"]),
            DigestOf(Members[0], Members[1].Replace("2 of", "3 of")), DigestOf(Members[0], Members[1].Replace("4h", "5h")),
                DigestOf(Members[0], Members[1].Replace("\"x\"", "\"y\"")),
            DigestOf(Members[0], Members[1].Replace(" distinct_from actor", "")),
                DigestOf(Members[0], $"{Members[1]} when call.args.missing == 1"),
        ];
        Assert.Equal(variants.Length, variants.Distinct().Count());
    }
}
