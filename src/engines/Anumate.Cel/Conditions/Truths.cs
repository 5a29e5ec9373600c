namespace Anumate.Cel;

/// <summary>What compiled conditions are made of: each test is sure where it is cheap and certain, and unsure otherwise.</summary>
static class Truths
{
    /// <summary>Longer texts are left to the functions that count their steps.</summary>
    const int MaxText = 1_024;

    /// <summary>What a slot holds when the map is there and the field is not.</summary>
    public static readonly CelValue Absent = CelValue.Fail(CelErrors.NoSuchField, "there is no such field");

    static readonly object AbsentHead = Absent.As<ErrorPayload>()!;

    static bool IsAbsent(CelValue value) => ReferenceEquals(value.As<ErrorPayload>(), AbsentHead);

    public static CelTruth Of(bool value) => value ? CelTruth.Yes : CelTruth.No;

    public static CelTruth Is(CelValue value) => value.IsBool ? Of(value.IsTrue) : CelTruth.Unsure;

    public static CelTruth Not(CelTruth truth) => truth switch
    {
        CelTruth.Yes => CelTruth.No,
        CelTruth.No => CelTruth.Yes,
        _ => CelTruth.Unsure,
    };

    /// <summary>A truth as a value; unbound, which every test is unsure of, where it is unsure.</summary>
    public static CelValue ValueOf(CelTruth truth) => truth == CelTruth.Unsure ? default : CelValue.Of(truth == CelTruth.Yes);

    public static CelTruth Has(CelValue slot) => !slot.IsError ? CelTruth.Yes : IsAbsent(slot) ? CelTruth.No : CelTruth.Unsure;

    public static CelValue Otherwise(CelValue slot, CelValue other) => IsAbsent(slot) ? other : slot;

    public static CelTruth Equal(CelValue a, CelValue b) =>
        a.StringOrNull is { Length: <= MaxText } x && b.StringOrNull is { } y ? Of(string.Equals(x, y))
        : a.IsBool && b.IsBool ? Of(a.Bits == b.Bits)
        : Is(Call(Operators.Equal, a, b));

    public static CelTruth NotEqual(CelValue a, CelValue b) => Not(Equal(a, b));

    public static CelTruth Less(CelValue a, CelValue b) =>
        a.IsDouble && b.IsDouble ? Of(a.AsRawDouble < b.AsRawDouble) : Is(Call(Operators.Less, a, b));

    public static CelTruth LessOrEqual(CelValue a, CelValue b) =>
        a.IsDouble && b.IsDouble ? Of(a.AsRawDouble <= b.AsRawDouble) : Is(Call(Operators.LessOrEqual, a, b));

    public static CelTruth Greater(CelValue a, CelValue b) =>
        a.IsDouble && b.IsDouble ? Of(a.AsRawDouble > b.AsRawDouble) : Is(Call(Operators.Greater, a, b));

    public static CelTruth GreaterOrEqual(CelValue a, CelValue b) =>
        a.IsDouble && b.IsDouble ? Of(a.AsRawDouble >= b.AsRawDouble) : Is(Call(Operators.GreaterOrEqual, a, b));

    public static CelTruth In(CelValue item, CelValue container)
    {
        if (container.As<ListPayload>() is not { } list || item.StringOrNull is not { } text)
        {
            return Is(Call(Operators.In, item, container));
        }

        if (list is HashedPayload hashed)
        {
            return Of(hashed.Contains(item));
        }

        if (list.Count * (1 + (text.Length / 16L)) > Lowering.StepsPerPart)
        {
            return CelTruth.Unsure;
        }

        foreach (var candidate in list.Span)
        {
            if (candidate.StringOrNull is { } other && string.Equals(text, other))
            {
                return CelTruth.Yes;
            }
        }

        return CelTruth.No;
    }

    /// <summary>A function as the expressions call it, but for its few steps; unbound when it fails or takes more.</summary>
    public static CelValue Call(Code1 function, CelValue a)
    {
        if (a.IsError)
        {
            return default;
        }

        var frame = new Frame([], [], Lowering.StepsPerPart);
        return Sure(function(ref frame, a), frame);
    }

    public static CelValue Call(Code2 function, CelValue a, CelValue b)
    {
        if (a.IsError || b.IsError)
        {
            return default;
        }

        var frame = new Frame([], [], Lowering.StepsPerPart);
        return Sure(function(ref frame, a, b), frame);
    }

    public static CelValue Call(Function function, CelValue[] arguments) =>
        arguments.Length == 1 ? Call(function.One!, arguments[0]) : Call(function.Two!, arguments[0], arguments[1]);

    static CelValue Sure(CelValue value, in Frame frame) => frame.IsExhausted || value.IsError ? default : value;
}

/// <summary>A constant list of many elements, which knows them by hash.</summary>
sealed class HashedPayload : ListPayload
{
    const int SmallList = 8;

    readonly CelValue[] items;
    readonly HashSet<CelValue> set;

    HashedPayload(CelValue[] items)
    {
        this.items = items;
        set = [.. items];
    }

    public override int Count => items.Length;

    public override CelValue[] Items => items;

    public bool Contains(CelValue value) => set.Contains(value);

    /// <summary>The list, with an index where that is worth it and its elements have hashes.</summary>
    public static ListPayload Of(ListPayload list) => list.Count > SmallList && list.All(Emitter.IsHashable) ? new HashedPayload(list.Items) : list;
}
