using Anumate.Schemas.Documents;
using Anumate.Schemas.Keywords;
using Anumate.Schemas.Patterns;

namespace Anumate.Schemas.Compilation;

/// <summary>
/// Documents → compiled schemas: index the resources and anchors, compile what is reachable from the root (a work list, so a chain of
/// references costs no stack), then look for references that lead back to themselves on the same value.
/// </summary>
sealed class SchemaCompiler
{
    const int MaxFindings = 100;
    const int MaxPatterns = 500;

    readonly List<Diagnostic> findings = [];
    readonly Dictionary<DocumentNode, SchemaNode> compiled = new(ReferenceEqualityComparer.Instance);
    readonly Queue<SchemaNode> pending = [];
    readonly Dictionary<string, Pattern?> patterns = new(StringComparer.Ordinal);

    SchemaCompiler(SchemaOptions options)
    {
        Options = options;
        Resources = new ResourceIndex(options, this);
    }

    public SchemaOptions Options { get; }

    public ResourceIndex Resources { get; }

    /// <summary>Whether a <c>$dynamicRef</c> was met.</summary>
    public bool Dynamic { get; set; }

    public static SchemaCompilation Compile(DocumentNode source, SchemaOptions options)
    {
        var compiler = new SchemaCompiler(options);
        if (compiler.Compile(source) is not { } root)
        {
            return new SchemaCompilation(null, [.. compiler.findings.OrderBy(f => f.Line).ThenBy(f => f.Column)]);
        }

        var schema = new Schema(root, compiler.Dynamic);
        return new SchemaCompilation(schema, options.RefuseUnknown ? [.. compiler.ExampleWarnings()] : []);
    }

    /// <summary>Records a finding; after a hundred of them the rest of the schema is not looked at.</summary>
    public void Report(Diagnostic finding)
    {
        findings.Add(finding);
        if (findings.Count == MaxFindings)
        {
            throw new TooManyFindings();
        }
    }

    /// <summary>The compiled schema of a document node; filled later, so that schemas may be recursive.</summary>
    public SchemaNode Node(DocumentNode source)
    {
        if (compiled.TryGetValue(source, out var known))
        {
            return known;
        }

        var resource = Resources.OwnerOf(source);
        var node = compiled[source] = new SchemaNode(source, resource, Resources.PathOf(source));
        pending.Enqueue(node);
        return node;
    }

    /// <summary>A pattern by its source, compiled once; null, with a finding, when it cannot be.</summary>
    public Pattern? Pattern(string source, DocumentNode node, Position at)
    {
        if (patterns.TryGetValue(source, out var known))
        {
            return known;
        }

        if (patterns.Count == MaxPatterns)
        {
            Report(Diagnostic.Error("schema.too-large", $"the schema has more than {MaxPatterns} different patterns", node.Pointer, at));
            return null;
        }

        var (pattern, error) = Patterns.Pattern.Compile(source);
        if (pattern is null)
        {
            Report(Diagnostic.Error(
                "schema.pattern", $"the pattern `{JsonWords.Shorten(source, 80)}` cannot be used: {error}", node.Pointer, at,
                "write it as an ECMA-262 expression without back references and look-around"));
        }

        return patterns[source] = pattern;
    }

    SchemaNode? Compile(DocumentNode source)
    {
        try
        {
            Resources.AddRoot(source);
            var root = Node(source);
            Drain();
            if (findings.Count == 0)
            {
                ReferenceLoops.Find(compiled.Values, Report);
            }

            return findings.Count == 0 ? root : null;
        }
        catch (TooManyFindings)
        {
            return null;
        }
    }

    void Drain()
    {
        var dynamicDone = 0;
        do
        {
            while (pending.TryDequeue(out var node))
            {
                KeywordReader.Fill(node, this);
            }

            // What a dynamic reference may reach is known only when all resources are.
            for (; Dynamic && dynamicDone < Resources.All.Count; dynamicDone++)
            {
                var resource = Resources.All[dynamicDone];
                foreach (var (anchor, source) in resource.DynamicAnchors)
                {
                    resource.DynamicTargets[anchor] = Node(source);
                }
            }
        }
        while (pending.Count > 0);
    }

    /// <summary>Ends a compilation early. Never leaves this class.</summary>
    sealed class TooManyFindings : Exception;

    static readonly string[] ExampleKeywords = ["default", "examples", "x-examples"];

    /// <summary>Examples and defaults that their own schema refuses; a bounded number of them, with bounded work.</summary>
    IEnumerable<Diagnostic> ExampleWarnings()
    {
        const int maxExamples = 200;
        var examples =
            from node in compiled.Values
            where node.Source is ObjectNode
            let source = (ObjectNode)node.Source
            from name in ExampleKeywords
            where source[name] is not null
            from example in name == "default" ? [source[name]!] : ((ArrayNode)source[name]!).Items
            select (Node: node, Name: name, Example: example);
        foreach (var (node, name, example) in examples.Take(maxExamples))
        {
            var run = new Evaluation(new Schema(node, Dynamic), collect: true, maxSteps: 50_000);
            if (!run.Run(example.ToJsonElement()) && run.Found is [var first, ..])
            {
                var what = name == "default" ? "default" : "example";
                yield return example.Warning("schema.example", $"the {what} does not satisfy its own schema: {first.Message}", "correct one of the two");
            }
        }
    }
}
