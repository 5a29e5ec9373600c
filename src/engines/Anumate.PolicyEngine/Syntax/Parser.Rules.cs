namespace Anumate.PolicyEngine.Syntax;

/// <summary>Rules and their clauses.</summary>
sealed partial class Parser
{
    static readonly string[] Kinds = ["allow", "deny", "approval", "limit", "only", "redact", "require"];

    bool Rule(BodySyntax body)
    {
        if (Name("the rule's name") is not { } name)
        {
            return false;
        }

        var kind = Array.IndexOf(Kinds, Current.Kind == TokenKind.Word ? Shown(quoted: false) : "");
        if (kind < 0)
        {
            return Expected("`allow`, `deny`, `approval`, `limit`, `only`, `redact` or `require`", Closest(Kinds));
        }

        index++;
        var rule = Terms(new RuleSyntax(name, (RuleKind)kind, Remarks.None));
        if (rule is null || Clauses(rule) is not { } whole)
        {
            return false;
        }

        body.Members.Add(whole with { Remarks = RemarksUpToHere() });
        return true;
    }

    /// <summary><c>2 of "controller"</c> or <c>2 of ["controller", "cfo"]</c>.</summary>
    ApprovalSyntax? Approval()
    {
        if (!Integer("how many people", 1, PolicyLimits.Quorum, out var quorum, out var at) || !Word("of", "`of`"))
        {
            return null;
        }

        if (Is("["))
        {
            return TextList("groups", PolicyLimits.Groups, out var groups) ? new ApprovalSyntax(quorum, at, groups) : null;
        }

        return Text("a group such as `\"finance\"`") is { } group ? new ApprovalSyntax(quorum, at, [group]) : null;
    }

    /// <summary>The clauses after the kind, each at most once and in any order; the formatter brings them into its own.</summary>
    RuleSyntax? Clauses(RuleSyntax rule)
    {
        while (true)
        {
            var at = Current.Span;
            if (Word("because"))
            {
                Once(rule.Because is not null, "because", at);
                if (Text("a text in quotes") is not { } because)
                {
                    return null;
                }

                rule = rule with { Because = because };
            }
            else if (Word("when"))
            {
                Once(rule.When is not null, "when", at, "join the conditions with `&&`");
                if (Expression() is not { } when)
                {
                    return null;
                }

                rule = rule with { When = when };
            }
            else if (Is("distinct_from") || Is("within"))
            {
                if (ApprovalClause(rule) is not { } next)
                {
                    return null;
                }

                rule = next;
            }
            else if (Word("waivable"))
            {
                Once(rule.WaivableBy is not null, "waivable by", at);
                if (!Word("by", "`by`") || Text("a group such as `\"compliance\"`") is not { } group)
                {
                    return null;
                }

                rule = rule with { WaivableBy = group };
            }
            else
            {
                return rule;
            }
        }
    }

    RuleSyntax? ApprovalClause(RuleSyntax rule)
    {
        if (rule.Approval is not { } approval)
        {
            findings.Error("policy.clause", $"{Shown()} belongs to an `approval` rule, not to `{rule.Kind.ToString().ToLowerInvariant()}`",
                Current.Span);
            return null;
        }

        var at = Current.Span;
        if (Word("distinct_from"))
        {
            Once(approval.DistinctFromActor, "distinct_from", at);
            return Word("actor", "`actor`") ? rule with { Approval = approval with { DistinctFromActor = true } } : null;
        }

        index++;
        Once(approval.Within is not null, "within", at);
        return Duration() is { } within ? rule with { Approval = approval with { Within = within } } : null;
    }

    void Once(bool again, string clause, Span at, string? suggestion = null)
    {
        if (again)
        {
            findings.Error("policy.clause", $"`{clause}` stands twice in one rule", at, suggestion);
        }
    }

    NameSyntax? Duration()
    {
        var text = Shown(quoted: false);
        if (Current.Kind != TokenKind.Number)
        {
            Expected("a time such as `4h`, `30m` or `1h30m`");
            return null;
        }

        if (Syntax.Duration.Parse(text) is null)
        {
            findings.Error("policy.duration", $"`{text}` is not a time", Current.Span,
                "write whole days, hours, minutes and seconds, largest first: `2d`, `4h`, `1h30m`");
            return null;
        }

        var span = Current.Span;
        index++;
        return new NameSyntax(text, span);
    }
}
