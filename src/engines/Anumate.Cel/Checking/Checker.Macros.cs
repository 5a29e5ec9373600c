namespace Anumate.Cel;

sealed partial class Checker
{
    const string Bind = "cel.bind";

    /// <summary>A macro over a range: what it makes, with which numbers of arguments.</summary>
    readonly record struct Macro(LoopKind Kind, int Least, int Most)
    {
        public bool Takes(int arguments) => arguments >= Least && arguments <= Most;
    }

    static readonly Dictionary<string, Macro> Loops = new(StringComparer.Ordinal)
    {
        ["all"] = new(LoopKind.All, 2, 3),
        ["exists"] = new(LoopKind.Exists, 2, 3),
        ["exists_one"] = new(LoopKind.ExistsOne, 2, 3),
        ["existsOne"] = new(LoopKind.ExistsOne, 2, 3),
        ["map"] = new(LoopKind.Map, 2, 3),
        ["filter"] = new(LoopKind.Filter, 2, 2),
        ["transformList"] = new(LoopKind.Map, 3, 4),
        ["transformMap"] = new(LoopKind.MapValues, 3, 4),
        ["transformMapEntry"] = new(LoopKind.MapEntries, 3, 4),
    };

    public static IEnumerable<string> Macros => Loops.Keys.Concat(["has", Bind, "optMap", "optFlatMap"]);

    Typed VisitHas(Call node)
    {
        if (node.Arguments is not [Select { IsOptional: false } select])
        {
            Array.ForEach(node.Arguments, a => Visit(a));
            return Fail("cel.macro", node.At, "`has` takes one field: has(a.b)");
        }

        var target = Visit(select.Target);
        var test = Field(select.At, target, select.Field, isTest: true);
        references.Test(target, test, select.Field);
        return test;
    }

    /// <summary><c>map</c> and <c>filter</c> have one variable; <c>transform…</c> two; the others one or two.</summary>
    Typed VisitLoop(Call node, LoopKind kind)
    {
        var isPair = node.Function.StartsWith("transform", StringComparison.Ordinal) || (node.Arguments.Length == 3 && node.Function != "map");
        var range = Visit(node.Target!);
        var names = node.Arguments[..(isPair ? 2 : 1)];
        if (Array.Find(names, n => n is not Name { Rooted: false }) is { } wrong)
        {
            return Fail("cel.macro", wrong.At, $"`{node.Function}` begins with the {(isPair ? "names of two variables" : "name of a variable")}");
        }

        if (isPair && ((Name)names[0]).Text == ((Name)names[1]).Text)
        {
            return Fail("cel.macro", names[1].At, $"the two variables of `{node.Function}` need different names");
        }

        var (key, element) = ElementsOf(range, node, isPair);
        var outer = Array.ConvertAll(names, n => Declare((Name)n, n == names[0] ? key : element));
        var (test, result) = Parts(node, kind, node.Arguments[names.Length..]);
        Array.ForEach(outer, Restore);
        var type = kind switch
        {
            LoopKind.Map => CelType.List(result!.Type),
            LoopKind.MapValues => CelType.Map(key, result!.Type),
            LoopKind.MapEntries => EntriesOf(result!, node),
            LoopKind.Filter => CelType.List(key),
            _ => CelType.Bool,
        };
        return new Loop(node.At, type, kind, range, outer[0].Slot, isPair ? outer[1].Slot : Loop.None, test, result);
    }

    /// <summary>What follows the variables: a condition, a result, or both. What the condition shows is known in the result.</summary>
    (Typed? Test, Typed? Result) Parts(Call node, LoopKind kind, Node[] arguments)
    {
        if (kind is not (LoopKind.Map or LoopKind.MapValues or LoopKind.MapEntries))
        {
            return (Condition(arguments[0], node.Function), null);
        }

        if (arguments.Length == 1)
        {
            return (null, Visit(arguments[0]));
        }

        var test = Condition(arguments[0], node.Function);
        var facts = presence.Add(test, isTrue: true);
        var result = Visit(arguments[1]);
        presence.Remove(facts);
        return (test, result);
    }

    /// <summary>The result of <c>transformMapEntry</c> is a map, whose entries are collected.</summary>
    CelType EntriesOf(Typed result, Call node)
    {
        var type = Bare(result.Type);
        if (type.Kind is not (CelKind.Map or CelKind.Object or CelKind.Dyn or CelKind.Parameter) && result is not Failing)
        {
            Fail("cel.macro", node.At, $"the result of `{node.Function}` is a map of entries, not {Show(type)}");
        }

        return type.Kind is CelKind.Map or CelKind.Object ? type : CelType.Map(CelType.Dyn, CelType.Dyn);
    }

    readonly record struct Shadowed(string Name, int Slot, (int Slot, CelType Type)? Before);

    Shadowed Declare(Name name, CelType type)
    {
        var before = locals.TryGetValue(name.Text, out var known) ? known : ((int, CelType)?)null;
        var slot = nested++;
        slots = Math.Max(slots, nested);
        locals[name.Text] = (slot, type);
        return new(name.Text, slot, before);
    }

    void Restore(Shadowed variable)
    {
        nested--;
        if (variable.Before is { } before)
        {
            locals[variable.Name] = before;
        }
        else
        {
            locals.Remove(variable.Name);
        }
    }

    /// <summary>The types of what a macro runs over: a list's elements or a map's keys; in pairs, index and element or key and value.</summary>
    (CelType Key, CelType Element) ElementsOf(Typed range, Call node, bool isPair)
    {
        var type = Bare(range.Type);
        switch (type.Kind)
        {
            case CelKind.List:
                return isPair ? (CelType.Int, type.Element) : (type.Element, CelType.Dyn);
            case CelKind.Map:
                return (type.Key, type.Element);
            case CelKind.Object:
                return (type.Key, Unifier.ValuesOf(type));
            case CelKind.Parameter:
                types.Assign(type, CelType.Dyn);
                break;
            case CelKind.Dyn:
                break;
            default:
                if (range is not Failing)
                {
                    Fail("cel.macro", node.At, $"`{node.Function}` runs over a list or a map, not over {Show(type)}");
                }

                break;
        }

        return (CelType.Dyn, CelType.Dyn);
    }

    Typed VisitBind(Call node)
    {
        if (node.Arguments is not [Name { Rooted: false } name, var given, var inner])
        {
            return Fail("cel.macro", node.Arguments is [var first, _, _] ? first.At : node.At, "`cel.bind` takes the name of a variable, its value and where it holds");
        }

        var value = Visit(given);
        var declared = Declare(name, value.Type);
        var body = Visit(inner);
        Restore(declared);
        return new Let(node.At, declared.Slot, value, body);
    }

    /// <summary>The dotted name before a function such as <c>base64.encode</c>; null when it is a value.</summary>
    string? Namespace(Node node) => node switch
    {
        Name name when name.Rooted || !locals.ContainsKey(name.Text) => name.Text,
        Select { IsOptional: false } select => Namespace(select.Target) is { } prefix ? $"{prefix}.{select.Field}" : null,
        _ => null,
    };
}
