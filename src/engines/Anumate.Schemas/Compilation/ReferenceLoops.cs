using Anumate.Schemas.Documents;
using Anumate.Schemas.Keywords;

namespace Anumate.Schemas.Compilation;

/// <summary>
/// References that apply a schema to the same value again without going into it: such a schema would never end. Also chains too long
/// for the stack. (A <c>$dynamicRef</c> is decided at run time, where depth is counted.)
/// </summary>
static class ReferenceLoops
{
    const int MaxChain = 100;

    public static void Find(IEnumerable<SchemaNode> nodes, Action<Diagnostic> report)
    {
        // The length of the longest chain that starts at a schema; 0 while it is being walked.
        var length = new Dictionary<SchemaNode, int>();
        foreach (var node in nodes)
        {
            if (!length.ContainsKey(node) && !Walk(node, length, report))
            {
                return;
            }
        }
    }

    /// <summary>A depth-first walk with its own stack: the chains it looks for may be as long as the document.</summary>
    static bool Walk(SchemaNode start, Dictionary<SchemaNode, int> length, Action<Diagnostic> report)
    {
        var stack = new Stack<(SchemaNode Node, IEnumerator<SchemaNode> Next)>();
        Push(start);
        while (stack.TryPeek(out var top))
        {
            if (!top.Next.MoveNext())
            {
                stack.Pop();
                length[top.Node] = 1 + InPlace(top.Node).Select(n => length[n]).DefaultIfEmpty(0).Max();
                if (length[top.Node] > MaxChain)
                {
                    report(At(top.Node, "schema.too-deep", $"a chain of more than {MaxChain} schemas applies to one value", "shorten the chain of references"));
                    return false;
                }

                continue;
            }

            var next = top.Next.Current;
            if (!length.TryGetValue(next, out var known))
            {
                Push(next);
            }
            else if (known == 0)
            {
                report(At(
                    top.Node, "schema.endless", $"the schema applies `{next.Path}` to the same value over and over",
                    "let the reference stand under a member or an item"));
                return false;
            }
        }

        return true;

        void Push(SchemaNode node)
        {
            length[node] = 0;
            stack.Push((node, InPlace(node).GetEnumerator()));
        }
    }

    static IEnumerable<SchemaNode> InPlace(SchemaNode node) => node.Keywords.SelectMany(k => k.InPlace);

    static Diagnostic At(SchemaNode node, string code, string message, string suggestion) =>
        node.Source is ObjectNode source && source.Get("$ref") is { } reference
            ? reference.Value.Error(code, message, suggestion)
            : node.Source.Error(code, message, suggestion);
}
