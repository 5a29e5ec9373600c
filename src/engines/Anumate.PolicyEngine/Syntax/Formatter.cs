using System.Text;

namespace Anumate.PolicyEngine.Syntax;

/// <summary>
/// Prints a policy in its one form. Parsing what it prints gives the same policy, comments included; the policy's digest is over this text.
/// </summary>
public static partial class Formatter
{
    const int Width = 120;
    const string Indent = "  ";

    /// <summary>A document in its one form; null when it is none.</summary>
    public static string? Format(string source, out IReadOnlyList<Diagnostic> diagnostics)
    {
        var findings = new Findings(source);
        var policy = Parser.Parse(source, findings);
        diagnostics = findings.All;
        return policy is null || findings.HasErrors ? null : Print(policy);
    }

    /// <summary>The document's one form, ending with a line feed.</summary>
    public static string Print(PolicySyntax policy)
    {
        var text = new StringBuilder();
        Policy(text, policy);
        foreach (var test in policy.Tests)
        {
            text.Append('\n');
            Test(text, test);
        }

        Comments(text, policy.Trailing, "");
        return text.ToString();
    }

    /// <summary>The one form of tests without a policy.</summary>
    public static string Print(IReadOnlyList<TestSyntax> tests)
    {
        var text = new StringBuilder();
        foreach (var test in tests)
        {
            text.Append(text.Length > 0 ? "\n" : "");
            Test(text, test);
        }

        return text.ToString();
    }

    /// <summary>The policy without its tests: what its digest is over, as a test changes nothing that is decided.</summary>
    internal static string PrintRuling(PolicySyntax policy) =>
        Print(policy.Tests.Count == 0 ? policy : policy with { Tests = [], Trailing = [] });

    static void Policy(StringBuilder text, PolicySyntax policy)
    {
        Comments(text, policy.Remarks.Before, "");
        text.Append($"policy {policy.Name.Text} version {policy.Version} {{\n");
        if (policy.At is { } at)
        {
            Line(text, at.Remarks, $"at {string.Join(", ", at.Points.Select(p => p.Text))}");
        }

        foreach (var on in policy.On)
        {
            var label = on.Label is { } name ? $" {Quote(name.Text)}" : "";
            Line(text, on.Remarks, $"on {on.Kind.ToString().ToLowerInvariant()}{label} in {List(on.Patterns)}");
        }

        MemberSyntax? last = null;
        foreach (var member in policy.Members)
        {
            var first = last is null && policy.At is null && policy.On.Count == 0;
            if (!first && (last?.GetType() != member.GetType() || member.Remarks.Before.Count > 0))
            {
                text.Append('\n');
            }

            Member(text, member);
            last = member;
        }

        Comments(text, policy.Inside, Indent);
        text.Append('}').Append(policy.Remarks.After is { } after ? "  " + after : "").Append('\n');
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
