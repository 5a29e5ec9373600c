using System.Runtime.InteropServices;
using System.Text.Json;
using Anumate.Schemas.Values;

namespace Anumate.Schemas.Keywords;

/// <summary><c>minItems</c>, <c>maxItems</c>, <c>minProperties</c>, <c>maxProperties</c>.</summary>
sealed record CountKeyword(string Name, string Path, long Limit) : Keyword(Name, Path)
{
    readonly bool minimum = Name.StartsWith("min", StringComparison.Ordinal);
    readonly bool items = Name.EndsWith("Items", StringComparison.Ordinal);

    public override bool Check(JsonElement value, Evaluation run, Evaluated? evaluated)
    {
        if (value.ValueKind != (items ? JsonValueKind.Array : JsonValueKind.Object))
        {
            return true;
        }

        var count = items ? value.GetArrayLength() : value.GetPropertyCount();
        return (minimum ? count >= Limit : count <= Limit)
            || run.Fail(this, $"{run.Subject} must have {(minimum ? "at least" : "at most")} {Limit} {Things}, it has {count}");
    }

    string Things => (items, Limit == 1) switch
    {
        (true, true) => "item",
        (true, false) => "items",
        (false, true) => "member",
        (false, false) => "members",
    };
}

/// <summary><c>uniqueItems</c>.</summary>
sealed record UniqueItemsKeyword(string Path) : Keyword("uniqueItems", Path)
{
    public override bool Check(JsonElement value, Evaluation run, Evaluated? evaluated)
    {
        if (value.ValueKind != JsonValueKind.Array || value.GetArrayLength() < 2)
        {
            return true;
        }

        var seen = new Dictionary<string, int>(StringComparer.Ordinal);
        var index = 0;
        foreach (var item in value.EnumerateArray())
        {
            if (!run.Spend(1 + (JsonMarshal.GetRawUtf8Value(item).Length / 32)))
            {
                return false;
            }

            var text = CanonicalText.Of(item);
            if (!seen.TryAdd(text, index))
            {
                return run.Fail(this, $"{run.Subject} must have no two equal items, items {seen[text]} and {index} are equal");
            }

            index++;
        }

        return true;
    }
}

/// <summary><c>prefixItems</c> and <c>items</c>.</summary>
sealed record ItemsKeyword(string Path, IReadOnlyList<SchemaNode> Prefix, SchemaNode? Rest) : Keyword("items", Path)
{
    public override IEnumerable<(string Token, SchemaNode Schema)> Below
    {
        get
        {
            var prefix = Prefix.Select((schema, index) => (index.ToString(), schema));
            return Rest is null ? prefix : prefix.Append(("*", Rest));
        }
    }

    public override bool Check(JsonElement value, Evaluation run, Evaluated? evaluated)
    {
        if (value.ValueKind != JsonValueKind.Array)
        {
            return true;
        }

        var index = 0;
        var valid = true;
        foreach (var item in value.EnumerateArray())
        {
            var schema = index < Prefix.Count ? Prefix[index] : Rest;
            if (schema is null)
            {
                break;
            }

            if (!run.Apply(schema, index++, item))
            {
                valid = false;
                if (!run.Collecting)
                {
                    return false;
                }
            }
        }

        if (Rest is not null)
        {
            evaluated?.AllItems();
        }
        else
        {
            evaluated?.Prefix(index);
        }

        return valid;
    }
}

/// <summary><c>contains</c> with <c>minContains</c> and <c>maxContains</c>.</summary>
sealed record ContainsKeyword(string Path, SchemaNode Schema, long Min, long? Max) : Keyword("contains", Path)
{
    public override IEnumerable<(string Token, SchemaNode Schema)> Below => [("*", Schema)];

    public override bool Check(JsonElement value, Evaluation run, Evaluated? evaluated)
    {
        if (value.ValueKind != JsonValueKind.Array)
        {
            return true;
        }

        var index = 0;
        var count = 0;
        foreach (var item in value.EnumerateArray())
        {
            if (run.Test(Schema, item, null))
            {
                count++;
                evaluated?.Add(index);
            }

            index++;
        }

        return count < Min ? run.Fail(this, $"{run.Subject} must hold at least {Min} matching {(Min == 1 ? "item" : "items")}, it holds {count}")
            : !(count > Max) || run.Fail(this, $"{run.Subject} must hold at most {Max} matching {(Max == 1 ? "item" : "items")}, it holds {count}");
    }
}

/// <summary><c>unevaluatedItems</c>.</summary>
sealed record UnevaluatedItemsKeyword(string Path, SchemaNode Schema) : Keyword("unevaluatedItems", Path)
{
    public override IEnumerable<(string Token, SchemaNode Schema)> Below => [("*", Schema)];

    public override bool Check(JsonElement value, Evaluation run, Evaluated? evaluated)
    {
        if (value.ValueKind != JsonValueKind.Array)
        {
            return true;
        }

        var index = 0;
        var valid = true;
        foreach (var item in value.EnumerateArray())
        {
            if (!evaluated!.Has(index) && !run.Apply(Schema, index, item))
            {
                valid = false;
                if (!run.Collecting)
                {
                    return false;
                }
            }

            index++;
        }

        evaluated!.AllItems();
        return valid;
    }
}
