using Anumate.PolicyEngine.Syntax;
using static Anumate.PolicyEngine.Checks.Conditions;

namespace Anumate.PolicyEngine.Checks;

/// <summary>
/// What an author most likely did not mean: rules that cannot matter, tools nobody may call, demands nobody can meet. These are findings
/// about a sound policy; what depends on the world (tools, groups) is said only where that is known.
/// </summary>
sealed partial class StaticChecks
{
    /// <summary>Rules of which each is compared with each other one; of more, each is compared with those that have no condition.</summary>
    const int Compared = 200;

    readonly PolicySyntax policy;
    readonly PolicyScope scope;
    readonly PolicyWorld world;
    readonly Findings findings;
    readonly ToolPattern[]? patterns;
    readonly List<Ruling> rules;
    readonly HashSet<string> dead = [];

    /// <summary>A rule with what its condition says, in a form that can be reasoned about.</summary>
    sealed record Ruling(RuleSyntax Syntax, CompiledRule Rule, Condition[] Conditions)
    {
        public string Name => Rule.Name;

        /// <summary>What it does beside its condition: two rules of one text and one condition are the same rule.</summary>
        public string Does { get; } = $"{Rule.Kind}{Formatter.Terms(Syntax)}";
    }

    StaticChecks(CompiledPolicy compiled, PolicyWorld world, Findings findings)
    {
        (policy, this.world, this.findings) = (compiled.Syntax, world, findings);
        scope = compiled.Scopes[0];
        patterns = compiled.Patterns is { } all ? [.. all] : null;
        rules = [.. policy.Rules.Zip(scope.Rules, (syntax, rule) => new Ruling(syntax, rule, [.. rule.Clauses.Select(Condition.Of)]))];
    }

    public static void Check(string source, CompiledPolicy policy, PolicyWorld world, Findings findings)
    {
        var checks = new StaticChecks(policy, world, findings);
        checks.Dead();
        checks.AlwaysTrue();
        checks.Shadowed();
        checks.Windows();
        checks.UnknownTools();
        checks.NobodyMayCall();
        checks.Groups();
        if (world.Tools is { } tools && policy.Scopes.FirstOrDefault(s => s.Point.ConcernsTool) is { } calling)
        {
            new ToolTypes(source, policy.Syntax, calling, tools, findings, checks.ToolsOf).Check();
        }
    }

    void Warn(string code, string message, Span at, string? suggestion = null) => findings.Warning(code, message, at, suggestion);

    /// <summary>Rules that never match.</summary>
    void Dead()
    {
        foreach (var rule in rules)
        {
            var constant = rule.Rule.Clauses.FirstOrDefault(c => IsConstant(c, isTrue: false));
            var why = constant is not null ? $"`{constant.Text}` is never true"
                : Contradict(rule.Conditions) ? "its conditions contradict each other"
                : rule.Rule.Tools is { } tools && patterns is not null && !tools.Any(t => Array.Exists(patterns, p => p.Matches(t)))
                    ? "the head of the policy names none of its tools"
                : null;
            if (why is not null)
            {
                dead.Add(rule.Name);
                Warn("policy.dead-rule", $"the rule `{rule.Name}` never matches: {why}", rule.Syntax.Name.Span, "mend its condition or delete it");
            }
        }
    }

    /// <summary>Conditions that say nothing.</summary>
    void AlwaysTrue()
    {
        foreach (var rule in rules.Where(r => !dead.Contains(r.Name)))
        {
            for (var i = 0; i < rule.Conditions.Length; i++)
            {
                var clause = rule.Rule.Clauses[i];
                Condition[] others = [.. rule.Conditions[..i], .. rule.Conditions[(i + 1)..]];
                if (IsConstant(clause, isTrue: true))
                {
                    Warn("policy.always-true", $"the condition `{clause.Text}` of the rule `{rule.Name}` is always true", rule.Syntax.When!.Span, "leave it out");
                }
                else if (Implies(others, rule.Conditions[i]))
                {
                    Warn("policy.always-true", $"the condition `{clause.Text}` of the rule `{rule.Name}` follows from its other conditions",
                        rule.Syntax.When!.Span, "leave it out");
                    break;
                }
            }
        }
    }

    static bool IsConstant(Expression clause, bool isTrue) =>
        clause.Code.References.Count == 0 && clause.Code.Evaluate(new Cel.CelEnvironment().Bind()) is { IsError: false } result && result.IsTrue == isTrue;

    /// <summary>Rules that another makes superfluous: it matches wherever they do, and does the same or denies.</summary>
    void Shadowed()
    {
        var alive = rules.Where(r => !dead.Contains(r.Name)).ToList();
        var others = alive.Count <= Compared ? alive : alive.Where(r => r.Conditions.Length == 0).Take(Compared).ToList();
        foreach (var rule in alive)
        {
            foreach (var by in others)
            {
                if (by != rule && Shadow(rule, by, isLater: by.Syntax.Name.Span.Start < rule.Syntax.Name.Span.Start))
                {
                    break;
                }
            }
        }
    }

    bool Shadow(Ruling rule, Ruling by, bool isLater)
    {
        var denies = by.Rule is { Kind: RuleKind.Deny, WaivableBy: null };
        var same = rule.Does == by.Does && rule.Rule.WaivableBy == by.Rule.WaivableBy;
        if ((!denies && !same) || !Array.TrueForAll(by.Conditions, c => Implies(rule.Conditions, c)))
        {
            return false;
        }

        var mutual = same && Array.TrueForAll(rule.Conditions, c => Implies(by.Conditions, c));
        if (mutual)
        {
            if (isLater)
            {
                Warn("policy.duplicate-rule", $"the rule `{rule.Name}` says the same as `{by.Name}`", rule.Syntax.Name.Span, "delete one of them");
            }

            return isLater;
        }

        dead.Add(rule.Name);
        Warn("policy.shadowed-rule", denies && !same
            ? $"the rule `{rule.Name}` changes nothing: `{by.Name}` denies wherever it matches"
            : $"the rule `{rule.Name}` changes nothing: `{by.Name}` does the same wherever it matches", rule.Syntax.Name.Span,
            "delete it, or narrow the other one");
        return true;
    }

    /// <summary>Windows that are never closed, and windows that are never open together.</summary>
    void Windows()
    {
        var windows = rules.Where(r => r.Rule.Window is not null).ToList();
        foreach (var rule in windows.Where(r => r.Rule.Window!.Minutes.All(open => open)))
        {
            Warn("policy.always-true", $"the window of the rule `{rule.Name}` is never closed", rule.Syntax.Window!.Window.Span, "delete the rule");
        }

        var always = windows.Where(r => r.Rule.Clauses.Length == 0).ToList();
        if (always.Count > 1 && !AreOpenTogether([.. always.Select(r => r.Rule.Window!)]))
        {
            Warn("policy.empty-window", $"the windows of {string.Join(" and ", always.Select(r => $"`{r.Name}`"))} are never open together, so everything is denied",
                always[^1].Syntax.Window!.Window.Span, "give one rule all the windows, parted by `;`");
        }
    }

    /// <summary>Tried in every minute of a week in winter and of one in summer, by the clocks of their zones.</summary>
    static bool AreOpenTogether(TimeWindow[] windows) =>
        new[] { new DateTimeOffset(2024, 1, 15, 0, 0, 0, default), new DateTimeOffset(2024, 7, 15, 0, 0, 0, default) }
            .Any(week => Enumerable.Range(0, TimeWindow.Week).Any(m => Array.TrueForAll(windows, w => w.Holds(week.AddMinutes(m)))));

    /// <summary>Tools that no catalogue knows.</summary>
    void UnknownTools()
    {
        if (world.Tools is not { } tools)
        {
            return;
        }

        foreach (var pattern in policy.Tools?.Patterns ?? [])
        {
            if (!tools.Keys.Any(t => new ToolPattern(pattern.Text).Matches(t)))
            {
                var near = Suggest.Closest(pattern.Text, tools.Keys);
                Warn("policy.unknown-tool", pattern.Text.Contains('*') ? $"no tool fits `{pattern.Text}`" : $"there is no tool `{pattern.Text}`", pattern.Span,
                    near is null ? "register it, or mend the name" : $"did you mean `{near}`");
            }
        }

        foreach (var rule in rules)
        {
            foreach (var name in (rule.Rule.Tools ?? new HashSet<string>()).Where(t => !tools.ContainsKey(t)).Order(StringComparer.Ordinal))
            {
                var near = Suggest.Closest(name, tools.Keys);
                Warn("policy.unknown-tool", $"there is no tool `{name}`", rule.Syntax.When?.Span ?? rule.Syntax.Name.Span,
                    near is null ? "register it, or mend the name" : $"did you mean `{near}`");
            }
        }
    }

    /// <summary>Tools that the policy speaks for, of which no rule of it that can matter allows the call.</summary>
    void NobodyMayCall()
    {
        if (!scope.Point.ConcernsTool || !rules.Exists(r => r.Rule.Kind == RuleKind.Allow))
        {
            return;
        }

        var allows = rules.Where(r => r.Rule.Kind == RuleKind.Allow && !dead.Contains(r.Name)).ToList();
        var denied = rules.Exists(r => r.Rule is { Kind: RuleKind.Deny, WaivableBy: null, Clauses.Length: 0 });
        foreach (var (tool, at) in SpokenFor())
        {
            if (denied || !allows.Exists(r => r.Rule.Tools?.Contains(tool) != false))
            {
                Warn("policy.nobody-may-call", $"no rule that matters allows `{tool}`: as far as this policy goes, nobody may call it", at,
                    "add an `allow` rule for it, or take it out of the head");
            }
        }
    }

    IEnumerable<(string Tool, Span At)> SpokenFor()
    {
        foreach (var pattern in policy.Tools?.Patterns ?? [])
        {
            var read = new ToolPattern(pattern.Text);
            foreach (var tool in read.IsExact ? (IEnumerable<string>)[pattern.Text] : (world.Tools?.Keys ?? []).Where(t => read.Matches(t)).Order(StringComparer.Ordinal))
            {
                yield return (tool, pattern.Span);
            }
        }
    }

    /// <summary>The known tools for which a rule may match.</summary>
    IEnumerable<string> ToolsOf(CompiledRule? rule) => (world.Tools?.Keys ?? []).Where(t =>
        (patterns is null || Array.Exists(patterns, p => p.Matches(t))) && rule?.Tools?.Contains(t) != false).Order(StringComparer.Ordinal);

    /// <summary>Groups that do not exist, and demands for more people than there are.</summary>
    void Groups()
    {
        if (world.Groups is not { } groups)
        {
            return;
        }

        foreach (var rule in policy.Rules)
        {
            foreach (var group in (rule.Approval?.Groups ?? []).Append(rule.WaivableBy).OfType<NameSyntax>().Where(g => !groups.ContainsKey(g.Text)))
            {
                var near = Suggest.Closest(group.Text, groups.Keys);
                Warn("policy.unknown-group", $"there is no group `{group.Text}`", group.Span, near is null ? "make it, or mend the name" : $"did you mean `{near}`");
            }

            if (rule.Approval is { } approval && approval.Groups.All(g => groups.ContainsKey(g.Text)))
            {
                Quorum(rule, approval, groups);
            }
        }
    }

    void Quorum(RuleSyntax rule, ApprovalSyntax approval, IReadOnlyDictionary<string, IReadOnlyList<string>> groups)
    {
        var people = approval.Groups.SelectMany(g => groups.GetValueOrDefault(g.Text) ?? []).Distinct(StringComparer.Ordinal).Count();
        if (people < approval.Quorum)
        {
            findings.Error("policy.quorum", $"the rule `{rule.Name.Text}` asks for {approval.Quorum} people, and its groups have {people}", approval.QuorumSpan,
                "ask for fewer, or add people to the groups");
        }
        else if (people == approval.Quorum && approval.DistinctFromActor)
        {
            Warn("policy.quorum", $"the rule `{rule.Name.Text}` asks for all {people} people of its groups, so none of them can be the actor", approval.QuorumSpan,
                "ask for fewer, or add people to the groups");
        }
    }
}
