using System.Text.Json;
using Anumate.Schemas.Compilation;
using Anumate.Schemas.Documents;
using Anumate.Schemas.Keywords;

namespace Anumate.Schemas;

/// <summary>A compiled JSON Schema (2020-12). Immutable and safe to share between threads.</summary>
public sealed class Schema
{
    readonly SchemaNode root;
    readonly Lazy<IReadOnlyList<SensitivePath>> sensitive;

    internal Schema(SchemaNode root, bool dynamic)
    {
        this.root = root;
        Dynamic = dynamic;
        sensitive = new Lazy<IReadOnlyList<SensitivePath>>(() => SensitivityWalk.Of(root));
    }

    /// <summary>The schema as other engines look at it: types, properties, annotations.</summary>
    public SchemaView View => new(root);

    internal SchemaNode Root => root;

    /// <summary>Whether any <c>$dynamicRef</c> needs the dynamic scope.</summary>
    internal bool Dynamic { get; }

    /// <summary>Where values of this schema are <c>pii</c> or <c>secret</c>.</summary>
    internal IReadOnlyList<SensitivePath> SensitivePaths => sensitive.Value;

    /// <summary>Compiles a schema that stands in a document; findings carry its lines and columns.</summary>
    public static SchemaCompilation Compile(DocumentNode schema, SchemaOptions? options = null) =>
        SchemaCompiler.Compile(schema, options ?? SchemaOptions.Strict);

    /// <summary>Compiles a schema without source positions.</summary>
    public static SchemaCompilation Compile(JsonElement schema, SchemaOptions? options = null)
    {
        var findings = new List<Diagnostic>();
        var node = ElementNodes.From(schema, findings);
        return findings.Count > 0 ? new SchemaCompilation(null, findings) : Compile(node, options);
    }

    /// <summary>Whether the value satisfies the schema; stops at the first failure.</summary>
    public bool IsValid(JsonElement value) => new Evaluation(this, collect: false).Run(value);

    /// <summary>Everything that is wrong with the value; empty when it satisfies the schema.</summary>
    public IReadOnlyList<SchemaError> Validate(JsonElement value)
    {
        var quick = new Evaluation(this, collect: false);
        if (quick.Run(value))
        {
            return [];
        }

        if (quick.Stopped)
        {
            return quick.Found;
        }

        var thorough = new Evaluation(this, collect: true);
        thorough.Run(value);
        return thorough.Found;
    }

    /// <summary>The same for a value in a document: each finding has its line and column, and the code <c>schema.&lt;keyword&gt;</c>.</summary>
    public IReadOnlyList<Diagnostic> Validate(DocumentNode value)
    {
        var errors = Validate(value.ToJsonElement());
        return errors.Count == 0 ? [] : [.. errors.Select(e => Place(e, value)).OrderBy(d => d.Line).ThenBy(d => d.Column)];
    }

    static Diagnostic Place(SchemaError error, DocumentNode value)
    {
        var node = value.Find(error.InstancePath) ?? value;
        var at = error.AboutKey && node.Member is { } member ? member.KeyPosition : node.Position;
        var suggestion = error.Suggestion ?? PlainYaml(error, node);
        return Diagnostic.Error($"schema.{error.Keyword.TrimStart('$')}", error.Message, value.Pointer + error.InstancePath, at, suggestion);
    }

    /// <summary>YAML surprises: an unquoted yes is a string, an unquoted 1.10 a number.</summary>
    static string? PlainYaml(SchemaError error, DocumentNode node) => (error.Keyword, node) switch
    {
        ("type", StringNode { Style: StringStyle.Plain, Value: "yes" or "Yes" or "on" or "On" or "y" }) => "write true",
        ("type", StringNode { Style: StringStyle.Plain, Value: "no" or "No" or "off" or "Off" or "n" }) => "write false",
        ("type", NumberNode or BooleanNode) when error.Message.Contains("must be a string", StringComparison.Ordinal) => "put the value in quotes",
        ("type", NullNode) => "give it a value, or remove the key",
        _ => null,
    };
}
