using System.Xml.Linq;
using Anumate.PolicyEngine;
using Anumate.PolicyEngine.Checks;
using Anumate.PolicyEngine.Testing;

namespace Anumate.Engines.Tests.Policies;

/// <summary>Tests in the language of policies.</summary>
public sealed class PolicyTestingTests
{
    const string Tiers = """
        policy payments.tiers version 1 {
          at tool.before
          on tool in ["payments.refund"]

          let amount = money(call.args.amount)

          rule finance allow when "finance" in actor.groups
          rule foreign deny when call.tenant != actor.tenant
          rule large approval 2 of "controller" within 4h when amount > money("5000 EUR")
          rule burst limit 5 per 1h when call.args.country == "DE"
        }


        """;

    const string Given = "  given actor.groups = [\"finance\"]\n  given actor.tenant = \"t1\"\n  given call.tenant = \"t1\"\n  given call.args.country = \"FR\"\n";

    static CompiledPolicy Policy(string tests) => CompiledPolicy.Check(Tiers + tests, PolicyWorld.Unknown) is { Policy: { } policy } check
        && check.Diagnostics.All(d => d.Severity != Severity.Error) ? policy : throw new InvalidOperationException(tests);

    static PolicyTestReport Run(string body, int inputs = 300) => PolicyTesting.Run(Policy($"test payments.tiers \"tiers\" {{\n{Given}{body}}}\n"), inputs);

    static string? Failure(string body) => Assert.Single(Run(body).Cases).Failure;

    [Fact]
    public void Each_row_counts_alone()
    {
        var report = Run("""
              table
                | call.args.amount | actor.groups | expect            |
                | "10 EUR"         | ["finance"]  | allow             |
                | "5000.01 EUR"    | ["finance"]  | approval by large |
                | "10 EUR"         | []           | deny              |
                | -                | ["finance"]  | approval by large |
                | "9000 EUR"       | ["finance"]  | allow             |
              table
                | call.args.amount | call.args.country | expect |
                | "10 EUR" | "DE" | limit by burst, finance |

            """);
        Assert.Equal((6, 5, 1), (report.Cases.Count, report.Passed, report.Failed));
        var failed = report.Cases.Single(c => c.Failure is not null);
        Assert.Equal(("tiers", "row 5: call.args.amount = \"9000 EUR\", actor.groups = [\"finance\"]"), (failed.Test, failed.Name));
        Assert.Equal((24, 5), (failed.Line, failed.Column));
        Assert.StartsWith("expected allow, got approval: `payments.tiers/large` asks for", failed.Failure);
    }

    [Theory]
    [InlineData("deny by foreign", "expected `foreign` to match; matched none")]
    [InlineData("allow by finance", "expected allow, got deny: no rule of the capsule's policies allows")]
    public void A_row_names_the_rules_that_must_have_matched(string expect, string failure) =>
        Assert.StartsWith(failure, Failure($"  table\n    | actor.groups | call.args.amount | expect |\n    | [] | \"1 EUR\" | {expect} |\n"));

    [Theory]
    [InlineData("never allow when call.tenant != actor.tenant")]
    [InlineData("never allow when !(\"finance\" in actor.groups)")]
    [InlineData("never allow when amount > money(\"5000 EUR\")")]
    [InlineData("never deny when call.tenant == actor.tenant && \"finance\" in actor.groups && call.args.country == \"FR\"")]
    [InlineData("never limit when has(call.args.country) && call.args.country != \"DE\"")]
    public void A_property_that_holds_passes(string property) => Assert.Null(Failure($"  {property}\n"));

    [Theory]
    [InlineData("never allow when call.args.amount == \"5000 EUR\"", "\"amount\":\"5000 EUR\"")]
    [InlineData("never approval when amount > money(\"5000 EUR\")", "it is approval for {")]
    [InlineData("given call.args.amount = \"1 EUR\" never allow when call.args.country == \"DE\"", "it is limit for {")]
    [InlineData("never deny when \"finance\" in actor.groups", "it is deny for {")]
    public void A_property_that_does_not_hold_shows_an_input(string property, string shown) => Assert.Contains(shown, Failure($"  {property}\n"));

    [Fact]
    public void The_input_shown_is_without_what_it_does_not_need()
    {
        var failure = Failure("  given inputs.note = \"x\"\n  never deny when call.tenant == \"t1\"\n");
        Assert.Equal("it is deny for {\"call\":{\"tool\":\"payments.refund\",\"tenant\":\"t1\"}}", failure);
    }

    [Fact]
    public void A_property_whose_condition_is_never_true_fails() =>
        Assert.StartsWith("its condition was true for none of 300 inputs", Failure("  never allow when call.args.unheard_of == \"never generated\" + \"!\"\n"));

    [Fact]
    public void The_same_tests_give_the_same_report()
    {
        const string body = "  never deny when \"finance\" in actor.groups\n";
        Assert.Equal(Failure(body), Failure(body));
    }

    [Fact]
    public void Coverage_says_which_rules_and_verdicts_the_rows_reached()
    {
        var coverage = Run("  table\n    | call.args.amount | expect |\n    | \"1 EUR\" | allow |\n    | \"9000 EUR\" | approval |\n  never allow when call.tenant != actor.tenant\n").Coverage;
        Assert.Equal([("finance", 2, 0), ("foreign", 0, 2), ("large", 1, 1), ("burst", 0, 2)], coverage.Rules.Select(r => (r.Rule, r.Matched, r.NotMatched)));
        Assert.Equal([(Verdict.Deny, 0), (Verdict.Approval, 1), (Verdict.Limit, 0), (Verdict.Allow, 1)], coverage.Verdicts.Select(v => (v.Verdict, v.Rows)));
    }

    [Theory]
    [InlineData("test payments.tier \"x\" { never allow when true }", "policy.test", 13, 6)]
    [InlineData("test payments.tiers \"x\" {}", "policy.test", 13, 21)]
    [InlineData("test payments.tiers \"x\" { at run.start never allow when true }", "policy.test", 13, 30)]
    [InlineData("test payments.tiers \"x\" { given actr.name = \"x\" never allow when true }", "policy.test", 13, 33)]
    [InlineData("test payments.tiers \"x\" { given actor.nam = \"x\" never allow when true }", "policy.test", 13, 33)]
    [InlineData("test payments.tiers \"x\" { given actor.name = actor.id never allow when true }", "cel.unknown-variable", 13, 46)]
    [InlineData("test payments.tiers \"x\" { given call.args.x = 1 / 0 never allow when true }", "policy.test", 13, 47)]
    [InlineData("test payments.tiers \"x\" { never allow when actor.nam == 1 }", "cel.unknown-field", 13, 50)]
    [InlineData("test payments.tiers \"x\" { table | actor.name | expect | | \"x\" | allow by lrge | }", "policy.test", 13, 74)]
    public void A_test_that_makes_no_sense_is_a_finding(string test, string code, int line, int column)
    {
        var check = CompiledPolicy.Check(Tiers + test, PolicyWorld.Unknown);
        Assert.Null(check.Policy);
        var first = check.Diagnostics.First(d => d.Severity == Severity.Error);
        Assert.Equal((code, line, column), (first.Code, first.Line, first.Column));
    }

    [Fact]
    public void A_test_changes_no_digest() => Assert.Equal(
        CompiledPolicy.Check(Tiers).Policy!.Digest,
        Policy("// about the test\ntest payments.tiers \"x\" {\n  never allow when call.tenant != actor.tenant\n}\n").Digest);

    [Fact]
    public void Tests_of_another_document_run_too()
    {
        var report = PolicyTesting.Run(Policy(""), $"// a suite\ntest payments.tiers \"x\" {{\n{Given}  never allow when call.tenant != actor.tenant\n}}\n", out var found, 100);
        Assert.Empty(found);
        Assert.Equal((1, 0), (report!.Passed, report.Failed));
        Assert.Null(PolicyTesting.Run(Policy(""), "policy x version 1 {}", out found));
        Assert.Equal(["policy.syntax"], found.Select(f => f.Code));
    }

    [Fact]
    public void Writes_what_build_servers_read()
    {
        var report = Run("  table\n    | call.args.amount | expect |\n    | \"1 EUR\" | allow |\n    | \"<2> EUR\" | deny |\n");
        var xml = XDocument.Parse(JUnit.Write([("tiers.pol", report)]));
        var suite = xml.Root!.Element("testsuite")!;
        Assert.Equal(("payments.tiers: tiers", "2", "1", "tiers.pol"),
            (suite.Attribute("name")!.Value, suite.Attribute("tests")!.Value, suite.Attribute("failures")!.Value, suite.Attribute("file")!.Value));
        Assert.Contains("row 2: call.args.amount = \"<2> EUR\"", suite.Elements("testcase").Last().Attribute("name")!.Value);
        Assert.StartsWith("tiers.pol:", suite.Elements("testcase").Last().Element("failure")!.Value);
    }
}
