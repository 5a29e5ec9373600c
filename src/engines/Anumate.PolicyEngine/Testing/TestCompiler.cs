using System.Text.Json.Nodes;
using Anumate.Cel;
using Anumate.PolicyEngine.Syntax;

namespace Anumate.PolicyEngine.Testing;

/// <summary>Checks a test beyond its syntax and makes it ready to run.</summary>
sealed class TestCompiler(CompiledPolicy policy, PlacedTest placed, Findings findings)
{
    static readonly CelEnvironment Constants = new();

    readonly TestSyntax test = placed.Test;

    /// <summary>The test; null when there are findings.</summary>
    public CompiledTest? Compile()
    {
        if (test.Policy.Text != policy.Name)
        {
            findings.Error("policy.test", $"the test is of `{test.Policy.Text}`, and the policy is `{policy.Name}`", test.Policy.Span, $"write `test {policy.Name}`");
            return null;
        }

        if (Scope() is not { } scope)
        {
            return null;
        }

        var given = new JsonObject();
        if (scope.Point.ConcernsTool && policy.Patterns?.FirstOrDefault(p => p.IsExact) is { Text: { } tool })
        {
            Facts.Set(given, ["call", "tool"], tool, isAbsent: false);
        }

        foreach (var item in test.Given)
        {
            Set(given, scope.Point, item.Path, item.Value);
        }

        var rows = new List<CompiledRow>();
        var nevers = new List<CompiledNever>();
        foreach (var one in test.Cases)
        {
            if (one is TableSyntax table)
            {
                Rows(table, given, scope.Point, rows);
            }
            else if (one is NeverSyntax never && Never(never, scope) is { } compiled)
            {
                nevers.Add(compiled);
            }
        }

        if (rows.Count + nevers.Count == 0 && !findings.HasErrors)
        {
            findings.Error("policy.test", $"the test `{test.Title.Text}` has no case", test.Title.Span, "add a `table` or a `never`");
        }

        return new CompiledTest(test.Title.Text, scope.Point, scope, given, rows, nevers);
    }

    PolicyScope? Scope()
    {
        var scope = test.At is { } at ? policy.Scopes.FirstOrDefault(s => s.Point.Name == at.Text) : policy.Scopes[0];
        if (scope is null)
        {
            findings.Error("policy.test", $"the policy does not speak at `{test.At!.Text}`", test.At.Span,
                $"it speaks at {string.Join(", ", policy.Scopes.Select(s => $"`{s.Point}`"))}");
        }

        return scope;
    }

    void Rows(TableSyntax table, JsonObject given, PolicyPoint point, List<CompiledRow> rows)
    {
        if (table.Rows.Count > PolicyLimits.Rows)
        {
            findings.Error("policy.test", $"a table has at most {PolicyLimits.Rows} rows", table.Rows[0].Span, "split it");
            return;
        }

        foreach (var row in table.Rows)
        {
            var facts = (JsonObject)given.DeepClone();
            for (var i = 0; i < table.Columns.Count; i++)
            {
                Set(facts, point, table.Columns[i], row.Cells[i]);
            }

            foreach (var by in row.By.Where(b => !policy.Syntax.Rules.Any(r => r.Name.Text == b.Text)))
            {
                var near = Suggest.Closest(by.Text, policy.Syntax.Rules.Select(r => r.Name.Text));
                findings.Error("policy.test", $"the policy has no rule `{by.Text}`", by.Span, near is null ? null : $"did you mean `{near}`");
            }

            rows.Add(new CompiledRow($"row {rows.Count + 1}: {string.Join(", ", table.Columns.Zip(row.Cells, (c, v) => $"{c.Text} = {v?.Text ?? "-"}"))}",
                facts, VerdictOf(row.Verdict.Text), [.. row.By.Select(b => b.Text)], placed.Places.PositionOf(row.Span.Start)));
        }
    }

    /// <summary>Sets a fact to the value of an expression without facts; null takes it away.</summary>
    void Set(JsonObject facts, PolicyPoint point, NameSyntax path, ExpressionSyntax? value)
    {
        var parts = path.Text.Split('.');
        if (path.Text != "waivers" && Facts.TypeOf(point, parts) is null)
        {
            var names = point.Offers.Select(f => PolicyPoint.Facts[f].Name);
            findings.Error("policy.test", $"`{point}` has no fact `{path.Text}`", path.Span,
                Suggest.Closest(parts[0], names) is { } near && near != parts[0] ? $"did you mean `{near}`" : $"the facts are {string.Join(", ", names.Select(n => $"`{n}`"))}");
            return;
        }

        if (value is null)
        {
            Facts.Set(facts, parts, null, isAbsent: true);
            return;
        }

        var compilation = Constants.Compile(value.Text, placed.Places.PositionOf(value.Span.Start));
        findings.Add(compilation.Diagnostics, "");
        if (compilation.Expression is not { } code)
        {
            return;
        }

        var result = code.Evaluate(Constants.Bind(), PolicyLimits.Steps);
        if (result.Error is { } error || !Facts.TryJson(result.Value, out var node))
        {
            findings.Error("policy.test", $"`{value.Text}` has no value that could be a fact", value.Span);
            return;
        }

        Facts.Set(facts, parts, node, isAbsent: false);
    }

    CompiledNever? Never(NeverSyntax never, PolicyScope scope)
    {
        var compilation = scope.Environment.Compile(never.When.Text, placed.Places.PositionOf(never.When.Span.Start), CelType.Bool);
        findings.Add(compilation.Diagnostics, "");
        if (compilation.Expression is not { } code)
        {
            return null;
        }

        var place = placed.Places.PositionOf(never.When.Span.Start);
        var when = new CompiledRule("never", RuleKind.Deny, [new Expression(never.When.Text, code)], [.. Enumerable.Range(0, scope.Lets.Length)])
        {
            Matched = new MatchedRule(policy.Name, policy.Version, "never", Verdict.Deny),
        };
        return new CompiledNever($"never {never.Verdict.Text} when {never.When.Text}", VerdictOf(never.Verdict.Text), when, place);
    }

    static Verdict VerdictOf(string word) =>
        word switch { "deny" => Verdict.Deny, "approval" => Verdict.Approval, "limit" => Verdict.Limit, _ => Verdict.Allow };
}
