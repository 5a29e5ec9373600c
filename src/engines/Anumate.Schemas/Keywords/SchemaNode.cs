using System.Text.Json;
using Anumate.Schemas.Documents;

namespace Anumate.Schemas.Keywords;

/// <summary>One compiled schema or subschema. Filled once by the compiler, then only read.</summary>
sealed class SchemaNode(DocumentNode source, Resource resource, string path)
{
    /// <summary>Where the schema was written.</summary>
    public DocumentNode Source { get; } = source;

    public Resource Resource { get; } = resource;

    /// <summary>The URI fragment (or URI with fragment, outside the root document) that names this schema.</summary>
    public string Path { get; } = path;

    /// <summary>The value of a boolean schema; null for an object.</summary>
    public bool? Always { get; set; }

    /// <summary>In the order of checking; <c>unevaluated*</c> stand last.</summary>
    public Keyword[] Keywords { get; set; } = [];

    /// <summary>Whether a keyword here asks what its neighbours evaluated.</summary>
    public bool Tracks { get; set; }

    public Sensitivity? Sensitivity { get; set; }

    public string? Title { get; set; }

    public string? Description { get; set; }

    public JsonElement? Default { get; set; }

    /// <summary><c>x-examples</c>.</summary>
    public IReadOnlyList<JsonElement> OwnExamples { get; set; } = [];

    public IReadOnlyList<JsonElement> Examples { get; set; } = [];

    /// <summary><c>format</c>, asserted or not.</summary>
    public string? Format { get; set; }

    public T? Get<T>()
        where T : Keyword
    {
        foreach (var keyword in Keywords)
        {
            if (keyword is T found)
            {
                return found;
            }
        }

        return null;
    }
}

/// <summary>A schema resource (2020-12 core section 4.3.5): what one URI names, with the anchors in it.</summary>
sealed class Resource(string uri, DocumentNode root)
{
    public string Uri { get; } = uri;

    public DocumentNode Root { get; } = root;

    public Compilation.Vocabularies Vocabularies { get; set; } = Compilation.Vocabularies.Default;

    public Dictionary<string, DocumentNode> Anchors { get; } = new(StringComparer.Ordinal);

    public Dictionary<string, DocumentNode> DynamicAnchors { get; } = new(StringComparer.Ordinal);

    /// <summary>The compiled dynamic anchors, when any <c>$dynamicRef</c> exists.</summary>
    public Dictionary<string, SchemaNode> DynamicTargets { get; } = new(StringComparer.Ordinal);
}
