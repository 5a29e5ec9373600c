namespace Anumate.Cel;

sealed partial class Emitter
{
    Part OfLoop(Loop node)
    {
        var range = Of(node.Range);
        var (test, result) = (node.Test is null ? null : Of(node.Test).Code, node.Result is null ? null : Of(node.Result).Code);
        var at = findings.PositionOf(node.At);
        var turn = 1 + (node.Test is null ? 0 : Costs.Straight(node.Test)) + (node.Result is null ? 0 : Costs.Straight(node.Result));
        var source = range.Code;
        var slot = node.Slot;
        var body = new Body(test, result, slot, turn, at);
        Turns turns = node.Kind switch
        {
            LoopKind.All => All,
            LoopKind.Exists => Exists,
            LoopKind.ExistsOne => ExistsOne,
            LoopKind.Filter => Filter,
            _ => Map,
        };
        return new((ref frame) =>
        {
            var value = source(ref frame);
            var items = value.As<ListPayload>()?.Items ?? value.As<MapPayload>()?.Keys;
            return items is not null ? turns(ref frame, body, items)
                : value.IsError ? value
                : Place(CelValue.Fail(CelErrors.NoSuchOverload, $"{value.Kind.ToString().ToLowerInvariant()} has no elements"), at);
        }, default);
    }

    delegate CelValue Turns(ref Frame frame, Body body, CelValue[] items);

    sealed record Body(Code? Test, Code? Result, int Slot, long Cost, Position At);

    /// <summary>False wins over errors, as in <c>&amp;&amp;</c>.</summary>
    static CelValue All(ref Frame frame, Body body, CelValue[] items)
    {
        CelValue error = default;
        foreach (var item in items)
        {
            if (!frame.Charge(body.Cost))
            {
                return Frame.Exhausted();
            }

            var value = Tested(ref frame, body, item);
            if (value.IsFalse)
            {
                return value;
            }

            if (!value.IsTrue && error.IsUnbound)
            {
                error = NotBool(value, "all", body.At);
            }
        }

        return error.IsUnbound ? CelValue.True : error;
    }

    /// <summary>True wins over errors, as in <c>||</c>.</summary>
    static CelValue Exists(ref Frame frame, Body body, CelValue[] items)
    {
        CelValue error = default;
        foreach (var item in items)
        {
            if (!frame.Charge(body.Cost))
            {
                return Frame.Exhausted();
            }

            var value = Tested(ref frame, body, item);
            if (value.IsTrue)
            {
                return value;
            }

            if (!value.IsFalse && error.IsUnbound)
            {
                error = NotBool(value, "exists", body.At);
            }
        }

        return error.IsUnbound ? CelValue.False : error;
    }

    /// <summary>Here an error is never absorbed: the count would not be certain.</summary>
    static CelValue ExistsOne(ref Frame frame, Body body, CelValue[] items)
    {
        var count = 0;
        foreach (var item in items)
        {
            if (!frame.Charge(body.Cost))
            {
                return Frame.Exhausted();
            }

            var value = Tested(ref frame, body, item);
            if (!value.IsBool)
            {
                return NotBool(value, "exists_one", body.At);
            }

            count += value.IsTrue ? 1 : 0;
        }

        return CelValue.Of(count == 1);
    }

    static CelValue Filter(ref Frame frame, Body body, CelValue[] items)
    {
        var kept = new List<CelValue>();
        foreach (var item in items)
        {
            if (!frame.Charge(body.Cost))
            {
                return Frame.Exhausted();
            }

            var value = Tested(ref frame, body, item);
            if (!value.IsBool)
            {
                return NotBool(value, "filter", body.At);
            }

            if (value.IsTrue)
            {
                kept.Add(item);
            }
        }

        return new(new ArrayPayload([.. kept]));
    }

    static CelValue Map(ref Frame frame, Body body, CelValue[] items)
    {
        var made = new List<CelValue>(body.Test is null ? items.Length : 0);
        foreach (var item in items)
        {
            if (!frame.Charge(body.Cost))
            {
                return Frame.Exhausted();
            }

            var wanted = Tested(ref frame, body, item);
            if (!wanted.IsBool)
            {
                return NotBool(wanted, "map", body.At);
            }

            if (wanted.IsFalse)
            {
                continue;
            }

            var value = body.Result!(ref frame);
            if (value.IsError)
            {
                return value;
            }

            made.Add(value);
        }

        return new(new ArrayPayload([.. made]));
    }

    /// <summary>Takes the next element and tests it; an element that is an error (data of the wrong type) is the outcome itself.</summary>
    static CelValue Tested(ref Frame frame, Body body, CelValue item)
    {
        if (item.IsError)
        {
            return Place(item, body.At);
        }

        frame.Locals[body.Slot] = item;
        return body.Test is null ? CelValue.True : body.Test(ref frame);
    }
}
