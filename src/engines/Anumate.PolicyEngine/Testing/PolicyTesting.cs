using System.Text.Json.Nodes;
using Anumate.PolicyEngine.Syntax;

namespace Anumate.PolicyEngine.Testing;

/// <summary>
/// Runs the tests of a policy. A row is one case; a property is one case over many generated inputs, the same ones each time. The policy
/// is asked alone, in the capsule's place.
/// </summary>
public static class PolicyTesting
{
    /// <summary>Inputs that a property is tried with unless told otherwise.</summary>
    public const int Inputs = 1_000;

    /// <summary>Runs the tests that stand in the policy's own document.</summary>
    public static PolicyTestReport Run(CompiledPolicy policy, int inputs = Inputs, CancellationToken ct = default) =>
        Run(policy, Compile(policy, policy.Tests, new Findings(policy.Text)), inputs, ct);

    /// <summary>Runs tests of another document; null when it has errors.</summary>
    public static PolicyTestReport? Run(CompiledPolicy policy, string tests, out IReadOnlyList<Diagnostic> diagnostics, int inputs = Inputs, CancellationToken ct = default)
    {
        var findings = new Findings(tests);
        var syntax = Parser.ParseTests(tests, findings);
        var compiled = Compile(policy, [.. syntax.Select(t => new PlacedTest(t, findings))], findings);
        diagnostics = findings.All;
        return findings.HasErrors ? null : Run(policy, compiled, inputs, ct);
    }

    /// <summary>The findings of tests beyond their syntax.</summary>
    internal static void Check(CompiledPolicy policy, Findings findings) => Compile(policy, policy.Tests, findings);

    static List<CompiledTest> Compile(CompiledPolicy policy, IReadOnlyList<PlacedTest> tests, Findings findings) =>
        [.. tests.Select(t => new TestCompiler(policy, t, findings).Compile()).OfType<CompiledTest>()];

    static PolicyTestReport Run(CompiledPolicy policy, List<CompiledTest> tests, int inputs, CancellationToken ct)
    {
        var layers = new PolicyLayers("", PolicySet.Empty, PolicySet.Of([policy]));
        var coverage = new Coverage(policy);
        var cases = new List<PolicyTestCase>();
        foreach (var test in tests)
        {
            foreach (var row in test.Rows)
            {
                ct.ThrowIfCancellationRequested();
                cases.Add(new PolicyTestCase(test.Title, row.Name, Try(row, test, layers, coverage), row.Place.Line, row.Place.Column));
            }

            foreach (var never in test.Nevers)
            {
                var failure = new Property(policy, test, never, layers).Try(inputs, ct);
                cases.Add(new PolicyTestCase(test.Title, never.Name, failure, never.Place.Line, never.Place.Column));
            }
        }

        return new PolicyTestReport(policy.Name, policy.Version, cases, coverage.Done());
    }

    /// <summary>Why a row fails; null when it passes.</summary>
    static string? Try(CompiledRow row, CompiledTest test, PolicyLayers layers, Coverage coverage)
    {
        if (Facts.Read(test.Point, row.Facts, out var fault) is not { } facts)
        {
            return fault;
        }

        var decision = Decider.Explain(layers, test.Point, facts);
        coverage.Add(decision);
        var missing = row.By.Where(by => !decision.Matched.Any(m => m.Rule == by)).Select(by => $"`{by}`").ToList();
        return decision.Verdict != row.Verdict ? $"expected {Facts.Word(row.Verdict)}, got {Facts.Word(decision.Verdict)}: {decision.Reason}"
            : missing.Count > 0 ? $"expected {string.Join(" and ", missing)} to match; matched {Named(decision)}"
            : null;
    }

    static string Named(Decision decision) =>
        decision.Matched.Count == 0 ? "none" : string.Join(", ", decision.Matched.Select(m => $"`{m.Rule}`"));

    /// <summary>Counts what the rows reached.</summary>
    sealed class Coverage(CompiledPolicy policy)
    {
        readonly Dictionary<string, (int Matched, int NotMatched)> rules = [];
        readonly int[] verdicts = new int[Enum.GetValues<Verdict>().Length];

        public void Add(Decision decision)
        {
            verdicts[(int)decision.Verdict]++;
            foreach (var rule in decision.Explanation!.Rules)
            {
                var (matched, not) = rules.GetValueOrDefault(rule.Rule);
                var isMatch = rule.Outcome is RuleOutcome.Matched or RuleOutcome.Waived || (rule.Outcome == RuleOutcome.Failed && rule.Kind != RuleKind.Allow);
                rules[rule.Rule] = isMatch ? (matched + 1, not) : (matched, not + 1);
            }
        }

        public PolicyCoverage Done() => new(
            [.. policy.Syntax.Rules.Select(r => new RuleCoverage(r.Name.Text, r.Kind, rules.GetValueOrDefault(r.Name.Text).Matched, rules.GetValueOrDefault(r.Name.Text).NotMatched))],
            [.. Enum.GetValues<Verdict>().Select(v => new VerdictCount(v, verdicts[(int)v]))]);
    }
}

/// <summary>A test and where its document's lines begin.</summary>
sealed record PlacedTest(TestSyntax Test, Findings Places);

/// <summary>A test made ready to run.</summary>
sealed record CompiledTest(
    string Title, PolicyPoint Point, PolicyScope Scope, JsonObject Given, IReadOnlyList<CompiledRow> Rows, IReadOnlyList<CompiledNever> Nevers);

sealed record CompiledRow(string Name, JsonObject Facts, Verdict Verdict, IReadOnlyList<string> By, Position Place);

sealed record CompiledNever(string Name, Verdict Verdict, CompiledRule When, Position Place);
