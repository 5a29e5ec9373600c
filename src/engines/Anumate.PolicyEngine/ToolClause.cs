namespace Anumate.PolicyEngine;

/// <summary>
/// Reads the tools a rule is for out of a clause such as <c>call.tool == "a"</c> or <c>call.tool in ["a", "b"]</c>, so that the decision
/// index serves rules that say it there as well as those that say it in <c>on tool in […]</c>. Anything less plain is no such clause.
/// </summary>
static class ToolClause
{
    const string Equal = "call.tool == ";
    const string In = "call.tool in [";

    /// <summary>The tools of the narrowest such clause; null when there is none.</summary>
    public static IReadOnlySet<string>? Of(Expression[] clauses)
    {
        HashSet<string>? tools = null;
        foreach (var clause in clauses)
        {
            if (Named(clause.Code.ToString()) is { } named)
            {
                tools ??= [.. named];
                tools.IntersectWith(named);
            }
        }

        return tools;
    }

    static string[]? Named(string canonical)
    {
        var list = canonical.StartsWith(Equal, StringComparison.Ordinal) ? canonical[Equal.Length..]
            : canonical.StartsWith(In, StringComparison.Ordinal) && canonical.EndsWith(']') ? canonical[In.Length..^1]
            : "";
        var texts = list.Split(", ");
        return Array.TrueForAll(texts, IsPlainText) ? Array.ConvertAll(texts, t => t[1..^1]) : null;
    }

    static bool IsPlainText(string text) =>
        text.Length > 2 && text[0] == '"' && text[^1] == '"' && text.AsSpan(1, text.Length - 2).IndexOfAny('"', '\\') < 0;
}
