using System.Text.Json;

namespace Anumate.Schemas.Keywords;

/// <summary><c>allOf</c>.</summary>
sealed record AllOfKeyword(string Path, IReadOnlyList<SchemaNode> Schemas) : Keyword("allOf", Path)
{
    public override IEnumerable<SchemaNode> InPlace => Schemas;

    public override bool Check(JsonElement value, Evaluation run, Evaluated? evaluated)
    {
        var valid = true;
        foreach (var schema in Schemas)
        {
            valid &= run.Apply(schema, value, evaluated);
            if (!valid && !run.Collecting)
            {
                return false;
            }
        }

        return valid;
    }
}

/// <summary><c>anyOf</c> and <c>oneOf</c>.</summary>
sealed record AlternativesKeyword(string Name, string Path, IReadOnlyList<SchemaNode> Schemas) : Keyword(Name, Path)
{
    readonly bool one = Name == "oneOf";

    public override IEnumerable<SchemaNode> InPlace => Schemas;

    public override bool Check(JsonElement value, Evaluation run, Evaluated? evaluated)
    {
        var matches = 0;
        foreach (var schema in Schemas)
        {
            if (!run.Test(schema, value, evaluated))
            {
                continue;
            }

            matches++;
            if (one ? matches > 1 : evaluated is null)
            {
                break;
            }
        }

        return matches switch
        {
            0 => !run.Collecting ? false : Explain(value, run),
            > 1 when one => run.Fail(this, $"{run.Subject} must match exactly one of {Schemas.Count} forms, it matches more"),
            _ => true,
        };
    }

    /// <summary>
    /// When only one alternative is of the value's kind, its errors say more than «none of these»; so they do when all the others fail by a
    /// constant, which is how tagged unions are written.
    /// </summary>
    bool Explain(JsonElement value, Evaluation run)
    {
        var place = run.Pointer();
        List<SchemaError>? likely = null;
        var candidates = 0;
        var reasons = new List<string>();
        foreach (var schema in Schemas)
        {
            var (_, errors) = run.Try(schema, value, null);
            if (!errors.Exists(e => RulesOut(e, place)))
            {
                candidates++;
                likely = errors;
            }

            if (errors.Count > 0 && reasons.Count < 5 && !reasons.Contains(errors[0].Message))
            {
                reasons.Add(errors[0].Message);
            }
        }

        if (candidates == 1 && likely is { Count: > 0 })
        {
            run.Add(likely);
            return false;
        }

        return run.Fail(this, $"{run.Subject} matches none of {Schemas.Count} forms: {string.Join("; or ", reasons)}");
    }

    static bool RulesOut(SchemaError error, string place) =>
        error.Keyword == "type" ? error.InstancePath == place
        : error.Keyword is "const" or "enum" && error.InstancePath.LastIndexOf('/') <= place.Length;
}

/// <summary><c>not</c>.</summary>
sealed record NotKeyword(string Path, SchemaNode Schema) : Keyword("not", Path)
{
    public override IEnumerable<SchemaNode> InPlace => [Schema];

    public override bool Check(JsonElement value, Evaluation run, Evaluated? evaluated) =>
        !run.Test(Schema, value, null) || run.Fail(this, $"{run.Subject} has a form that is not allowed{run.Was(value)}");
}

/// <summary><c>if</c>, <c>then</c>, <c>else</c>.</summary>
sealed record IfKeyword(string Path, SchemaNode If, SchemaNode? Then, SchemaNode? Else) : Keyword("if", Path)
{
    public override IEnumerable<SchemaNode> InPlace => new[] { If, Then, Else }.OfType<SchemaNode>();

    public override bool Check(JsonElement value, Evaluation run, Evaluated? evaluated)
    {
        var branch = run.Test(If, value, evaluated) ? Then : Else;
        return branch is null || run.Apply(branch, value, evaluated);
    }
}

/// <summary><c>$ref</c>.</summary>
sealed record RefKeyword(string Path, SchemaNode Target) : Keyword("$ref", Path)
{
    public override IEnumerable<SchemaNode> InPlace => [Target];

    public override bool Check(JsonElement value, Evaluation run, Evaluated? evaluated) => run.Apply(Target, value, evaluated);
}

/// <summary>
/// <c>$dynamicRef</c> to a dynamic anchor: the outermost resource on the way here that has the anchor decides (2020-12 core section
/// 8.2.3.2).
/// </summary>
sealed record DynamicRefKeyword(string Path, string Anchor, SchemaNode Target, IReadOnlyList<Resource> Resources)
    : Keyword("$dynamicRef", Path)
{
    /// <summary>Every schema it may lead to.</summary>
    public IEnumerable<SchemaNode> Targets =>
        Resources.Select(r => r.DynamicTargets.GetValueOrDefault(Anchor)).OfType<SchemaNode>().Append(Target).Distinct();

    public override bool Check(JsonElement value, Evaluation run, Evaluated? evaluated)
    {
        foreach (var resource in run.Scope)
        {
            if (resource.DynamicTargets.TryGetValue(Anchor, out var target))
            {
                return run.Apply(target, value, evaluated);
            }
        }

        return run.Apply(Target, value, evaluated);
    }
}
