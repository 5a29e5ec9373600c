namespace Anumate.Cel;

sealed partial class Emitter
{
    Part OfOrElse(OrElse node)
    {
        var (first, otherwise) = (Of(node.First), Of(node.Otherwise));
        var (code, other, isValue, at) = (first.Code, otherwise.Code, node.IsValue, findings.PositionOf(node.At));
        return Fold(node.At, (ref frame) =>
        {
            var value = code(ref frame);
            if (value.As<OptionalPayload>() is not { } held)
            {
                return value.IsError ? value : Place(ref frame, Operators.NoOverload(isValue ? "orValue" : "or", value), at);
            }

            if (held.HasValue)
            {
                return isValue ? held.Value : value;
            }

            var instead = other(ref frame);
            return isValue || instead.IsError || instead.Kind is CelKind.Optional ? instead
                : Place(ref frame, Operators.NoOverload("or", value, instead), at);
        }, first, otherwise);
    }

    Part OfOptionalMap(OptionalMap node)
    {
        var (target, body, slot, isFlat) = (Of(node.Target).Code, Of(node.Body).Code, node.Slot, node.IsFlat);
        var at = findings.PositionOf(node.At);
        return new((ref frame) =>
        {
            var value = target(ref frame);
            if (value.As<OptionalPayload>() is not { HasValue: true } held)
            {
                return value.IsError || value.Kind is CelKind.Optional ? value
                    : Place(ref frame, Operators.NoOverload(isFlat ? "optFlatMap" : "optMap", value), at);
            }

            frame.Locals[slot] = held.Value;
            var made = body(ref frame);
            return made.IsError ? made
                : !isFlat ? OptionalPayload.Of(made)
                : made.Kind is CelKind.Optional ? made
                : Place(ref frame, Operators.NoOverload("optFlatMap", value, made), at);
        }, default);
    }

    /// <summary>A list some of whose items are optional.</summary>
    static CelValue MakeList(ref Frame frame, Code[] codes, bool[] optional, Position at)
    {
        var items = new List<CelValue>(codes.Length);
        for (var i = 0; i < codes.Length; i++)
        {
            var value = codes[i](ref frame);
            if (value.IsError)
            {
                return value;
            }

            if (!optional[i])
            {
                items.Add(value);
            }
            else if (value.As<OptionalPayload>() is not { } held)
            {
                return Place(ref frame, Operators.NoOverload("?", value), at);
            }
            else if (held.HasValue)
            {
                items.Add(held.Value);
            }
        }

        return new(new ArrayPayload([.. items]));
    }
}
