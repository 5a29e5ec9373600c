using Anumate.PolicyEngine.Syntax;

namespace Anumate.PolicyEngine;

/// <summary>The terms of rules: limits, windows, preflight reports, redactions.</summary>
sealed partial class Checker
{
    readonly Dictionary<RuleSyntax, TimeWindow> windows = new(ReferenceEqualityComparer.Instance);

    void CheckTerms(RuleSyntax rule, List<PolicyPoint> points)
    {
        if (rule.Approval is { } approval)
        {
            CheckApproval(rule, approval, points);
        }

        if (rule.Limit is { } limit)
        {
            CheckLimit(rule, limit, points);
        }

        if (rule.Window is { } window)
        {
            CheckWindow(rule, window);
        }

        if (rule.Require is { } require)
        {
            CheckRequire(rule, require, points);
        }

        CheckRedactions(rule, points);
    }

    void CheckLimit(RuleSyntax rule, LimitSyntax limit, List<PolicyPoint> points)
    {
        if (points.Contains(PolicyPoint.ToolAfter))
        {
            findings.Error("policy.too-late", "at `tool.after` the call was made already and can be limited no more", rule.Name.Span, "limit it at `tool.before`");
        }

        if (Duration.Parse(limit.Per.Text) is var time && (time <= TimeSpan.Zero || time > PolicyLimits.LimitPer))
        {
            findings.Error("policy.duration", $"a limit counts over `1s` to `{PolicyLimits.LimitPer.Days}d`, found `{limit.Per.Text}`", limit.Per.Span);
        }
    }

    void CheckWindow(RuleSyntax rule, WindowSyntax window)
    {
        if (TimeWindow.FindZone(window.Zone.Text) is not { } zone)
        {
            var near = Suggest.Closest(window.Zone.Text, TimeZoneInfo.GetSystemTimeZones().Select(z => z.Id));
            findings.Error("policy.zone", $"there is no time zone `{window.Zone.Text}`", window.Zone.Span,
                near is null ? "use a name of the IANA database such as `Europe/Berlin`, or `UTC`" : $"did you mean `{near}`");
        }
        else if (TimeWindow.Read(window.Window.Text, zone, out var fault) is not { } read)
        {
            findings.Error("policy.window", fault!, window.Window.Span, "write `Mon-Fri 08:00-18:00`; several windows are parted by `;`");
        }
        else
        {
            windows[rule] = read;
        }
    }

    void CheckRequire(RuleSyntax rule, RequireSyntax require, List<PolicyPoint> points)
    {
        if (points.Find(p => !p.Offers.Contains(Fact.Preflight)) is { } point)
        {
            findings.Error("policy.no-preflight", $"at `{point}` there is no preflight report that could be asked for", rule.Name.Span,
                "ask for it at `run.start` or `tool.before`");
        }

        if (require is { OrEqual: false, Risk: 0 })
        {
            findings.Error("policy.number", "no risk is below 0", rule.Name.Span, "write `risk <= 0`");
        }

        if (require.NotOlderThan is { } age && Duration.Parse(age.Text) is var time && (time <= TimeSpan.Zero || time > PolicyLimits.Within))
        {
            findings.Error("policy.duration", $"a report is `1s` to `{PolicyLimits.Within.Days}d` old, found `{age.Text}`", age.Span);
        }
    }

    static RequireTerms TermsOf(RequireSyntax require) =>
        new(require.Risk is { } risk ? require.OrEqual ? risk : risk - 1 : int.MaxValue, Duration.Parse(require.NotOlderThan?.Text));

    void CheckRedactions(RuleSyntax rule, List<PolicyPoint> points)
    {
        if (rule.Redactions.Count > PolicyLimits.Redactions)
        {
            findings.Error("policy.list", $"a rule has at most {PolicyLimits.Redactions} redactions, this one has {rule.Redactions.Count}", rule.Name.Span,
                "split it into several rules");
            return;
        }

        foreach (var redaction in rule.Redactions)
        {
            CheckPath(redaction.Path, points);
            CheckRecognisers(redaction.Recognisers);
            CheckOperator(redaction);
        }
    }

    void CheckPath(NameSyntax path, List<PolicyPoint> points)
    {
        foreach (var point in points)
        {
            if (RedactionTerms.Split(path.Text, point.Redactable) is not { } split)
            {
                findings.Error("policy.redaction-path", $"at `{point}` no value `{path.Text}` passes that could be redacted", path.Span,
                    point.Redactable.Count == 0 ? "redact at `tool.before`, `tool.after`, `data.read` or `event.publish`"
                        : $"a path begins with {string.Join(" or ", point.Redactable.Select(r => $"`{r}`"))}");
                return;
            }

            if (split.Parts.Take(split.Parts.Count - 1).Contains("**") || split.Parts.Count > PolicyLimits.PathParts
                || split.Parts.Any(p => p.Length is 0 or > 128 || p.Any(c => c is < ' ' or > '~' or '"' or '\\')))
            {
                findings.Error("policy.redaction-path", $"`{path.Text}` is not a path", path.Span,
                    $"up to {PolicyLimits.PathParts} names, `*` for any member or element, and `**` at the end; other names as `[\"name\"]` of plain characters");
                return;
            }
        }
    }

    void CheckRecognisers(IReadOnlyList<NameSyntax> recognisers)
    {
        var seen = new HashSet<string>();
        foreach (var recogniser in recognisers)
        {
            if (!RedactionTerms.Recognisers.Contains(recogniser.Text))
            {
                var near = Suggest.Closest(recogniser.Text.ToUpperInvariant(), RedactionTerms.Recognisers);
                findings.Error("policy.recogniser", $"there is no recogniser `{recogniser.Text}`", recogniser.Span,
                    near is null ? $"the recognisers are {string.Join(", ", RedactionTerms.Recognisers.Select(r => $"`{r}`"))}" : $"did you mean `{near}`");
            }
            else if (!seen.Add(recogniser.Text))
            {
                findings.Error("policy.duplicate", $"`{recogniser.Text}` stands twice", recogniser.Span);
            }
        }
    }

    void CheckOperator(RedactionSyntax redaction)
    {
        var index = Array.IndexOf(RedactionTerms.Operators, redaction.Operator.Text);
        if (index < 0)
        {
            var near = Suggest.Closest(redaction.Operator.Text, RedactionTerms.Operators);
            findings.Error("policy.redaction-operator", $"there is no operator `{redaction.Operator.Text}`", redaction.Operator.Span,
                near is null ? $"the operators are {string.Join(", ", RedactionTerms.Operators.Select(o => $"`{o}`"))}" : $"did you mean `{near}`");
            return;
        }

        var known = RedactionTerms.ArgumentsOf((RedactionOperator)index);
        var seen = new HashSet<string>();
        foreach (var (name, value) in redaction.Arguments.Select(a => (a.Name, a.Value)))
        {
            var isSound = name.Text == "keep" ? value.Text is "year" or "month" : int.TryParse(value.Text, out var n) && n is > 0 and <= 64;
            if (!known.Contains(name.Text) || !seen.Add(name.Text) || !isSound)
            {
                findings.Error("policy.redaction-operator", $"`{redaction.Operator.Text}` has no argument `{name.Text}: {value.Text}` here", name.Span,
                    "write `mask(first: 2, last: 4)` with 1 to 64 characters, `partial_date(keep: year)` or `partial_date(keep: month)`");
            }
        }

        if (redaction.Operator.Text == "partial_date" && redaction.Arguments.Count == 0)
        {
            findings.Error("policy.redaction-operator", "`partial_date` does not say what it keeps", redaction.Operator.Span,
                "write `partial_date(keep: year)` or `partial_date(keep: month)`");
        }
    }
}
