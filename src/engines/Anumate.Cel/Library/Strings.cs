namespace Anumate.Cel;

/// <summary>The functions on texts and sizes.</summary>
static class Strings
{
    public static CelValue Size(ref Frame frame, CelValue value)
    {
        switch (value.Kind)
        {
            case CelKind.String:
                return frame.Charge(value.StringOrNull!.Length / 16)
                    ? CelValue.Of((long)Texts.Size(value.StringOrNull))
                    : Frame.Exhausted();
            case CelKind.Bytes:
                return CelValue.Of((long)value.As<BytesPayload>()!.Value.Length);
            case CelKind.List:
                return CelValue.Of((long)value.As<ListPayload>()!.Count);
            case CelKind.Map:
                return CelValue.Of((long)value.As<MapPayload>()!.Count);
            default:
                return Operators.NoOverload("size", value);
        }
    }

    public static CelValue Contains(ref Frame frame, CelValue text, CelValue part) =>
        text.StringOrNull is { } s && part.StringOrNull is { } p
            ? frame.Charge((s.Length / 16) + (p.Length / 16)) ? CelValue.Of(s.Contains(p, StringComparison.Ordinal)) : Frame.Exhausted()
            : Operators.NoOverload("contains", text, part);

    public static CelValue StartsWith(ref Frame frame, CelValue text, CelValue part) =>
        text.StringOrNull is { } s && part.StringOrNull is { } p
            ? frame.Charge(p.Length / 16) ? CelValue.Of(s.StartsWith(p, StringComparison.Ordinal)) : Frame.Exhausted()
            : Operators.NoOverload("startsWith", text, part);

    public static CelValue EndsWith(ref Frame frame, CelValue text, CelValue part) =>
        text.StringOrNull is { } s && part.StringOrNull is { } p
            ? frame.Charge(p.Length / 16) ? CelValue.Of(s.EndsWith(p, StringComparison.Ordinal)) : Frame.Exhausted()
            : Operators.NoOverload("endsWith", text, part);
}
