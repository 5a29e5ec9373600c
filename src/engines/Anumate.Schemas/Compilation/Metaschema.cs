using Anumate.Schemas.Documents;

namespace Anumate.Schemas.Compilation;

/// <summary>The metaschema of 2020-12 and its vocabularies, which a schema may refer to like any other document.</summary>
static class Metaschema
{
    public const string Uri = "https://json-schema.org/draft/2020-12/schema";

    static readonly Lazy<Dictionary<string, DocumentNode>> Documents = new(Read);

    public static DocumentNode? Find(string uri) =>
        uri.StartsWith("https://json-schema.org/draft/2020-12/", StringComparison.Ordinal) ? Documents.Value.GetValueOrDefault(uri) : null;

    static Dictionary<string, DocumentNode> Read()
    {
        using var stream = typeof(Metaschema).Assembly.GetManifestResourceStream("metaschema.yaml")!;
        using var reader = new StreamReader(stream);
        var parts = Document.ParseYaml(reader.ReadToEnd());
        var list = (ArrayNode)(parts.Root ?? throw new InvalidOperationException(string.Join('\n', parts.Diagnostics)));
        return list.Items.ToDictionary(part => ((StringNode)((ObjectNode)part)["$id"]!).Value, StringComparer.Ordinal);
    }
}
