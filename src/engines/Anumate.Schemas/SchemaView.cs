using System.Text.Json;
using Anumate.Schemas.Keywords;

namespace Anumate.Schemas;

/// <summary>
/// A schema as a static checker sees it: everything that holds for the value at once, through <c>$ref</c> and <c>allOf</c>. What holds only
/// in some case stands under <see cref="Alternatives"/>.
/// </summary>
public sealed class SchemaView
{
    readonly List<SchemaNode> parts = [];

    internal SchemaView(params IEnumerable<SchemaNode> nodes)
    {
        var seen = new HashSet<SchemaNode>();
        foreach (var node in nodes)
        {
            Collect(node, seen);
        }
    }

    /// <summary>Whether no value satisfies the schema, as far as types and <c>false</c> tell.</summary>
    public bool IsNever => Types == JsonTypes.None || parts.Exists(p => p.Always == false);

    /// <summary>The types a value may have; <see cref="JsonTypes.Any"/> when the schema does not say.</summary>
    public JsonTypes Types
    {
        get
        {
            var types = JsonTypes.Any;
            foreach (var keyword in parts.SelectMany(p => p.Keywords))
            {
                types &= keyword switch
                {
                    // Every integer is a number.
                    TypeKeyword t => (t.Types & JsonTypes.Number) != 0 ? t.Types | JsonTypes.Integer : t.Types,
                    EnumKeyword e => e.Values.Aggregate(JsonTypes.None, (all, value) => all | TypesOf(value)),
                    _ => JsonTypes.Any,
                };
            }

            return types;
        }
    }

    /// <summary>The declared members, in the order of the schema.</summary>
    public IReadOnlyList<string> Properties => [.. Members.SelectMany(m => m.Order).Distinct()];

    public IReadOnlyList<string> Required => [.. parts.SelectMany(p => p.Get<RequiredKeyword>()?.Names ?? []).Distinct()];

    /// <summary>Whether members may exist that the schema does not declare.</summary>
    public bool IsOpen => !Members.Any(m => m.Additional?.Always == false) && !parts.Exists(p => p.Get<UnevaluatedPropertiesKeyword>()?.Schema.Always == false);

    /// <summary>What items without a place of their own must satisfy; null when the schema does not say.</summary>
    public SchemaView? Items => Under(parts.Select(p => p.Get<ItemsKeyword>()?.Rest));

    /// <summary>The cases of <c>anyOf</c>, <c>oneOf</c> and <c>then</c>/<c>else</c>; empty when there are none.</summary>
    public IReadOnlyList<SchemaView> Alternatives =>
        [
            .. from keyword in parts.SelectMany(p => p.Keywords)
               from node in keyword switch
               {
                   AlternativesKeyword a => a.Schemas,
                   IfKeyword i => new[] { i.Then, i.Else }.OfType<SchemaNode>(),
                   _ => [],
               }
               select new SchemaView(node),
        ];

    /// <summary>The values of <c>enum</c> or <c>const</c>; null when any is allowed.</summary>
    public IReadOnlyList<JsonElement>? Values => parts.Select(p => p.Get<EnumKeyword>()?.Values).FirstOrDefault(v => v is not null);

    public string? Format => parts.Select(p => p.Format).FirstOrDefault(f => f is not null);

    public string? Title => parts.Select(p => p.Title).FirstOrDefault(t => t is not null);

    public string? Description => parts.Select(p => p.Description).FirstOrDefault(d => d is not null);

    public JsonElement? Default => parts.Select(p => p.Default).FirstOrDefault(d => d is not null);

    /// <summary><c>x-examples</c>, then <c>examples</c>.</summary>
    public IReadOnlyList<JsonElement> Examples => [.. parts.SelectMany(p => p.OwnExamples), .. parts.SelectMany(p => p.Examples)];

    /// <summary>The highest mark on the value itself; null when there is none.</summary>
    public Sensitivity? Sensitivity => parts.Max(p => p.Sensitivity);

    internal IReadOnlyList<SchemaNode> Parts => parts;

    IEnumerable<MembersKeyword> Members => parts.Select(p => p.Get<MembersKeyword>()).OfType<MembersKeyword>();

    /// <summary>What a member must satisfy; null when the schema says nothing about it.</summary>
    public SchemaView? Property(string name) => Under(Members.SelectMany(m => For(m, name)));

    /// <summary>What the item at an index must satisfy; null when the schema says nothing about it.</summary>
    public SchemaView? Item(int index) =>
        Under(parts.Select(p => p.Get<ItemsKeyword>()).Select(k => k is null ? null : index < k.Prefix.Count ? k.Prefix[index] : k.Rest));

    static List<SchemaNode?> For(MembersKeyword members, string name)
    {
        var declared = members.Patterns.Where(p => p.Pattern.IsMatch(name)).Select(p => (SchemaNode?)p.Schema).ToList();
        if (members.Properties.TryGetValue(name, out var property))
        {
            declared.Add(property);
        }

        return declared.Count > 0 ? declared : [members.Additional];
    }

    static SchemaView? Under(IEnumerable<SchemaNode?> nodes)
    {
        var found = nodes.OfType<SchemaNode>().Where(n => n.Always != true).ToList();
        return found.Count == 0 ? null : new SchemaView(found);
    }

    static JsonTypes TypesOf(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => JsonTypes.Object,
        JsonValueKind.Array => JsonTypes.Array,
        JsonValueKind.String => JsonTypes.String,
        JsonValueKind.Number => IsInteger(value) ? JsonTypes.Integer | JsonTypes.Number : JsonTypes.Number,
        JsonValueKind.Null => JsonTypes.Null,
        _ => JsonTypes.Boolean,
    };

    static bool IsInteger(JsonElement value) =>
        Schemas.Values.ExactNumber.TryParse(value, out var number) && number.IsInteger;

    void Collect(SchemaNode node, HashSet<SchemaNode> seen)
    {
        if (!seen.Add(node))
        {
            return;
        }

        parts.Add(node);
        foreach (var keyword in node.Keywords)
        {
            foreach (var next in keyword is AllOfKeyword or RefKeyword ? keyword.InPlace : keyword is DynamicRefKeyword d ? [d.Target] : [])
            {
                Collect(next, seen);
            }
        }
    }
}
