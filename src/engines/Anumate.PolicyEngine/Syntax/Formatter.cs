using System.Text;

namespace Anumate.PolicyEngine.Syntax;

/// <summary>
/// Prints a policy in its one form. Parsing what it prints gives the same policy, comments included; the policy's digest is over this text.
/// </summary>
public static class Formatter
{
    const int Width = 120;
    const string Indent = "  ";

    /// <summary>The document's one form, ending with a line feed.</summary>
    public static string Print(PolicySyntax policy)
    {
        var text = new StringBuilder();
        Comments(text, policy.Remarks.Before, "");
        text.Append($"policy {policy.Name.Text} version {policy.Version} {{\n");
        if (policy.At is { } at)
        {
            Line(text, at.Remarks, $"at {string.Join(", ", at.Points.Select(p => p.Text))}");
        }

        if (policy.On is { } on)
        {
            Line(text, on.Remarks, $"on tool in {List(on.Patterns)}");
        }

        MemberSyntax? last = null;
        foreach (var member in policy.Members)
        {
            var first = last is null && policy.At is null && policy.On is null;
            if (!first && (last?.GetType() != member.GetType() || member.Remarks.Before.Count > 0))
            {
                text.Append('\n');
            }

            Member(text, member);
            last = member;
        }

        Comments(text, policy.Inside, Indent);
        text.Append('}').Append(policy.Remarks.After is { } after ? "  " + after : "").Append('\n');
        Comments(text, policy.Trailing, "");
        return text.ToString();
    }

    static void Member(StringBuilder text, MemberSyntax member)
    {
        var (head, expression) = member switch
        {
            LetSyntax let => ($"let {let.Name.Text} = ", let.Value),
            RuleSyntax { When: { } when } rule => ($"{Head(rule)} when ", when),
            _ => (Head((RuleSyntax)member), null),
        };
        var line = head + expression?.Text;
        if (Indent.Length + line.Length > Width && expression is not null && !expression.Text.Contains('\n'))
        {
            line = Broken(head, expression.Text, isRule: member is RuleSyntax);
        }

        Line(text, member.Remarks, line);
    }

    static string Head(RuleSyntax rule)
    {
        var text = new StringBuilder($"rule {rule.Name.Text} {rule.Kind.ToString().ToLowerInvariant()}");
        if (rule.Approval is { } approval)
        {
            text.Append($" {approval.Quorum} of {(approval.Groups.Count == 1 ? Quote(approval.Groups[0].Text) : List(approval.Groups))}");
            text.Append(approval.DistinctFromActor ? " distinct_from actor" : "");
            text.Append(approval.Within is { } within ? $" within {within.Text}" : "");
        }

        return text.Append(rule.Because is { } because ? $" because {Quote(because.Text)}" : "").ToString();
    }

    /// <summary>A rule's condition on a line of its own; a condition still too long, one line for each joint.</summary>
    static string Broken(string head, string expression, bool isRule)
    {
        const string deep = Indent + Indent + Indent;
        var text = new StringBuilder(isRule ? $"{head[..^" when ".Length]}\n{Indent}{Indent}when " : head);
        if (isRule && deep.Length + "when ".Length + expression.Length <= Width)
        {
            return text.Append(expression).ToString();
        }

        var from = 0;
        foreach (var joint in ExpressionReader.Joints(expression))
        {
            text.Append(expression.AsSpan(from, joint - from).TrimEnd()).Append('\n').Append(deep);
            from = joint;
        }

        return text.Append(expression.AsSpan(from)).ToString();
    }

    static void Line(StringBuilder text, Remarks remarks, string line)
    {
        Comments(text, remarks.Before, Indent);
        text.Append(Indent).Append(line).Append(remarks.After is { } after ? "  " + after : "").Append('\n');
    }

    static void Comments(StringBuilder text, IReadOnlyList<string> comments, string indent)
    {
        foreach (var comment in comments)
        {
            text.Append(indent).Append(comment).Append('\n');
        }
    }

    static string List(IReadOnlyList<NameSyntax> items) => $"[{string.Join(", ", items.Select(i => Quote(i.Text)))}]";

    static string Quote(string text) => $"\"{text.Replace("\\", "\\\\").Replace("\"", "\\\"")}\"";
}
