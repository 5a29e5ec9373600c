using System.Buffers;
using Anumate.Cel;
using Anumate.PolicyEngine.Checks;
using Anumate.PolicyEngine.Syntax;
using Anumate.PolicyEngine.Testing;

namespace Anumate.PolicyEngine;

/// <summary>Checks a document beyond its syntax and types its expressions with the facts of each point it speaks at.</summary>
sealed partial class Checker
{
    /// <summary>Words that CEL keeps for itself, and facts, of today and to come.</summary>
    static readonly HashSet<string> Reserved =
    [
        "in", "true", "false", "null", "as", "break", "const", "continue", "else", "for", "function", "if", "import", "let", "loop", "package",
        "namespace", "return", "var", "void", "while",
        "actor", "call", "capsule", "run", "inputs", "tool", "now", "result", "data", "event",
    ];

    static readonly SearchValues<char> GroupCharacters = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789-_");

    readonly string source;
    readonly PolicySyntax policy;
    readonly Findings findings;

    Checker(string source, PolicySyntax policy, Findings findings) =>
        (this.source, this.policy, this.findings) = (source, policy, findings);

    public static PolicyCheck Check(string source, PolicyWorld? world)
    {
        var findings = new Findings(source);
        if (Parser.Parse(source, findings) is not { } policy)
        {
            return new PolicyCheck(null, findings.All);
        }

        var scopes = new Checker(source, policy, findings).Check();
        var compiled = findings.HasErrors ? null : new CompiledPolicy(policy, scopes) { Tests = [.. policy.Tests.Select(t => new PlacedTest(t, findings))] };
        if (compiled is not null && world is not null)
        {
            PolicyTesting.Check(compiled, findings);
            StaticChecks.Check(source, compiled, world, findings);
        }

        return new PolicyCheck(findings.HasErrors ? null : compiled, findings.All);
    }

    List<PolicyScope> Check()
    {
        var points = Points();
        CheckPatterns(points);
        CheckNames();
        foreach (var rule in policy.Rules)
        {
            CheckRule(rule, points);
        }

        if (!policy.Rules.Any() && !findings.HasErrors)
        {
            findings.Error("policy.no-rule", "the policy has no rule", policy.Name.Span, "add at least one `rule`");
        }
        else if (!policy.Rules.Any(r => r.Kind == RuleKind.Allow) && !findings.HasErrors)
        {
            findings.Warning("policy.never-allows",
                "no rule allows: whatever this policy speaks for is denied unless another policy of its layer allows it", policy.Name.Span,
                "add `rule others allow` if it should only restrict");
        }

        // Expressions of a document that is not sound would give findings that follow from the others.
        return findings.HasErrors ? [] : [.. points.Select(Compile)];
    }

    List<PolicyPoint> Points()
    {
        var points = new List<PolicyPoint>();
        if (policy.At is null)
        {
            if (!findings.HasErrors)
            {
                findings.Error("policy.no-point", "the policy does not say at which point it speaks", policy.Name.Span,
                    "begin with `at tool.before`");
            }

            return points;
        }

        foreach (var name in policy.At.Points)
        {
            if (PolicyPoint.Find(name.Text) is not { } point)
            {
                var near = Suggest.Closest(name.Text, PolicyPoint.All.Select(p => p.Name));
                findings.Error("policy.unknown-point", $"there is no point `{name.Text}`", name.Span,
                    near is null ? $"the points are {Names()}" : $"did you mean `{near}`");
            }
            else if (points.Contains(point))
            {
                findings.Error("policy.duplicate", $"`{name.Text}` is named twice", name.Span);
            }
            else
            {
                points.Add(point);
            }
        }

        return points;

        static string Names() => string.Join(", ", PolicyPoint.All.Select(p => $"`{p}`"));
    }

    void CheckPatterns(List<PolicyPoint> points)
    {
        foreach (var on in policy.On)
        {
            var seen = new HashSet<string>();
            foreach (var pattern in on.Patterns)
            {
                if ((on.Kind == OnKind.Tool ? ToolPattern.Fault(pattern.Text) : ToolPattern.FaultOfName(pattern.Text)) is { } fault)
                {
                    findings.Error(on.Kind == OnKind.Tool ? "policy.tool-pattern" : "policy.pattern", fault, pattern.Span);
                }
                else if (!seen.Add(pattern.Text))
                {
                    findings.Error("policy.duplicate", $"`{pattern.Text}` stands twice in the list", pattern.Span);
                }
            }

            CheckHead(on, points);
        }
    }

    void CheckHead(OnSyntax on, List<PolicyPoint> points)
    {
        if (on is { Kind: OnKind.Tool, Patterns: [var first, ..] } && points.Find(p => !p.ConcernsTool) is { } toolless)
        {
            findings.Error("policy.no-tool", $"at `{toolless}` no tool is called, so `on tool` has no meaning there", first.Span,
                "split the policy, one for each kind of point");
        }

        if (on.Kind != OnKind.Tool && on.Patterns is [var pattern, ..] && points.Find(p => !p.ConcernsCapsule) is { } point)
        {
            findings.Error("policy.no-capsule", $"at `{point}` no capsule is concerned, so `on {on.Kind.ToString().ToLowerInvariant()}` has no meaning there",
                pattern.Span, "split the policy, one for each kind of point");
        }
    }

    void CheckNames()
    {
        var names = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var member in policy.Members)
        {
            var kind = member is RuleSyntax ? "rule" : "value";
            if (!names.TryAdd($"{kind} {member.Name.Text}", ""))
            {
                findings.Error("policy.duplicate", $"the {kind} `{member.Name.Text}` is defined twice", member.Name.Span,
                    "give it another name");
            }

            if (member is LetSyntax && Reserved.Contains(member.Name.Text))
            {
                findings.Error("policy.name", $"`{member.Name.Text}` already has a meaning in expressions", member.Name.Span,
                    "give the value another name");
            }
            else if (member is LetSyntax && PolicyPoint.MayBeHidden.Contains(member.Name.Text))
            {
                findings.Warning("policy.hides-fact", $"the value `{member.Name.Text}` hides the fact of this name", member.Name.Span,
                    "give the value another name");
            }
        }

        Bound(policy.Rules.Count(), PolicyLimits.Rules, "rules");
        Bound(policy.Lets.Count(), PolicyLimits.Lets, "values");
        Bound(policy.Tests.Count, PolicyLimits.Tests, "tests");
    }

    void Bound(int count, int most, string what)
    {
        if (count > most)
        {
            findings.Error("policy.too-large", $"the policy has {count} {what}; {most} are allowed", policy.Name.Span,
                "split it into several policies");
        }
    }

    void CheckRule(RuleSyntax rule, List<PolicyPoint> points)
    {
        if (rule.Because is { } because && (string.IsNullOrWhiteSpace(because.Text) || because.Text.Length > PolicyLimits.Because))
        {
            findings.Error("policy.text", $"the text of `because` has 1 to {PolicyLimits.Because} characters", because.Span);
        }

        if (rule.WaivableBy is { } waiving && !IsGroup(waiving.Text))
        {
            findings.Error("policy.group", Groups, waiving.Span);
        }
        else if (rule is { WaivableBy: { } idle, Kind: RuleKind.Allow })
        {
            findings.Error("policy.clause", "an `allow` rule restricts nothing that could be waived", idle.Span, "leave `waivable by` out");
        }

        CheckTerms(rule, points);
    }

    const string Groups = "a group is 1 to 63 of `a-z`, `0-9`, `-` and `_`";

    static bool IsGroup(string text) => text.Length is > 0 and <= 63 && !text.AsSpan().ContainsAnyExcept(GroupCharacters);

    void CheckApproval(RuleSyntax rule, ApprovalSyntax approval, List<PolicyPoint> points)
    {
        // Nothing waits for people at the other points; a demand that nobody asks must not look like one.
        if (points.Find(p => p != PolicyPoint.ToolBefore && p != PolicyPoint.RunStart) is { } point)
        {
            findings.Error("policy.not-supported-yet", $"`approval` rules at `{point}` are not supported yet", rule.Name.Span,
                "ask at `run.start` or `tool.before`");
        }

        var seen = new HashSet<string>();
        foreach (var group in approval.Groups)
        {
            if (!IsGroup(group.Text))
            {
                findings.Error("policy.group", Groups, group.Span);
            }
            else if (!seen.Add(group.Text))
            {
                findings.Error("policy.duplicate", $"the group `{group.Text}` stands twice", group.Span);
            }
        }

        if (approval.Within is not { } within)
        {
            findings.Error("policy.duration", "the approval does not say how long it may wait", rule.Name.Span, "add `within 24h`");
        }
        else if (Duration.Parse(within.Text) is var time && (time <= TimeSpan.Zero || time > PolicyLimits.Within))
        {
            findings.Error("policy.duration", $"an approval waits from `1s` to `{PolicyLimits.Within.Days}d`, found `{within.Text}`",
                within.Span);
        }
    }

    PolicyScope Compile(PolicyPoint point)
    {
        var expressions = new ExpressionCompiler(source, policy, point, findings);
        var lets = policy.Lets.Select(expressions.Let).ToList();
        var named = lets.OfType<CompiledLet>().ToDictionary(l => l.Slot, l => l.Value.Code);
        var rules = policy.Rules.Select(rule => Compile(rule, expressions, named)).ToArray();
        if (expressions.Cost > PolicyLimits.PolicySteps && !findings.HasErrors)
        {
            findings.Error("policy.cost",
                $"the policy is expected to take {expressions.Cost} steps for a decision; {PolicyLimits.PolicySteps} are allowed",
                policy.Name.Span,
                "split it, or give it a narrower `on tool in […]`");
        }

        return new PolicyScope(point, policy, expressions.Environment, [.. lets.OfType<CompiledLet>()], rules);
    }

    CompiledRule Compile(RuleSyntax rule, ExpressionCompiler expressions, Dictionary<int, CelExpression> named)
    {
        var clauses = expressions.Clauses(rule, out var needs);
        var key = rule.Limit?.Key is { } written ? expressions.Key(written, ref needs) : null;
        var name = $"{policy.Name.Text}/{rule.Name.Text}";
        return new CompiledRule(rule.Name.Text, rule.Kind, clauses, needs)
        {
            Place = findings.PositionOf(rule.Name.Span.Start),
            Condition = CelCondition.Of([.. clauses.Select(c => c.Code)], named.GetValueOrDefault),
            Matched = new MatchedRule(policy.Name.Text, policy.Version, rule.Name.Text, VerdictOf(rule.Kind), rule.Because?.Text)
            {
                Kind = rule.Kind,
                Unmet = rule.Kind is RuleKind.Only or RuleKind.Require ? Formatter.Terms(rule).TrimStart() : null,
            },
            Demand = rule.Approval is not { } approval ? null : new ApprovalDemand(name,
                [.. approval.Groups.Select(g => g.Text).Order(StringComparer.Ordinal)], approval.Quorum,
                Duration.Parse(approval.Within?.Text) ?? default, approval.DistinctFromActor),
            Limit = rule.Limit is { } limit ? new LimitTerms(limit.Count, Duration.Parse(limit.Per.Text) ?? default, key) : null,
            Window = windows.GetValueOrDefault(rule),
            Require = rule.Require is { } require ? TermsOf(require) : null,
            Redactions = findings.HasErrors ? [] : [.. rule.Redactions.Select(r => RedactionTerms.Demand(r, name))],
            WaivableBy = rule.WaivableBy?.Text,
        };
    }

    static Verdict VerdictOf(RuleKind kind) => kind switch
    {
        RuleKind.Deny or RuleKind.Only or RuleKind.Require => Verdict.Deny,
        RuleKind.Approval => Verdict.Approval,
        RuleKind.Limit => Verdict.Limit,
        _ => Verdict.Allow,
    };
}
