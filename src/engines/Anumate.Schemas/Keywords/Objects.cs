using System.Collections.Frozen;
using System.Text.Json;
using Anumate.Schemas.Patterns;

namespace Anumate.Schemas.Keywords;

/// <summary><c>properties</c>, <c>patternProperties</c> and <c>additionalProperties</c>, in one walk over the members.</summary>
sealed record MembersKeyword(
    string Path,
    FrozenDictionary<string, SchemaNode> Properties,
    IReadOnlyList<string> Order,
    IReadOnlyList<(Pattern Pattern, SchemaNode Schema)> Patterns,
    SchemaNode? Additional) : Keyword("additionalProperties", Path)
{
    public override IEnumerable<(string Token, SchemaNode Schema)> Below
    {
        get
        {
            var declared = Order.Select(name => (name, Properties[name])).Concat(Patterns.Select(p => ("*", p.Schema)));
            return Additional is null ? declared : declared.Append(("*", Additional));
        }
    }

    public override bool Check(JsonElement value, Evaluation run, Evaluated? evaluated)
    {
        if (value.ValueKind != JsonValueKind.Object)
        {
            return true;
        }

        var valid = true;
        foreach (var member in value.EnumerateObject())
        {
            var name = member.Name;
            var declared = false;
            if (Properties.TryGetValue(name, out var schema))
            {
                declared = true;
                valid &= run.Apply(schema, name, member.Value);
            }

            foreach (var (pattern, under) in Patterns)
            {
                if (run.Spend(pattern.Cost(name)) && pattern.IsMatch(name))
                {
                    declared = true;
                    valid &= run.Apply(under, name, member.Value);
                }
            }

            if (!declared && Additional is not null)
            {
                valid &= Additional.Always == false ? Refuse(name, run) : run.Apply(Additional, name, member.Value);
            }

            if (declared || Additional is not null)
            {
                evaluated?.Add(name);
            }

            if (!valid && !run.Collecting)
            {
                return false;
            }
        }

        return valid;
    }

    bool Refuse(string name, Evaluation run) =>
        run.Fail(this, $"{run.Name(name)} is not known here", run.Collecting ? Unknown.Suggest(name, Order) : null, name);
}

/// <summary>The names of an object's members: asked one by one when few are asked for, as a set when many are.</summary>
readonly struct MemberNames
{
    const int Few = 16;

    readonly JsonElement value;
    readonly HashSet<string>? names;

    public MemberNames(JsonElement value, int questions)
    {
        this.value = value;
        if (questions > Few && value.GetPropertyCount() > Few)
        {
            names = new HashSet<string>(value.EnumerateObject().Select(m => m.Name), StringComparer.Ordinal);
        }
    }

    public bool Contains(string name) => names?.Contains(name) ?? value.TryGetProperty(name, out _);
}

/// <summary>What to say about a member nobody declared.</summary>
static class Unknown
{
    public static string Suggest(string name, IReadOnlyCollection<string> known) =>
        DidYouMean.Suggest(name, known)
        ?? (known.Count is > 0 and <= 12 ? $"remove it; known here: {string.Join(", ", known)}" : "remove it");
}

/// <summary><c>required</c>.</summary>
sealed record RequiredKeyword(string Path, IReadOnlyList<string> Names) : Keyword("required", Path)
{
    public override bool Check(JsonElement value, Evaluation run, Evaluated? evaluated)
    {
        if (value.ValueKind != JsonValueKind.Object)
        {
            return true;
        }

        var valid = run.Spend(Names.Count);
        var members = new MemberNames(value, Names.Count);
        foreach (var name in Names)
        {
            if (!members.Contains(name))
            {
                valid = run.Fail(this, $"{run.Name(name)} is required", run.Collecting ? $"add the key `{name}`" : null);
                if (!run.Collecting)
                {
                    return false;
                }
            }
        }

        return valid;
    }
}

/// <summary><c>dependentRequired</c>.</summary>
sealed record DependentRequiredKeyword(string Path, IReadOnlyList<(string Name, IReadOnlyList<string> Needs)> Dependencies)
    : Keyword("dependentRequired", Path)
{
    readonly int count = Dependencies.Sum(d => d.Needs.Count + 1);

    public override bool Check(JsonElement value, Evaluation run, Evaluated? evaluated)
    {
        if (value.ValueKind != JsonValueKind.Object)
        {
            return true;
        }

        var valid = run.Spend(Dependencies.Count);
        var members = new MemberNames(value, count);
        foreach (var (name, needs) in Dependencies)
        {
            if (!members.Contains(name))
            {
                continue;
            }

            foreach (var need in needs)
            {
                if (!members.Contains(need))
                {
                    valid = run.Fail(this, $"{run.Name(need)} is required because {run.Name(name)} is given");
                }
            }
        }

        return valid;
    }
}

/// <summary><c>dependentSchemas</c>.</summary>
sealed record DependentSchemasKeyword(string Path, IReadOnlyList<(string Name, SchemaNode Schema)> Dependencies)
    : Keyword("dependentSchemas", Path)
{
    public override IEnumerable<SchemaNode> InPlace => Dependencies.Select(d => d.Schema);

    public override bool Check(JsonElement value, Evaluation run, Evaluated? evaluated)
    {
        if (value.ValueKind != JsonValueKind.Object)
        {
            return true;
        }

        var valid = run.Spend(Dependencies.Count);
        var members = new MemberNames(value, Dependencies.Count);
        foreach (var (name, schema) in Dependencies)
        {
            if (members.Contains(name))
            {
                valid &= run.Apply(schema, value, evaluated);
            }
        }

        return valid;
    }
}

/// <summary><c>propertyNames</c>.</summary>
sealed record PropertyNamesKeyword(string Path, SchemaNode Schema) : Keyword("propertyNames", Path)
{
    public override bool Check(JsonElement value, Evaluation run, Evaluated? evaluated)
    {
        if (value.ValueKind != JsonValueKind.Object)
        {
            return true;
        }

        var valid = true;
        foreach (var member in value.EnumerateObject())
        {
            if (!run.TestName(Schema, member.Name, out var why))
            {
                valid = run.Fail(this, $"the key {run.Name(member.Name)} is not allowed here{why}", null, member.Name);
                if (!run.Collecting)
                {
                    return false;
                }
            }
        }

        return valid;
    }
}

/// <summary><c>unevaluatedProperties</c>.</summary>
sealed record UnevaluatedPropertiesKeyword(string Path, SchemaNode Schema) : Keyword("unevaluatedProperties", Path)
{
    public override IEnumerable<(string Token, SchemaNode Schema)> Below => [("*", Schema)];

    public override bool Check(JsonElement value, Evaluation run, Evaluated? evaluated)
    {
        if (value.ValueKind != JsonValueKind.Object)
        {
            return true;
        }

        var valid = true;
        foreach (var member in value.EnumerateObject())
        {
            var name = member.Name;
            if (evaluated!.Has(name))
            {
                continue;
            }

            valid &= Schema.Always == false
                ? run.Fail(this, $"{run.Name(name)} is not known here", "remove it", name)
                : run.Apply(Schema, name, member.Value);
            if (!valid && !run.Collecting)
            {
                return false;
            }
        }

        evaluated!.AllNames();
        return valid;
    }
}
