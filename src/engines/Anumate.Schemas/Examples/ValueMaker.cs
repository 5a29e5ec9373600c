using System.Text.Json;
using Anumate.Schemas.Documents;
using Anumate.Schemas.Keywords;

namespace Anumate.Schemas.Examples;

/// <summary>
/// One attempt at a value: gather everything that must hold at a place, choose a case where the schema offers several, and build. The
/// caller validates; what this does not look at (<c>not</c>, interplay of cases) is met by trying again with other choices.
/// </summary>
sealed class ValueMaker(Schema schema, ulong seed, int attempt)
{
    const int MaxValues = 5_000;
    const int MaxDepth = 40;
    const int SparseDepth = 6;

    static readonly JsonTypes[] Types =
        [JsonTypes.String, JsonTypes.Object, JsonTypes.Array, JsonTypes.Integer, JsonTypes.Number, JsonTypes.Boolean, JsonTypes.Null];

    readonly Dice dice = new(seed ^ ((ulong)attempt * 0xD1B54A32D192ED03));
    readonly Dictionary<SchemaNode, Schema> alone = [];
    int made;

    /// <summary>Every third attempt leaves out what is optional; it is the surest way past contradictions.</summary>
    bool Sparse => attempt % 3 == 2;

    /// <summary>Whether the value would have been larger than an example should be.</summary>
    public bool TooLarge => made > MaxValues;

    public DocumentNode? Make() => Make([schema.Root], "", 0);

    DocumentNode? Make(IEnumerable<SchemaNode> nodes, string name, int depth)
    {
        if (++made > MaxValues || depth > MaxDepth)
        {
            return null;
        }

        var parts = new List<SchemaNode>();
        foreach (var node in nodes)
        {
            Gather(node, parts);
        }

        if (parts.Exists(p => p.Always == false))
        {
            return null;
        }

        return Given(parts) ?? TypeOf(parts) switch
        {
            JsonTypes.Object => Object(parts, depth),
            JsonTypes.Array => Array(parts, name, depth),
            JsonTypes.String => new ScalarMaker(dice, attempt).String(parts, name),
            JsonTypes.Number => new ScalarMaker(dice, attempt).Number(parts, integer: false),
            JsonTypes.Integer => new ScalarMaker(dice, attempt).Number(parts, integer: true),
            JsonTypes.Boolean => new BooleanNode(default, dice.Roll(2) == 0),
            JsonTypes.Null => new NullNode(default),
            _ => null,
        };
    }

    /// <summary>Everything that holds at once, with one case taken of each choice.</summary>
    void Gather(SchemaNode node, List<SchemaNode> parts)
    {
        if (parts.Contains(node) || parts.Count > 200)
        {
            return;
        }

        parts.Add(node);
        foreach (var keyword in node.Keywords)
        {
            IEnumerable<SchemaNode> also = keyword switch
            {
                AllOfKeyword or RefKeyword => keyword.InPlace,
                DynamicRefKeyword dynamic => [dynamic.Target],
                AlternativesKeyword { Schemas: var cases } => [attempt == 0 ? cases[0] : dice.Pick(cases)],
                IfKeyword { Then: { } then } condition when dice.Roll(2) == 0 => [condition.If, then],
                IfKeyword { Else: { } otherwise } => [otherwise],
                _ => [],
            };
            foreach (var next in also)
            {
                Gather(next, parts);
            }
        }
    }

    /// <summary>A value the schema itself names, if it satisfies all that holds here.</summary>
    DocumentNode? Given(List<SchemaNode> parts)
    {
        var sources = new[]
        {
            parts.SelectMany(p => p.OwnExamples).ToList(),
            parts.SelectMany(p => p.Examples).ToList(),
            parts.Select(p => p.Default).OfType<JsonElement>().ToList(),
            (parts.Select(p => p.Get<EnumKeyword>()?.Values).FirstOrDefault(v => v is not null) ?? []).Take(1000).ToList(),
        };
        foreach (var values in sources)
        {
            var start = dice.Roll(values.Count);
            for (var i = 0; i < values.Count; i++)
            {
                var value = values[(start + i) % values.Count];
                if (parts.TrueForAll(p => new Evaluation(Alone(p), collect: false, maxSteps: 20_000).Run(value)))
                {
                    return ElementNodes.From(value, []);
                }
            }
        }

        return null;
    }

    Schema Alone(SchemaNode part) => alone.TryGetValue(part, out var known) ? known : alone[part] = new Schema(part, schema.Dynamic);

    JsonTypes TypeOf(List<SchemaNode> parts)
    {
        var types = new SchemaView(parts).Types;
        if (types == JsonTypes.Any)
        {
            types = Implied(parts);
        }

        if ((types & JsonTypes.Number) != 0)
        {
            types &= ~JsonTypes.Integer;
        }

        // null is allowed for absence; a value says more.
        var choices = Enum.GetValues<JsonTypes>().Where(t => t is not (JsonTypes.None or JsonTypes.Any or JsonTypes.Null) && (types & t) != 0).ToList();
        return choices.Count > 0 ? dice.Pick(choices) : types & JsonTypes.Null;
    }

    /// <summary>Without <c>type</c> the keywords tell what is meant.</summary>
    JsonTypes Implied(List<SchemaNode> parts)
    {
        foreach (var keyword in parts.SelectMany(p => p.Keywords))
        {
            switch (keyword)
            {
                case MembersKeyword or RequiredKeyword or PropertyNamesKeyword or CountKeyword { Name: "minProperties" or "maxProperties" }:
                    return JsonTypes.Object;
                case ItemsKeyword or ContainsKeyword or UniqueItemsKeyword or CountKeyword:
                    return JsonTypes.Array;
                case BoundKeyword or MultipleOfKeyword:
                    return JsonTypes.Number;
            }
        }

        // Text says most; the other types are for schemas that exclude it.
        return attempt < Types.Length ? Types[attempt] : dice.Pick(Types);
    }

    ObjectNode? Object(List<SchemaNode> parts, int depth)
    {
        var members = parts.Select(p => p.Get<MembersKeyword>()).OfType<MembersKeyword>().ToList();
        var required = parts.SelectMany(p => p.Get<RequiredKeyword>()?.Names ?? []).ToHashSet(StringComparer.Ordinal);
        var limits = parts.SelectMany(p => p.Keywords).OfType<CountKeyword>().ToList();
        var least = limits.Where(l => l.Name == "minProperties").Select(l => l.Limit).DefaultIfEmpty(0).Max();
        var most = limits.Where(l => l.Name == "maxProperties").Select(l => l.Limit).DefaultIfEmpty(long.MaxValue).Min();

        var names = members.SelectMany(m => m.Order).Concat(required).Distinct().ToList();
        var result = new Dictionary<string, DocumentNode>(StringComparer.Ordinal);
        foreach (var name in names.OrderByDescending(required.Contains).ToList())
        {
            var wanted = required.Contains(name)
                || result.Count < least
                || (result.Count < most && !Sparse && depth < SparseDepth && (attempt == 0 || dice.Roll(4) > 0));
            if (!wanted || result.ContainsKey(name))
            {
                continue;
            }

            if (Make(For(name, parts), name, depth + 1) is { } value)
            {
                result[name] = value;
            }
            else if (required.Contains(name))
            {
                return null;
            }
        }

        Complete(parts, result, least, depth);
        return new ObjectNode(default, [.. names.Concat(result.Keys).Distinct().Where(result.ContainsKey).Select(n => new Member(n, default, result[n]))]);
    }

    /// <summary>What given members demand, and undeclared members up to the least number.</summary>
    void Complete(List<SchemaNode> parts, Dictionary<string, DocumentNode> result, long least, int depth)
    {
        foreach (var (name, needs) in parts.SelectMany(p => p.Get<DependentRequiredKeyword>()?.Dependencies ?? []))
        {
            foreach (var need in result.ContainsKey(name) ? needs : [])
            {
                if (!result.ContainsKey(need) && Make(For(need, parts), need, depth + 1) is { } value)
                {
                    result[need] = value;
                }
            }
        }

        for (var tries = 0; result.Count < least && tries < (2 * least) + 20 && made < MaxValues; tries++)
        {
            var name = NewName(parts, result.Count);
            if (!result.ContainsKey(name) && Make(For(name, parts), name, depth + 1) is { } value)
            {
                result[name] = value;
            }
        }
    }

    string NewName(List<SchemaNode> parts, int number)
    {
        var byPattern = parts.SelectMany(p => p.Get<MembersKeyword>()?.Patterns ?? []).ToList();
        if (byPattern.Count > 0 && dice.Roll(3) > 0)
        {
            return new ScalarMaker(dice, attempt).Matching(dice.Pick(byPattern).Pattern);
        }

        var names = parts.Select(p => p.Get<PropertyNamesKeyword>()?.Schema).OfType<SchemaNode>().ToList();
        return names.Count > 0 && Make(names, "", 0) is StringNode name ? name.Value : $"key_{number + 1}";
    }

    static IEnumerable<SchemaNode> For(string name, List<SchemaNode> parts)
    {
        var evaluated = false;
        foreach (var members in parts.Select(p => p.Get<MembersKeyword>()).OfType<MembersKeyword>())
        {
            var declared = members.Properties.TryGetValue(name, out var property);
            if (declared)
            {
                yield return property!;
            }

            foreach (var (pattern, under) in members.Patterns)
            {
                if (pattern.IsMatch(name))
                {
                    declared = true;
                    yield return under;
                }
            }

            if (!declared && members.Additional is not null)
            {
                yield return members.Additional;
            }

            evaluated |= declared || members.Additional is not null;
        }

        foreach (var rest in evaluated ? [] : parts.Select(p => p.Get<UnevaluatedPropertiesKeyword>()?.Schema).OfType<SchemaNode>())
        {
            yield return rest;
        }
    }

    ArrayNode? Array(List<SchemaNode> parts, string name, int depth)
    {
        var limits = parts.SelectMany(p => p.Keywords).OfType<CountKeyword>().ToList();
        var least = limits.Where(l => l.Name == "minItems").Select(l => l.Limit).DefaultIfEmpty(0).Max();
        var most = limits.Where(l => l.Name == "maxItems").Select(l => l.Limit).DefaultIfEmpty(long.MaxValue).Min();
        var kinds = parts.Select(p => p.Get<ItemsKeyword>()).OfType<ItemsKeyword>().ToList();
        var contains = parts.Select(p => p.Get<ContainsKeyword>()).OfType<ContainsKeyword>().ToList();
        var unique = parts.Exists(p => p.Get<UniqueItemsKeyword>() is not null);
        var prefix = kinds.Select(k => k.Prefix.Count).DefaultIfEmpty(0).Max();
        var wanted = contains.SelectMany(c => Enumerable.Repeat(c.Schema, (int)Math.Min(c.Min, MaxValues))).ToList();
        if (least > MaxValues)
        {
            return null;
        }

        var usual = Sparse || depth >= SparseDepth ? 0 : Math.Max(prefix, 1 + dice.Roll(2));
        var count = Math.Min(Math.Max(Math.Max(least, usual), wanted.Count + (wanted.Count > 0 ? prefix : 0)), most);
        var items = new List<DocumentNode>();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < count; i++)
        {
            var rules = kinds.Select(k => i < k.Prefix.Count ? k.Prefix[i] : k.Rest).OfType<SchemaNode>().ToList();
            var later = i - (int)(count - wanted.Count);
            var item = Item(later >= 0 ? [.. rules, wanted[later]] : rules, unique ? seen : null, name, depth + 1);
            if (item is null)
            {
                break;
            }

            items.Add(item);
        }

        return items.Count >= least ? new ArrayNode(default, items) : null;
    }

    DocumentNode? Item(List<SchemaNode> rules, HashSet<string>? seen, string name, int depth)
    {
        for (var tries = 0; tries < 20; tries++)
        {
            var item = Make(rules, name, depth);
            if (item is null || seen is null || seen.Add(Values.CanonicalText.Of(item.ToJsonElement())))
            {
                return item;
            }
        }

        return null;
    }
}
