using System.Text;

namespace Anumate.PolicyEngine.Syntax;

/// <summary>Rules and their terms.</summary>
public static partial class Formatter
{
    static string Head(RuleSyntax rule)
    {
        var text = new StringBuilder($"rule {rule.Name.Text} {rule.Kind.ToString().ToLowerInvariant()}{Terms(rule)}");
        text.Append(rule.Because is { } because ? $" because {Quote(because.Text)}" : "");
        return text.Append(rule.WaivableBy is { } group ? $" waivable by {Quote(group.Text)}" : "").ToString();
    }

    /// <summary>What the rule says between its kind and its clauses, with a blank before it.</summary>
    internal static string Terms(RuleSyntax rule) => rule switch
    {
        { Approval: { } approval } => Approval(approval),
        { Limit: { } limit } => $" {limit.Count} per {limit.Per.Text}{(limit.Key is { } key ? $" key {key.Text}" : "")}",
        { Window: { } window } => $" in window {Quote(window.Window.Text)} zone {Quote(window.Zone.Text)}",
        { Require: { } require } => Require(require),
        { Redactions.Count: > 0 } => " " + string.Join("; ", rule.Redactions.Select(Redaction)),
        _ => "",
    };

    static string Approval(ApprovalSyntax approval)
    {
        var text = new StringBuilder($" {approval.Quorum} of {(approval.Groups.Count == 1 ? Quote(approval.Groups[0].Text) : List(approval.Groups))}");
        text.Append(approval.DistinctFromActor ? " distinct_from actor" : "");
        return text.Append(approval.Within is { } within ? $" within {within.Text}" : "").ToString();
    }

    static string Require(RequireSyntax require)
    {
        var text = new StringBuilder(" preflight");
        text.Append(require.Risk is { } risk ? $" risk {(require.OrEqual ? "<=" : "<")} {risk}" : "");
        return text.Append(require.NotOlderThan is { } age ? $" not older than {age.Text}" : "").ToString();
    }

    static string Redaction(RedactionSyntax redaction)
    {
        var where = redaction.Recognisers.Count == 0 ? "" : $" where pii({string.Join(", ", redaction.Recognisers.Select(r => r.Text))})";
        var arguments = redaction.Arguments.Count == 0
            ? ""
            : $"({string.Join(", ", redaction.Arguments.Select(a => $"{a.Name.Text}: {a.Value.Text}"))})";
        return $"{redaction.Path.Text}{where} with {redaction.Operator.Text}{arguments}";
    }
}
