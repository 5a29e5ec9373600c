namespace Anumate.Cel;

/// <summary>Optional values: reads that give none where something is absent, and what can be done with the outcome.</summary>
static class Optionals
{
    public const string Select = "_?._";
    public const string Index = "_[?_]";

    public static readonly Function[] All =
    [
        Standard.F(Select, two: Read, signatures: "_?._(dyn, string) -> optional(dyn)"),
        Standard.F(Index, two: Read, signatures:
        [
            "_[?_](list(A), int) -> optional(A)", "_[?_](map(A, B), A) -> optional(B)",
            "_[?_](optional(list(A)), int) -> optional(A)", "_[?_](optional(map(A, B)), A) -> optional(B)",
        ]),
        Standard.F("optional.of", one: Of, signatures: "optional.of(A) -> optional(A)"),
        Standard.F("optional.ofNonZeroValue", one: OfNonZero, signatures: "optional.ofNonZeroValue(A) -> optional(A)"),
        Standard.F("hasValue", one: HasValue, signatures: "optional(A).hasValue() -> bool"),
        Standard.F("value", one: Value, signatures: "optional(A).value() -> A"),
    ];

    static CelValue None => new(OptionalPayload.None);

    static CelValue Of(ref Frame frame, CelValue value) => OptionalPayload.Of(value);

    static CelValue OfNonZero(ref Frame frame, CelValue value) => IsZero(value) ? None : OptionalPayload.Of(value);

    static bool IsZero(CelValue value) => value.Kind switch
    {
        CelKind.Null => true,
        CelKind.Bool or CelKind.Int or CelKind.Uint or CelKind.Duration => value.Bits == 0,
        CelKind.Double => value.AsRawDouble == 0,
        CelKind.String => value.StringOrNull!.Length == 0,
        CelKind.Bytes => value.As<BytesPayload>()!.Value.Length == 0,
        CelKind.Timestamp => value.As<TimestampPayload>()!.Value.Equals(new CelTimestamp(0, 0)),
        CelKind.Money => value.AsMoney.Amount == 0,
        CelKind.List => value.As<ListPayload>()!.Count == 0,
        CelKind.Map => value.As<MapPayload>()!.Count == 0,
        CelKind.Optional => !value.As<OptionalPayload>()!.HasValue,
        _ => false,
    };

    static CelValue HasValue(ref Frame frame, CelValue value) =>
        value.As<OptionalPayload>() is { } held ? CelValue.Of(held.HasValue) : Operators.NoOverload("hasValue", value);

    static CelValue Value(ref Frame frame, CelValue value) =>
        value.As<OptionalPayload>() is not { } held ? Operators.NoOverload("value", value)
        : held.HasValue ? held.Value
        : CelValue.Fail(CelErrors.NoSuchField, "the optional has no value");

    /// <summary>A field or element as an optional; none of none.</summary>
    public static CelValue Read(ref Frame frame, CelValue container, CelValue key)
    {
        if (container.As<OptionalPayload>() is { } held)
        {
            return held.HasValue ? Read(ref frame, held.Value, key) : new(held);
        }

        if (container.As<MapPayload>() is { } map)
        {
            return !map.TryGet(key, out var value) ? None : value.IsError ? value : OptionalPayload.Of(value);
        }

        var found = Operators.At(ref frame, container, key);
        return found.Error is not { } error ? OptionalPayload.Of(found)
            : error.Code == CelErrors.NoSuchIndex ? None
            : found;
    }

    /// <summary>Reading a field of what is no map: of an optional it is an optional.</summary>
    public static CelValue Field(CelValue target, string field)
    {
        if (target.As<OptionalPayload>() is not { } held)
        {
            return Operators.NoFields(target, field);
        }

        if (!held.HasValue)
        {
            return target;
        }

        return held.Value.As<MapPayload>() is not { } map ? Field(held.Value, field)
            : !map.TryGet(field, out var found) ? None
            : found.IsError ? found
            : OptionalPayload.Of(found);
    }

    /// <summary><c>has(optional.field)</c>.</summary>
    public static CelValue Test(OptionalPayload target, string field) =>
        !target.HasValue ? CelValue.False
        : target.Value.As<MapPayload>() is { } map ? CelValue.Of(map.TryGet(field, out _))
        : target.Value.As<OptionalPayload>() is { } inner ? Test(inner, field)
        : Operators.NoFields(target.Value, field);
}
