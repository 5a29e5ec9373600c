namespace Anumate.Cel;

sealed partial class Emitter
{
    /// <summary>What a loop does at each turn, and with which slots.</summary>
    sealed record Body(Code? Test, Code? Result, int Slot, int ValueSlot, long Cost, Position At);

    /// <summary>What a loop runs over: the elements of a list, or the keys of a map.</summary>
    readonly record struct Range(CelValue[] Items, MapPayload? Map);

    delegate CelValue Turns(ref Frame frame, Body body, Range range);

    Part OfLoop(Loop node)
    {
        var source = Of(node.Range).Code;
        var (test, result) = (node.Test is null ? null : Of(node.Test).Code, node.Result is null ? null : Of(node.Result).Code);
        var at = findings.PositionOf(node.At);
        var cost = 1 + (node.Test is null ? 0 : Costs.Straight(node.Test)) + (node.Result is null ? 0 : Costs.Straight(node.Result));
        var body = new Body(test, result, node.Slot, node.ValueSlot, cost, at);
        Turns turns = node.Kind switch
        {
            LoopKind.All => All,
            LoopKind.Exists => Exists,
            LoopKind.ExistsOne => ExistsOne,
            LoopKind.Filter => Filter,
            LoopKind.MapValues => MapValues,
            LoopKind.MapEntries => MapEntries,
            _ => Map,
        };
        return new((ref frame) =>
        {
            var value = source(ref frame);
            if (value.As<ListPayload>() is { } list)
            {
                return turns(ref frame, body, new(list.Items, null));
            }

            return value.As<MapPayload>() is { } map ? turns(ref frame, body, new(map.Keys, map))
                : value.IsError ? value
                : Place(ref frame, CelValue.Fail(CelErrors.NoSuchOverload, $"{Operators.Kind(value)} has no elements"), at);
        }, default);
    }

    Part OfLet(Let node)
    {
        var (bound, body, slot) = (Of(node.Value).Code, Of(node.Body).Code, node.Slot);
        return new((ref frame) =>
        {
            var value = bound(ref frame);
            if (value.IsError)
            {
                return value;
            }

            frame.Locals[slot] = value;
            return body(ref frame);
        }, default);
    }

    /// <summary>
    /// Takes one turn: puts the variables into their slots and evaluates the condition, true where there is none. What is no bool is
    /// an error; an element that is an error (data of the wrong type) is that error.
    /// </summary>
    static CelValue Turn(ref Frame frame, Body body, Range range, int turn)
    {
        if (!frame.Charge(body.Cost))
        {
            return Frame.Exhausted();
        }

        var item = range.Items[turn];
        if (body.ValueSlot != Loop.None)
        {
            var value = item;
            range.Map?.TryGet(item, out value);
            if (value.IsError)
            {
                return Place(ref frame, value, body.At);
            }

            frame.Locals[body.ValueSlot] = value;
            item = range.Map is null ? CelValue.Of((long)turn) : item;
        }

        if (item.IsError)
        {
            return Place(ref frame, item, body.At);
        }

        frame.Locals[body.Slot] = item;
        if (body.Test is null)
        {
            return CelValue.True;
        }

        var result = body.Test(ref frame);
        return result.IsBool ? result : NotBool(ref frame, result, "a condition", body.At);
    }

    /// <summary>False wins over errors, as in <c>&amp;&amp;</c>.</summary>
    static CelValue All(ref Frame frame, Body body, Range range) => Search(ref frame, body, range, CelValue.False, CelValue.True);

    /// <summary>True wins over errors, as in <c>||</c>.</summary>
    static CelValue Exists(ref Frame frame, Body body, Range range) => Search(ref frame, body, range, CelValue.True, CelValue.False);

    static CelValue Search(ref Frame frame, Body body, Range range, CelValue wanted, CelValue otherwise)
    {
        CelValue error = default;
        for (var i = 0; i < range.Items.Length; i++)
        {
            var value = Turn(ref frame, body, range, i);
            if (frame.IsExhausted)
            {
                return Frame.Exhausted();
            }

            if (value.IsBool && value.Bits == wanted.Bits)
            {
                return value;
            }

            if (!value.IsBool && error.IsUnbound)
            {
                error = value;
            }
        }

        return error.IsUnbound ? otherwise : error;
    }

    /// <summary>Here an error is never absorbed: the count would not be certain.</summary>
    static CelValue ExistsOne(ref Frame frame, Body body, Range range)
    {
        var count = 0;
        for (var i = 0; i < range.Items.Length; i++)
        {
            var value = Turn(ref frame, body, range, i);
            if (!value.IsBool)
            {
                return value;
            }

            count += value.IsTrue ? 1 : 0;
        }

        return CelValue.Of(count == 1);
    }

    static CelValue Filter(ref Frame frame, Body body, Range range)
    {
        var kept = new List<CelValue>();
        for (var i = 0; i < range.Items.Length; i++)
        {
            var value = Turn(ref frame, body, range, i);
            if (!value.IsBool)
            {
                return value;
            }

            if (value.IsTrue)
            {
                kept.Add(range.Items[i]);
            }
        }

        return new(new ArrayPayload([.. kept]));
    }

    static CelValue Map(ref Frame frame, Body body, Range range)
    {
        var made = new List<CelValue>(body.Test is null ? range.Items.Length : 0);
        for (var i = 0; i < range.Items.Length; i++)
        {
            var wanted = Turn(ref frame, body, range, i);
            var value = wanted.IsTrue ? body.Result!(ref frame) : wanted;
            if (value.IsError)
            {
                return value;
            }

            if (wanted.IsTrue)
            {
                made.Add(value);
            }
        }

        return new(new ArrayPayload([.. made]));
    }

    static CelValue MapValues(ref Frame frame, Body body, Range range)
    {
        var keys = new List<CelValue>();
        var entries = new Dictionary<CelValue, CelValue>();
        for (var i = 0; i < range.Items.Length; i++)
        {
            var wanted = Turn(ref frame, body, range, i);
            var value = wanted.IsTrue ? body.Result!(ref frame) : wanted;
            if (value.IsError)
            {
                return value;
            }

            var key = range.Map is null ? CelValue.Of((long)i) : range.Items[i];
            if (wanted.IsTrue)
            {
                keys.Add(key);
                entries[key] = value;
            }
        }

        return new(new EntriesPayload([.. keys], entries));
    }

    static CelValue MapEntries(ref Frame frame, Body body, Range range)
    {
        var keys = new List<CelValue>();
        var entries = new Dictionary<CelValue, CelValue>();
        for (var i = 0; i < range.Items.Length; i++)
        {
            var wanted = Turn(ref frame, body, range, i);
            if (wanted.IsFalse)
            {
                continue;
            }

            var value = wanted.IsTrue ? body.Result!(ref frame) : wanted;
            if (value.IsError)
            {
                return value;
            }

            if (value.As<MapPayload>() is not { } made || !frame.Charge(made.Count))
            {
                return frame.IsExhausted ? Frame.Exhausted() : Place(ref frame, Operators.NoOverload("transformMapEntry", value), body.At);
            }

            foreach (var key in made.Keys)
            {
                made.TryGet(key, out var entry);
                if (entry.IsError || !entries.TryAdd(key, entry))
                {
                    return entry.IsError ? entry : Place(ref frame, CelValue.Fail(CelErrors.DuplicateKey, "a key occurs twice"), body.At);
                }

                keys.Add(key);
            }
        }

        return new(new EntriesPayload([.. keys], entries));
    }
}
