using Anumate.Cel;

namespace Anumate.Engines.Tests.Cel;

/// <summary>
/// A second evaluator, written for being obviously right: it walks the checked tree, folds nothing, knows no shortcut, and shares with
/// the compiled one the functions of the library alone.
/// </summary>
sealed class PlainEvaluator(CelValue[] variables, int slots)
{
    readonly CelValue[] locals = new CelValue[slots];
    Frame frame = new(variables, [], 200_000);

    public static CelValue Evaluate(CelEnvironment environment, CelBindings bindings, string source, bool isChecked)
    {
        var findings = new Findings(source, default);
        var outcome = Checker.Check(Parser.Parse(source, findings)!, environment, findings, isChecked);
        return new PlainEvaluator(bindings.Values, outcome.Slots).Of(outcome.Root);
    }

    static CelValue Fault(string code) => CelValue.Of(new CelError(code, ""));

    static CelValue Fault() => Fault(CelErrors.NoSuchOverload);

    CelValue Of(Typed node) => node switch
    {
        Constant n => n.Value,
        Variable n => variables[n.Index].IsUnbound ? Fault(CelErrors.Unbound) : variables[n.Index],
        Local n => locals[n.Slot],
        FieldRead n => Each([n.Target], v => v[0].As<MapPayload>() is not { } map ? OfOptional(v[0], n.Field)
            : map.TryGet(n.Field, out var found) ? found : Fault(CelErrors.NoSuchField)),
        FieldTest n => Each([n.Target], v => v[0].As<MapPayload>() is { } map ? CelValue.Of(map.TryGet(n.Field, out _))
            : OfOptional(v[0], n.Field) is { IsError: false } held ? CelValue.Of(held.As<OptionalPayload>()!.HasValue) : Fault()),
        Invoke n => Each(n.Arguments, v => v switch
        {
            [var a] => n.Function.One!(ref frame, a),
            [var a, var b] => n.Function.Two!(ref frame, a, b),
            [var a, var b, var c] => n.Function.Three!(ref frame, a, b, c),
            _ => n.Function.Four!(ref frame, v[0], v[1], v[2], v[3]),
        }),
        TypedLogic n => Combine(n.Operands.Select(Of), !n.IsAnd),
        Choice n => Of(n.Condition) switch
        {
            { IsBool: true } test => Of(test.IsTrue ? n.Then : n.Otherwise),
            { IsError: true } error => error,
            _ => Fault(),
        },
        NewList n => OfList(n),
        NewMap n => OfMap(n),
        OrElse n => OfOrElse(n),
        OptionalMap n => OfOptionalMap(n),
        Let n => Of(n.Value) is var value && value.IsError ? value : With(n.Slot, value, n.Body),
        Loop n => OfLoop(n),
        Failing n => Fault(n.Code),
        _ => throw new InvalidOperationException(node.GetType().Name),
    };

    CelValue With(int slot, CelValue value, Typed body)
    {
        locals[slot] = value;
        return Of(body);
    }

    /// <summary>All arguments, from the left; the first error is the result.</summary>
    CelValue Each(Typed[] nodes, Func<CelValue[], CelValue> then)
    {
        var values = new List<CelValue>();
        foreach (var node in nodes)
        {
            values.Add(Of(node));
            if (values[^1].IsError)
            {
                return values[^1];
            }
        }

        return then([.. values]);
    }

    static CelValue OfOptional(CelValue value, string field) =>
        value.As<OptionalPayload>() is not { } held ? Fault()
        : !held.HasValue ? value
        : held.Value.As<MapPayload>() is not { } map ? OfOptional(held.Value, field)
        : map.TryGet(field, out var found) ? found.IsError ? found : OptionalPayload.Of(found)
        : new(OptionalPayload.None);

    static CelValue Combine(IEnumerable<CelValue> values, bool wins)
    {
        CelValue? error = null;
        foreach (var value in values)
        {
            if (value.IsBool && value.IsTrue == wins)
            {
                return value;
            }

            error ??= value.IsBool ? null : value.IsError ? value : Fault();
        }

        return error ?? CelValue.Of(!wins);
    }

    CelValue OfList(NewList node)
    {
        var items = new List<CelValue>();
        for (var i = 0; i < node.Items.Length; i++)
        {
            var value = Kept(Of(node.Items[i]), node.Optional?[i] is true);
            if (value.IsError && !value.IsUnbound)
            {
                return value;
            }

            items.AddRange(value.IsUnbound ? [] : [value]);
        }

        return CelValue.List(items);
    }

    /// <summary>What stays of an item or entry: unbound where it is optional and none.</summary>
    static CelValue Kept(CelValue value, bool isOptional) =>
        !isOptional || value.IsError ? value : value.As<OptionalPayload>() is { } held ? held.Value : Fault();

    CelValue OfMap(NewMap node)
    {
        var (keys, entries) = (new List<CelValue>(), new Dictionary<CelValue, CelValue>());
        for (var i = 0; i < node.Entries.Length; i++)
        {
            var key = Of(node.Entries[i].Key);
            if (key.Kind is not (CelKind.String or CelKind.Int or CelKind.Uint or CelKind.Bool))
            {
                return key.IsError ? key : Fault(CelErrors.InvalidArgument);
            }

            var value = Kept(Of(node.Entries[i].Value), node.Optional?[i] is true);
            if (value.IsError && !value.IsUnbound)
            {
                return value;
            }

            if (!value.IsUnbound && !entries.TryAdd(key, value))
            {
                return Fault(CelErrors.DuplicateKey);
            }

            keys.AddRange(value.IsUnbound ? [] : [key]);
        }

        return new(new EntriesPayload([.. keys], entries));
    }

    CelValue OfOrElse(OrElse node)
    {
        var first = Of(node.First);
        if (first.As<OptionalPayload>() is not { } held)
        {
            return first.IsError ? first : Fault();
        }

        if (held.HasValue)
        {
            return node.IsValue ? held.Value : first;
        }

        var other = Of(node.Otherwise);
        return node.IsValue || other.IsError || other.Kind is CelKind.Optional ? other : Fault();
    }

    CelValue OfOptionalMap(OptionalMap node)
    {
        var target = Of(node.Target);
        if (target.As<OptionalPayload>() is not { HasValue: true } held)
        {
            return target.IsError || target.Kind is CelKind.Optional ? target : Fault();
        }

        var made = With(node.Slot, held.Value, node.Body);
        return made.IsError ? made : !node.IsFlat ? OptionalPayload.Of(made) : made.Kind is CelKind.Optional ? made : Fault();
    }

    CelValue OfLoop(Loop node)
    {
        var range = Of(node.Range);
        var map = range.As<MapPayload>();
        if (range.IsError || (map is null && range.Kind is not CelKind.List))
        {
            return range.IsError ? range : Fault();
        }

        var items = map?.Keys ?? range.As<ListPayload>()!.Items;
        var turns = items.Select((item, i) => (Key: node.ValueSlot == Loop.None || map is not null ? item : CelValue.Of((long)i), Item: item, Test: Turn(node, map, item, i)));
        if (node.Kind is LoopKind.All or LoopKind.Exists)
        {
            return Combine(turns.Select(t => t.Test), node.Kind is LoopKind.Exists);
        }

        var (count, list, keys, entries) = (0, new List<CelValue>(), new List<CelValue>(), new Dictionary<CelValue, CelValue>());
        foreach (var (key, item, test) in turns)
        {
            if (!test.IsBool)
            {
                return test;
            }

            if (!test.IsTrue)
            {
                continue;
            }

            count++;
            var value = node.Result is null ? item : Of(node.Result);
            if (value.IsError)
            {
                return value;
            }

            list.Add(value);
            if (node.Kind is LoopKind.MapValues)
            {
                keys.Add(key);
                entries[key] = value;
            }

            foreach (var (name, entry) in node.Kind is LoopKind.MapEntries ? value.As<MapPayload>()?.AsEnumerable() ?? [new(default, default)] : [])
            {
                if (entry.IsError || !entries.TryAdd(name, entry))
                {
                    return name.IsUnbound ? Fault() : entry.IsError ? entry : Fault(CelErrors.DuplicateKey);
                }

                keys.Add(name);
            }
        }

        return node.Kind switch
        {
            LoopKind.ExistsOne => CelValue.Of(count == 1),
            LoopKind.MapValues or LoopKind.MapEntries => new(new EntriesPayload([.. keys], entries)),
            _ => CelValue.List(list),
        };
    }

    CelValue Turn(Loop node, MapPayload? map, CelValue item, int index)
    {
        var value = item;
        map?.TryGet(item, out value);
        if (node.ValueSlot != Loop.None)
        {
            if (value.IsError)
            {
                return value;
            }

            locals[node.ValueSlot] = value;
            item = map is null ? CelValue.Of((long)index) : item;
        }

        if (item.IsError)
        {
            return item;
        }

        locals[node.Slot] = item;
        return node.Test is null ? CelValue.True : Of(node.Test) is var test && (test.IsBool || test.IsError) ? test : Fault();
    }
}
