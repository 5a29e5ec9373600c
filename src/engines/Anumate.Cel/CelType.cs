using System.Text;
using System.Text.Json;

namespace Anumate.Cel;

/// <summary>What a value or a type is. <see cref="Parameter"/> occurs inside the checker only, <see cref="Error"/> on values.</summary>
public enum CelKind
{
    Dyn,
    Null,
    Bool,
    Int,
    Uint,
    Double,
    String,
    Bytes,
    Timestamp,
    Duration,
    Money,
    /// <summary>An IP address.</summary>
    Ip,
    /// <summary>An IP network.</summary>
    Cidr,
    List,
    Map,
    /// <summary>A map with named, typed fields, made from a JSON Schema. Its values are maps.</summary>
    Object,
    Type,
    /// <summary>A type that also admits null (JSON Schema <c>type: [string, "null"]</c>).</summary>
    Nullable,
    /// <summary>A value that may be absent: <c>optional.of(1)</c>, <c>a.?b</c>.</summary>
    Optional,
    Parameter,
    Error,
}

/// <summary>A field of an object type; an optional one may be absent.</summary>
public readonly record struct CelField(CelType Type, bool Required);

/// <summary>A CEL type, immutable, compared by structure.</summary>
public sealed class CelType : IEquatable<CelType>
{
    // First, since the types below are made with it.
    static readonly IReadOnlyDictionary<string, CelField> NoFields = new Dictionary<string, CelField>();

    public static readonly CelType Dyn = new(CelKind.Dyn);
    public static readonly CelType Null = new(CelKind.Null);
    public static readonly CelType Bool = new(CelKind.Bool);
    public static readonly CelType Int = new(CelKind.Int);
    public static readonly CelType Uint = new(CelKind.Uint);
    public static readonly CelType Double = new(CelKind.Double);
    public static readonly CelType String = new(CelKind.String);
    public static readonly CelType Bytes = new(CelKind.Bytes);
    public static readonly CelType Timestamp = new(CelKind.Timestamp);
    public static readonly CelType Duration = new(CelKind.Duration);
    public static readonly CelType Money = new(CelKind.Money);
    public static readonly CelType Ip = new(CelKind.Ip);
    public static readonly CelType Cidr = new(CelKind.Cidr);
    /// <summary>The type of types, whatever they are the type of.</summary>
    public static readonly CelType Type = new(CelKind.Type);

    readonly CelType? first;
    readonly CelType? second;

    CelType(CelKind kind, CelType? first = null, CelType? second = null, IReadOnlyDictionary<string, CelField>? fields = null, int id = 0)
    {
        Kind = kind;
        this.first = first;
        this.second = second;
        Fields = fields ?? NoFields;
        Id = id;
    }

    public CelKind Kind { get; }

    /// <summary>The type of a list's elements, of a map's values, of a nullable's or optional's value, of what a type is of; otherwise dyn.</summary>
    public CelType Element => (Kind is CelKind.Map ? second : first) ?? Dyn;

    /// <summary>The type of a map's keys; string for an object; otherwise dyn.</summary>
    public CelType Key => Kind switch { CelKind.Map => first!, CelKind.Object => String, _ => Dyn };

    /// <summary>The named fields of an object type.</summary>
    public IReadOnlyDictionary<string, CelField> Fields { get; }

    /// <summary>The type of an object's fields that are not named; null when there can be none.</summary>
    public CelType? Rest => Kind is CelKind.Object ? first : null;

    /// <summary>The names of the fields as they stand in JSON.</summary>
    internal (string Name, byte[] Utf8)[] Utf8Names =>
        field ??= Fields.Count == 0 ? [] : [.. Fields.Keys.Select(k => (k, Encoding.UTF8.GetBytes(k)))];

    internal int Id { get; }

    internal bool HasElement => first is not null;

    internal bool IsNumeric => Kind is CelKind.Int or CelKind.Uint or CelKind.Double;

    public static CelType List(CelType element) => new(CelKind.List, element);

    public static CelType Map(CelType key, CelType value) => new(CelKind.Map, key, value);

    /// <summary>A type that also admits null. Dyn, null and nullable types stay what they are.</summary>
    public static CelType Nullable(CelType type) =>
        type.Kind is CelKind.Dyn or CelKind.Null or CelKind.Nullable ? type : new(CelKind.Nullable, type);

    /// <summary>A value of the type, or none: what <c>a.?b</c> gives.</summary>
    public static CelType Optional(CelType type) => new(CelKind.Optional, type);

    /// <summary>The type of a type value: <c>type(1)</c> is <c>type(int)</c>.</summary>
    public static CelType TypeOf(CelType type) => new(CelKind.Type, type);

    /// <summary>
    /// An object with named fields; <paramref name="rest"/> is the type of further fields, null when an unnamed field is an error.
    /// </summary>
    public static CelType Object(IEnumerable<KeyValuePair<string, CelField>> fields, CelType? rest = null) =>
        new(CelKind.Object, rest, fields: fields.ToDictionary(StringComparer.Ordinal));

    /// <summary>The type of the values that a JSON Schema admits, as far as CEL can say it; what it cannot say is dyn.</summary>
    /// <remarks>
    /// <c>integer</c> is int and <c>number</c> is double. An object whose schema names properties has exactly these fields, unless
    /// <c>additionalProperties</c> or <c>patternProperties</c> is given: reading another is then an error, since it is most likely a
    /// typing error.
    /// </remarks>
    public static CelType FromSchema(JsonElement schema) => SchemaTypes.Read(schema);

    internal static CelType Parameter(int id) => new(CelKind.Parameter, id: id);

    /// <summary>The name of the type as a run-time value; lists and maps have no parameters there.</summary>
    internal string RuntimeName => Kind switch
    {
        CelKind.Null => "null_type",
        CelKind.Timestamp => "google.protobuf.Timestamp",
        CelKind.Duration => "google.protobuf.Duration",
        CelKind.Object => "map",
        CelKind.Optional => "optional_type",
        CelKind.Ip => "net.IP",
        CelKind.Cidr => "net.CIDR",
        _ => Kind.ToString().ToLowerInvariant(),
    };

    public bool Equals(CelType? other)
    {
        if (ReferenceEquals(this, other))
        {
            return true;
        }

        return other is not null && Kind == other.Kind && Id == other.Id && Fields.Count == other.Fields.Count
            && Same(first, other.first) && Same(second, other.second)
            && Fields.All(f => other.Fields.TryGetValue(f.Key, out var g) && f.Value.Required == g.Required && f.Value.Type.Equals(g.Type));
    }

    public override bool Equals(object? obj) => Equals(obj as CelType);

    public override int GetHashCode() => HashCode.Combine(Kind, first, second, Fields.Count, Id);

    static bool Same(CelType? a, CelType? b) => a is null ? b is null : a.Equals(b);

    /// <summary>The type as CEL documentation writes it: <c>map(string, list(int))</c>.</summary>
    public override string ToString() => Kind switch
    {
        CelKind.List => $"list({first})",
        CelKind.Map => $"map({first}, {second})",
        CelKind.Nullable => $"{first}?",
        CelKind.Optional => $"optional_type({first})",
        CelKind.Type => first is null ? "type" : $"type({first})",
        CelKind.Object => Print(),
        CelKind.Parameter => $"_{Id}",
        CelKind.Ip or CelKind.Cidr => RuntimeName,
        _ => Kind.ToString().ToLowerInvariant(),
    };

    string Print()
    {
        const int shown = 8;
        var text = new StringBuilder("{");
        foreach (var (name, field) in Fields.Take(shown))
        {
            text.Append(text.Length > 1 ? ", " : "").Append(name).Append(field.Required ? ": " : "?: ")
                .Append(field.Type.Kind is CelKind.Object ? "{…}" : field.Type.ToString());
        }

        return text.Append(Fields.Count > shown || Rest is not null ? ", …}" : "}").ToString();
    }
}
