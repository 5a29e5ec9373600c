namespace Anumate.PolicyEngine;

/// <summary>
/// What the rules of one question came to so far. Without detail it keeps only what the verdict needs; without facts it can take in only rules
/// that need none.
/// </summary>
struct Outcome(PolicyFacts? facts, bool detailed)
{
    readonly List<MatchedRule> matched = detailed ? [] : null!;
    List<ApprovalDemand>? approvals;
    List<LimitDemand>? limits;
    List<RedactionDemand>? redactions;
    List<string>? waived;

    public bool Denied { get; private set; }

    public bool Asks { get; private set; }

    public bool Limits { get; private set; }

    /// <summary>Whether nothing that follows can matter.</summary>
    public readonly bool IsSettled => Denied && !detailed;

    /// <summary>Takes in a rule that matched, or failed and counts as matched.</summary>
    public RuleOutcome Add(CompiledRule rule, Failure? failure, ref Evaluation evaluation)
    {
        if (rule.WaivableBy is { } group && facts!.IsWaived(rule.FullName, group))
        {
            if (detailed)
            {
                (waived ??= []).Add(rule.FullName);
            }

            return RuleOutcome.Waived;
        }

        switch (rule.Kind)
        {
            case RuleKind.Allow:
                break;
            case RuleKind.Deny:
                Denied = true;
                break;
            case RuleKind.Approval:
                Asks = true;
                if (detailed)
                {
                    (approvals ??= []).Add(rule.Demand!);
                }

                break;
            case RuleKind.Limit:
                return Limit(rule, rule.Limit!, failure, ref evaluation);
            case RuleKind.Redact:
                Redact(rule, failure);
                break;
            default:
                var (isMet, unmet) = IsMet(rule);
                if (isMet)
                {
                    return RuleOutcome.Met;
                }

                Denied = true;
                failure ??= unmet;
                break;
        }

        Note(rule.Matched, failure);
        return failure is null ? RuleOutcome.Matched : RuleOutcome.Failed;
    }

    /// <summary>A limit that cannot be counted lets nothing pass.</summary>
    RuleOutcome Limit(CompiledRule rule, LimitTerms terms, Failure? failure, ref Evaluation evaluation)
    {
        var (key, unkeyed) = failure is null ? evaluation.KeyOf(terms) : ("", failure);
        failure ??= unkeyed;
        Denied |= failure is not null;
        Limits |= failure is null;
        if (detailed && failure is null)
        {
            (limits ??= []).Add(new LimitDemand(rule.FullName, terms.Count, terms.Per, key));
        }

        Note(failure is null ? rule.Matched : rule.Matched with { Verdict = Verdict.Deny }, failure);
        return failure is null ? RuleOutcome.Matched : RuleOutcome.Failed;
    }

    /// <summary>Where it is not known whether to redact, the values are dropped.</summary>
    void Redact(CompiledRule rule, Failure? failure)
    {
        if (!detailed)
        {
            return;
        }

        foreach (var redaction in rule.Redactions)
        {
            (redactions ??= []).Add(failure is null
                ? redaction
                : redaction with { Operator = RedactionOperator.Drop, First = 0, Last = 0, Keep = null });
        }
    }

    /// <summary>Whether what an <c>only</c> or <c>require</c> rule asks for is so; without the time it is not.</summary>
    readonly (bool IsMet, Failure? Failure) IsMet(CompiledRule rule)
    {
        var now = facts!.Now;
        return rule.Window is { } window
            ? now is { } moment ? (window.Holds(moment), null) : (false, new Failure(Cel.CelErrors.Unbound, "now"))
            : (rule.Require!.IsMet(facts.Preflight, now), null);
    }

    readonly void Note(MatchedRule rule, Failure? failure)
    {
        if (detailed)
        {
            matched.Add(failure is null ? rule : rule with { Error = failure.ToString() });
        }
    }

    /// <summary>In a fixed order; a policy that rules both as pinned and as current one is named once.</summary>
    public readonly List<MatchedRule> Matches()
    {
        if (matched.Count > 1)
        {
            matched.Sort(ByName);
            for (var i = matched.Count - 1; i > 0; i--)
            {
                if (matched[i] == matched[i - 1])
                {
                    matched.RemoveAt(i);
                }
            }
        }

        return matched;
    }

    public readonly IReadOnlyList<ApprovalDemand> DistinctApprovals() => approvals switch
    {
        null => [],
        { Count: 1 } => approvals,
        _ => [.. approvals.DistinctBy(DecisionDigest.TermsOf).OrderBy(DecisionDigest.TermsOf, StringComparer.Ordinal)],
    };

    /// <summary>Of a policy's pinned and current version the smaller count holds: both count in the same place.</summary>
    public readonly IReadOnlyList<LimitDemand> DistinctLimits() => limits switch
    {
        null => [],
        { Count: 1 } => limits,
        _ =>
        [
            .. limits.GroupBy(l => (l.Rule, l.Per, l.Key)).Select(g => g.MinBy(l => l.Count)!)
                .OrderBy(l => l.Rule, StringComparer.Ordinal).ThenBy(l => l.Per).ThenBy(l => l.Key, StringComparer.Ordinal),
        ],
    };

    public readonly IReadOnlyList<RedactionDemand> JoinedRedactions() => redactions is null ? [] : RedactionTerms.Join(redactions);

    public readonly IReadOnlyList<string> Waivers() =>
        waived is null ? [] : [.. waived.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];

    static int ByName(MatchedRule a, MatchedRule b)
    {
        var order = string.CompareOrdinal(a.Policy, b.Policy);
        order = order != 0 ? order : a.Version.CompareTo(b.Version);
        return order != 0 ? order : string.CompareOrdinal(a.Rule, b.Rule);
    }
}
