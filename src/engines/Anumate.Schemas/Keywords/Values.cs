using System.Collections.Frozen;
using System.Runtime.InteropServices;
using System.Text.Json;
using Anumate.Schemas.Documents;
using Anumate.Schemas.Patterns;
using Anumate.Schemas.Values;

namespace Anumate.Schemas.Keywords;

/// <summary><c>type</c>.</summary>
sealed record TypeKeyword(string Path, JsonTypes Types) : Keyword("type", Path)
{
    public override bool Check(JsonElement value, Evaluation run, Evaluated? evaluated) =>
        Matches(value) || run.Fail(this, $"{run.Subject} must be {Describe(Types)}, it was {Describe(value)}");

    bool Matches(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => Has(JsonTypes.Object),
        JsonValueKind.Array => Has(JsonTypes.Array),
        JsonValueKind.String => Has(JsonTypes.String),
        JsonValueKind.Number => Has(JsonTypes.Number) || (Has(JsonTypes.Integer) && IsInteger(value)),
        JsonValueKind.Null => Has(JsonTypes.Null),
        _ => Has(JsonTypes.Boolean),
    };

    bool Has(JsonTypes type) => (Types & type) != 0;

    static bool IsInteger(JsonElement value) => value.TryGetInt64(out _) || (ExactNumber.TryParse(value, out var number) && number.IsInteger);

    string Describe(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "an array",
        JsonValueKind.String => "a string",
        JsonValueKind.Number => Has(JsonTypes.Integer) ? "a number with a fraction" : "a number",
        JsonValueKind.Null => "null",
        _ => "a boolean",
    };

    public static string Describe(JsonTypes types) => string.Join(" or ", Names(types));

    static IEnumerable<string> Names(JsonTypes types) =>
        from n in new[]
        {
            (JsonTypes.Object, "an object"), (JsonTypes.Array, "an array"), (JsonTypes.String, "a string"), (JsonTypes.Number, "a number"),
            (JsonTypes.Integer, "an integer"), (JsonTypes.Boolean, "a boolean"), (JsonTypes.Null, "null"),
        }
        where (types & n.Item1) != 0
        select n.Item2;
}

/// <summary><c>enum</c>, and <c>const</c> as an enum of one.</summary>
sealed record EnumKeyword : Keyword
{
    readonly FrozenSet<string> strings;
    readonly JsonElement[] others;

    public EnumKeyword(string name, string path, IReadOnlyList<JsonElement> values)
        : base(name, path)
    {
        Values = values;
        strings = values.Where(v => v.ValueKind == JsonValueKind.String).Select(v => v.GetString()!).ToFrozenSet(StringComparer.Ordinal);
        others = [.. values.Where(v => v.ValueKind != JsonValueKind.String)];
    }

    public IReadOnlyList<JsonElement> Values { get; }

    public override bool Check(JsonElement value, Evaluation run, Evaluated? evaluated)
    {
        if (value.ValueKind == JsonValueKind.String)
        {
            var text = value.GetString()!;
            return strings.Contains(text)
                || run.Fail(this, $"{run.Subject} must be {Wanted()}{run.Was(value)}", run.Collecting ? DidYouMean.Suggest(text, strings) : null);
        }

        var cost = others.Length == 0 ? 0 : 1 + (JsonMarshal.GetRawUtf8Value(value).Length / 32);
        foreach (var other in others)
        {
            if (other.ValueKind == value.ValueKind && run.Spend(cost) && JsonElement.DeepEquals(other, value))
            {
                return true;
            }
        }

        return run.Fail(this, $"{run.Subject} must be {Wanted()}{run.Was(value)}");
    }

    string Wanted()
    {
        var shown = Values.Take(10).Select(v => v.ValueKind == JsonValueKind.String ? $"`{v.GetString()}`" : JsonWords.Shorten(v.GetRawText(), 60));
        return Values.Count == 1 ? shown.First() : $"one of {string.Join(", ", shown)}{(Values.Count > 10 ? ", …" : "")}";
    }
}

/// <summary><c>minimum</c>, <c>maximum</c>, <c>exclusiveMinimum</c>, <c>exclusiveMaximum</c>.</summary>
sealed record BoundKeyword(string Name, string Path, ExactNumber Bound, JsonElement Written) : Keyword(Name, Path)
{
    readonly long? whole = Written.TryGetInt64(out var whole) ? whole : null;

    /// <summary>The sign that the comparison of value and bound may not have.</summary>
    int Forbidden => Name is "minimum" or "exclusiveMinimum" ? -1 : 1;

    bool Exclusive => Name.StartsWith("exclusive", StringComparison.Ordinal);

    public bool IsLower => Forbidden < 0;

    public bool IsExclusive => Exclusive;

    public override bool Check(JsonElement value, Evaluation run, Evaluated? evaluated)
    {
        if (value.ValueKind != JsonValueKind.Number)
        {
            return true;
        }

        int sign;
        if (whole is { } bound && value.TryGetInt64(out var number))
        {
            sign = number.CompareTo(bound);
        }
        else if (ExactNumber.TryParse(value, out var exact))
        {
            sign = exact.CompareTo(Bound);
        }
        else
        {
            return run.Fail(this, $"{run.Subject} has too many digits");
        }

        return (Exclusive ? sign * Forbidden < 0 : sign * Forbidden <= 0)
            || run.Fail(this, $"{run.Subject} must be {Words} {Written.GetRawText()}{run.Was(value)}");
    }

    string Words => Name switch
    {
        "minimum" => "at least",
        "maximum" => "at most",
        "exclusiveMinimum" => "greater than",
        _ => "less than",
    };
}

/// <summary><c>multipleOf</c>, exact for decimal fractions.</summary>
sealed record MultipleOfKeyword(string Path, ExactNumber Divisor, JsonElement Written) : Keyword("multipleOf", Path)
{
    public override bool Check(JsonElement value, Evaluation run, Evaluated? evaluated) =>
        value.ValueKind != JsonValueKind.Number
        || (ExactNumber.TryParse(value, out var number) && number.IsMultipleOf(Divisor))
        || run.Fail(this, $"{run.Subject} must be a multiple of {Written.GetRawText()}{run.Was(value)}");
}

/// <summary><c>minLength</c> and <c>maxLength</c>, in code points.</summary>
sealed record LengthKeyword(string Name, string Path, long Limit) : Keyword(Name, Path)
{
    public override bool Check(JsonElement value, Evaluation run, Evaluated? evaluated)
    {
        if (value.ValueKind != JsonValueKind.String)
        {
            return true;
        }

        var length = CodePoints(value);
        return Name == "minLength"
            ? length >= Limit || run.Fail(this, $"{run.Subject} must have at least {Limit} {Characters}, it has {length}")
            : length <= Limit || run.Fail(this, $"{run.Subject} must have at most {Limit} {Characters}, it has {length}");
    }

    string Characters => Limit == 1 ? "character" : "characters";

    static int CodePoints(JsonElement value)
    {
        var text = value.GetString()!;
        var count = text.Length;
        foreach (var c in text)
        {
            count -= char.IsLowSurrogate(c) ? 1 : 0;
        }

        return count;
    }
}

/// <summary><c>pattern</c>.</summary>
sealed record PatternKeyword(string Path, Pattern Pattern) : Keyword("pattern", Path)
{
    public override bool Check(JsonElement value, Evaluation run, Evaluated? evaluated)
    {
        if (value.ValueKind != JsonValueKind.String)
        {
            return true;
        }

        var text = value.GetString()!;
        return run.Spend(Pattern.Cost(text))
            && (Pattern.IsMatch(text) || run.Fail(this, $"{run.Subject} must match the pattern `{Pattern.Source}`{run.Was(value)}"));
    }
}

/// <summary><c>format</c>, where it is asserted.</summary>
sealed record FormatKeyword(string Path, Format Format) : Keyword("format", Path)
{
    public override bool Check(JsonElement value, Evaluation run, Evaluated? evaluated) =>
        value.ValueKind != JsonValueKind.String
        || Format.IsMatch(value.GetString()!)
        || run.Fail(this, $"{run.Subject} must be {Format.Description}{run.Was(value)}", Format.Example);
}
