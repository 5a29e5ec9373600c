using System.Text.Json;

namespace Anumate.Schemas.Keywords;

/// <summary>The types of JSON Schema as a set.</summary>
[Flags]
public enum JsonTypes
{
    None = 0,
    Null = 1,
    Boolean = 2,
    Object = 4,
    Array = 8,
    Number = 16,
    String = 32,

    /// <summary>A number without a fraction; every integer is a number too.</summary>
    Integer = 64,

    Any = Null | Boolean | Object | Array | Number | String | Integer,
}

/// <summary>One compiled keyword, or a few that must be looked at together.</summary>
/// <param name="Name">The keyword as the schema writes it.</param>
/// <param name="Path">Where it stands in the schema, e.g. <c>#/properties/amount/minimum</c>.</param>
abstract record Keyword(string Name, string Path)
{
    /// <summary>Whether the value satisfies the keyword; says so to the evaluation when it does not.</summary>
    public abstract bool Check(JsonElement value, Evaluation run, Evaluated? evaluated);

    /// <summary>The subschemas applied to the same value.</summary>
    public virtual IEnumerable<SchemaNode> InPlace => [];

    /// <summary>The subschemas applied to members and items, by key or index; <c>*</c> where any may be meant.</summary>
    public virtual IEnumerable<(string Token, SchemaNode Schema)> Below => [];
}

/// <summary>
/// Which members and items of one value have been looked at by a subschema, for <c>unevaluated*</c> (2020-12 core section 11).
/// </summary>
sealed class Evaluated
{
    HashSet<string>? names;
    HashSet<int>? indexes;
    bool allNames;
    bool allItems;
    int prefix;

    public void AllNames() => allNames = true;

    public void AllItems() => allItems = true;

    public void Add(string name) => (names ??= new HashSet<string>(StringComparer.Ordinal)).Add(name);

    public void Add(int index) => (indexes ??= []).Add(index);

    public void Prefix(int count) => prefix = Math.Max(prefix, count);

    public bool Has(string name) => allNames || names?.Contains(name) == true;

    public bool Has(int index) => allItems || index < prefix || indexes?.Contains(index) == true;

    public void Merge(Evaluated other)
    {
        allNames |= other.allNames;
        allItems |= other.allItems;
        prefix = Math.Max(prefix, other.prefix);
        if (other.names is not null)
        {
            (names ??= new HashSet<string>(StringComparer.Ordinal)).UnionWith(other.names);
        }

        if (other.indexes is not null)
        {
            (indexes ??= []).UnionWith(other.indexes);
        }
    }
}
