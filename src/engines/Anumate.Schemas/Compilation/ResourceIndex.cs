using Anumate.Schemas.Documents;
using Anumate.Schemas.Keywords;

namespace Anumate.Schemas.Compilation;

/// <summary>Which URI names which schema, and which resource each schema belongs to (2020-12 core sections 8.2 and 9).</summary>
sealed class ResourceIndex(SchemaOptions options, SchemaCompiler compiler)
{
    const string RootUri = "anumate:/schema";

    readonly Dictionary<string, Resource> byUri = new(StringComparer.Ordinal);
    readonly Dictionary<DocumentNode, Resource> owners = new(ReferenceEqualityComparer.Instance);
    readonly Dictionary<DocumentNode, string> documents = new(ReferenceEqualityComparer.Instance);
    readonly List<Resource> all = [];

    public IReadOnlyList<Resource> All => all;

    public void AddRoot(DocumentNode root) => AddDocument(RootUri, "", root);

    /// <summary>The schema's resource; a schema that only a JSON Pointer reaches belongs to the one around it.</summary>
    public Resource OwnerOf(DocumentNode node)
    {
        if (owners.TryGetValue(node, out var owner))
        {
            return owner;
        }

        var around = node.Parent!;
        while (!owners.TryGetValue(around, out owner))
        {
            around = around.Parent!;
        }

        Index(node, owner);
        return owners[node];
    }

    /// <summary>The schema's URI with fragment; a mere fragment in the root document.</summary>
    public string PathOf(DocumentNode node)
    {
        var root = node;
        while (!documents.ContainsKey(root))
        {
            root = root.Parent!;
        }

        return $"{documents[root]}#{node.Pointer[root.Pointer.Length..]}";
    }

    /// <summary>What a reference leads to; null, with a finding, when it leads nowhere.</summary>
    public (DocumentNode Node, Resource Resource)? Resolve(string reference, SchemaNode from, DocumentNode at)
    {
        var (relative, fragment) = UriText.Split(reference);
        var uri = UriText.Resolve(from.Resource.Uri, relative);
        if (Resource(uri) is not { } resource)
        {
            compiler.Report(at.Error(
                "schema.ref", $"nothing is registered under `{uri}`, to which `{reference}` leads",
                "references are never fetched: put the schema under `$defs`, or register it"));
            return null;
        }

        var target = fragment switch
        {
            null or "" => resource.Root,
            ['/', ..] => resource.Root.Find(fragment),
            _ => resource.Anchors.GetValueOrDefault(fragment) ?? resource.DynamicAnchors.GetValueOrDefault(fragment),
        };
        if (target is null)
        {
            compiler.Report(at.Error("schema.ref", $"`{reference}` leads to nothing", SuggestTarget(fragment!, resource)));
            return null;
        }

        return (target, OwnerOf(target));
    }

    /// <summary>The resource with this URI, taking it from the registered documents when it is first named.</summary>
    Resource? Resource(string uri)
    {
        if (byUri.TryGetValue(uri, out var known))
        {
            return known;
        }

        var document = options.Documents.GetValueOrDefault(uri) ?? Metaschema.Find(uri);
        return document is null ? null : AddDocument(uri, uri, document);
    }

    Resource AddDocument(string uri, string prefix, DocumentNode root)
    {
        documents[root] = prefix;
        var resource = Add(uri, root);
        Index(root, resource);

        // The document may call itself otherwise; its anchors are then under that name.
        return byUri[uri] = owners[root];
    }

    Resource Add(string uri, DocumentNode root)
    {
        var resource = byUri[uri] = new Resource(uri, root);
        all.Add(resource);
        return resource;
    }

    void Index(DocumentNode node, Resource resource)
    {
        if (node is ObjectNode schema)
        {
            resource = Identify(schema, resource);
            Anchor(schema, "$anchor", resource.Anchors, resource);
            Anchor(schema, "$dynamicAnchor", resource.DynamicAnchors, resource);
            foreach (var sub in KeywordTable.SubschemasOf(schema))
            {
                Index(sub, resource);
            }
        }

        owners[node] = resource;
    }

    Resource Identify(ObjectNode schema, Resource around)
    {
        if (schema["$id"] is not StringNode id)
        {
            Dialect(schema, around);
            return around;
        }

        var (relative, fragment) = UriText.Split(id.Value);
        if (!string.IsNullOrEmpty(fragment))
        {
            compiler.Report(id.Error("schema.id", $"the identifier `{id.Value}` has a fragment", "write `$anchor` for the fragment"));
            return around;
        }

        var uri = UriText.Resolve(around.Uri, relative);
        if (byUri.TryGetValue(uri, out var other) && !ReferenceEquals(other.Root, schema))
        {
            compiler.Report(id.Error("schema.id", $"two schemas have the identifier `{uri}`", "give each its own"));
            return around;
        }

        var resource = other ?? Add(uri, schema);
        resource.Vocabularies = around.Vocabularies;
        Dialect(schema, resource);
        return resource;
    }

    void Anchor(ObjectNode schema, string keyword, Dictionary<string, DocumentNode> anchors, Resource resource)
    {
        if (schema[keyword] is not StringNode name)
        {
            return;
        }

        if (name.Value.Length == 0
            || !(char.IsAsciiLetter(name.Value[0]) || name.Value[0] == '_')
            || !name.Value.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.'))
        {
            compiler.Report(name.Error(
                "schema.anchor", $"`{name.Value}` is not an anchor name", "begin with a letter or `_`, go on with letters, digits, `-`, `_`, `.`"));
        }
        else if (!anchors.TryAdd(name.Value, schema) && !ReferenceEquals(anchors[name.Value], schema))
        {
            compiler.Report(name.Error("schema.anchor", $"the anchor `{name.Value}` stands twice in `{resource.Uri}`", "give each its own name"));
        }
    }

    /// <summary>Reads <c>$schema</c>: 2020-12 itself, or a registered metaschema and the vocabularies it declares.</summary>
    void Dialect(ObjectNode schema, Resource resource)
    {
        if (schema["$schema"] is not StringNode dialect || !ReferenceEquals(resource.Root, schema))
        {
            return;
        }

        var uri = dialect.Value.TrimEnd('#');
        if (uri == Metaschema.Uri)
        {
            resource.Vocabularies = Vocabularies.Default;
            return;
        }

        if (options.Documents.GetValueOrDefault(uri) is not ObjectNode meta)
        {
            compiler.Report(dialect.Error(
                "schema.dialect", $"the dialect `{dialect.Value}` is not known", $"write `{Metaschema.Uri}`, or leave `$schema` out"));
            return;
        }

        if (meta["$vocabulary"] is not ObjectNode declared)
        {
            return;
        }

        resource.Vocabularies = Vocabularies.Core;
        foreach (var entry in declared.Members)
        {
            if (KeywordTable.Vocabulary(entry.Key) is { } vocabulary)
            {
                resource.Vocabularies |= vocabulary;
            }
            else if (entry.Value is BooleanNode { Value: true })
            {
                compiler.Report(dialect.Error(
                    "schema.dialect", $"`{dialect.Value}` demands the vocabulary `{entry.Key}`, which is not known", "use another metaschema"));
            }
        }
    }

    static string SuggestTarget(string fragment, Resource resource)
    {
        if (!fragment.StartsWith('/'))
        {
            return DidYouMean.Suggest(fragment, resource.Anchors.Keys.Concat(resource.DynamicAnchors.Keys)) ?? "declare the anchor";
        }

        var last = fragment.LastIndexOf('/');
        return resource.Root.Find(fragment[..last]) is ObjectNode around
            && DidYouMean.Nearest(fragment[(last + 1)..], around.Members.Select(m => JsonPointer.Escape(m.Key))) is { } near
            ? $"did you mean `#{fragment[..(last + 1)]}{near}`?"
            : "declare it, e.g. under `$defs`";
    }
}
