namespace Anumate.Cel;

/// <summary>
/// The operators, by the kinds they meet. Errors never quote data, here and elsewhere: messages reach logs, and data may be personal.
/// </summary>
static class Operators
{
    public static CelValue NoOverload(string function, params ReadOnlySpan<CelValue> arguments)
    {
        var kinds = new string[arguments.Length];
        for (var i = 0; i < kinds.Length; i++)
        {
            kinds[i] = Kind(arguments[i]);
        }

        return CelValue.Fail(CelErrors.NoSuchOverload, $"`{function}` does not take ({string.Join(", ", kinds)})");
    }

    public static string Kind(CelValue value) => value.Kind.ToString().ToLowerInvariant();

    public static CelValue NoFields(CelValue value, string field) =>
        CelValue.Fail(CelErrors.NoSuchOverload, $"{Kind(value)} has no field `{field}`");

    public static CelValue Overflow(string what) => CelValue.Fail(CelErrors.Overflow, $"{what} is out of range");

    public static CelValue Add(ref Frame frame, CelValue a, CelValue b)
    {
        switch (a.Kind, b.Kind)
        {
            case (CelKind.Int, CelKind.Int):
                var sum = unchecked(a.Bits + b.Bits);
                return ((a.Bits ^ sum) & (b.Bits ^ sum)) < 0 ? Overflow("the sum") : CelValue.Of(sum);
            case (CelKind.Uint, CelKind.Uint):
                var natural = unchecked(a.AsUlong + b.AsUlong);
                return natural < a.AsUlong ? Overflow("the sum") : CelValue.Of(natural);
            case (CelKind.Double, CelKind.Double):
                return CelValue.Of(a.AsRawDouble + b.AsRawDouble);
            case (CelKind.String, CelKind.String):
                return frame.Charge((a.StringOrNull!.Length + b.StringOrNull!.Length) / 8)
                    ? CelValue.Of(string.Concat(a.StringOrNull, b.StringOrNull))
                    : Frame.Exhausted();
            case (CelKind.Bytes, CelKind.Bytes):
                var (x, y) = (a.As<BytesPayload>()!.Value, b.As<BytesPayload>()!.Value);
                return frame.Charge((x.Length + y.Length) / 16) ? CelValue.Of([.. x, .. y]) : Frame.Exhausted();
            case (CelKind.List, CelKind.List):
                var (left, right) = (a.As<ListPayload>()!, b.As<ListPayload>()!);
                return frame.Charge(left.Count + (long)right.Count)
                    ? new(new ArrayPayload([.. left.Items, .. right.Items]))
                    : Frame.Exhausted();
            case (CelKind.Timestamp, CelKind.Duration):
                return Shift(a, b.Bits);
            case (CelKind.Duration, CelKind.Timestamp):
                return Shift(b, a.Bits);
            case (CelKind.Duration, CelKind.Duration):
                var length = unchecked(a.Bits + b.Bits);
                return ((a.Bits ^ length) & (b.Bits ^ length)) < 0 ? Overflow("the duration") : CelValue.OfNanoseconds(length);
            case (CelKind.Money, CelKind.Money):
                return Moneys.Add(a, b, 1);
            default:
                return NoOverload("+", a, b);
        }
    }

    static CelValue Shift(CelValue time, long nanoseconds) =>
        time.As<TimestampPayload>()!.Value.TryAdd(nanoseconds, out var sum) ? CelValue.Of(sum) : Overflow("the timestamp");

    public static CelValue Subtract(ref Frame frame, CelValue a, CelValue b)
    {
        switch (a.Kind, b.Kind)
        {
            case (CelKind.Int, CelKind.Int):
                var difference = unchecked(a.Bits - b.Bits);
                return ((a.Bits ^ b.Bits) & (a.Bits ^ difference)) < 0 ? Overflow("the difference") : CelValue.Of(difference);
            case (CelKind.Uint, CelKind.Uint):
                return a.AsUlong < b.AsUlong ? Overflow("the difference") : CelValue.Of(a.AsUlong - b.AsUlong);
            case (CelKind.Double, CelKind.Double):
                return CelValue.Of(a.AsRawDouble - b.AsRawDouble);
            case (CelKind.Timestamp, CelKind.Duration):
                return b.Bits == long.MinValue ? Overflow("the timestamp") : Shift(a, -b.Bits);
            case (CelKind.Timestamp, CelKind.Timestamp):
                return a.As<TimestampPayload>()!.Value.TrySubtract(b.As<TimestampPayload>()!.Value, out var gap)
                    ? CelValue.OfNanoseconds(gap)
                    : Overflow("the duration");
            case (CelKind.Duration, CelKind.Duration):
                var length = unchecked(a.Bits - b.Bits);
                return ((a.Bits ^ b.Bits) & (a.Bits ^ length)) < 0 ? Overflow("the duration") : CelValue.OfNanoseconds(length);
            case (CelKind.Money, CelKind.Money):
                return Moneys.Add(a, b, -1);
            default:
                return NoOverload("-", a, b);
        }
    }

    public static CelValue Multiply(ref Frame frame, CelValue a, CelValue b)
    {
        switch (a.Kind, b.Kind)
        {
            case (CelKind.Int, CelKind.Int):
                var high = Math.BigMul(a.Bits, b.Bits, out var low);
                return high == low >> 63 ? CelValue.Of(low) : Overflow("the product");
            case (CelKind.Uint, CelKind.Uint):
                return Math.BigMul(a.AsUlong, b.AsUlong, out var natural) == 0 ? CelValue.Of(natural) : Overflow("the product");
            case (CelKind.Double, CelKind.Double):
                return CelValue.Of(a.AsRawDouble * b.AsRawDouble);
            default:
                return NoOverload("*", a, b);
        }
    }

    public static CelValue Divide(ref Frame frame, CelValue a, CelValue b) => (a.Kind, b.Kind) switch
    {
        (CelKind.Int, CelKind.Int) or (CelKind.Uint, CelKind.Uint) when b.Bits == 0 => ByZero(),
        (CelKind.Int, CelKind.Int) => a.Bits == long.MinValue && b.Bits == -1 ? Overflow("the quotient") : CelValue.Of(a.Bits / b.Bits),
        (CelKind.Uint, CelKind.Uint) => CelValue.Of(a.AsUlong / b.AsUlong),
        (CelKind.Double, CelKind.Double) => CelValue.Of(a.AsRawDouble / b.AsRawDouble),
        _ => NoOverload("/", a, b),
    };

    public static CelValue Remainder(ref Frame frame, CelValue a, CelValue b) => (a.Kind, b.Kind) switch
    {
        (CelKind.Int, CelKind.Int) or (CelKind.Uint, CelKind.Uint) when b.Bits == 0 => ByZero(),
        (CelKind.Int, CelKind.Int) => a.Bits == long.MinValue && b.Bits == -1 ? Overflow("the remainder") : CelValue.Of(a.Bits % b.Bits),
        (CelKind.Uint, CelKind.Uint) => CelValue.Of(a.AsUlong % b.AsUlong),
        _ => NoOverload("%", a, b),
    };

    static CelValue ByZero() => CelValue.Fail(CelErrors.DivideByZero, "division by zero");

    public static CelValue Negate(ref Frame frame, CelValue a) => a.Kind switch
    {
        CelKind.Int => a.Bits == long.MinValue ? Overflow("the negation") : CelValue.Of(-a.Bits),
        CelKind.Double => CelValue.Of(-a.AsRawDouble),
        _ => NoOverload("-", a),
    };

    public static CelValue Not(ref Frame frame, CelValue a) => a.IsBool ? CelValue.Of(!a.IsTrue) : NoOverload("!", a);

    public static CelValue Equal(ref Frame frame, CelValue a, CelValue b) =>
        a.IsInt && b.IsInt ? CelValue.Of(a.Bits == b.Bits)
        : Moneys.Differ(a, b) is { IsError: true } error && !error.IsUnbound ? error
        : Equality.Same(a, b, ref frame.Steps) ? CelValue.True
        : frame.IsExhausted ? Frame.Exhausted() : CelValue.False;

    public static CelValue NotEqual(ref Frame frame, CelValue a, CelValue b)
    {
        var equal = Equal(ref frame, a, b);
        return equal.IsBool ? CelValue.Of(!equal.IsTrue) : equal;
    }

    public static CelValue Less(ref Frame frame, CelValue a, CelValue b) =>
        a.IsInt && b.IsInt ? CelValue.Of(a.Bits < b.Bits)
        : a.IsDouble && b.IsDouble ? CelValue.Of(a.AsRawDouble < b.AsRawDouble)
        : Ordered(ref frame, a, b, "<", static o => o < 0);

    public static CelValue LessOrEqual(ref Frame frame, CelValue a, CelValue b) =>
        a.IsInt && b.IsInt ? CelValue.Of(a.Bits <= b.Bits)
        : a.IsDouble && b.IsDouble ? CelValue.Of(a.AsRawDouble <= b.AsRawDouble)
        : Ordered(ref frame, a, b, "<=", static o => o <= 0);

    public static CelValue Greater(ref Frame frame, CelValue a, CelValue b) =>
        a.IsInt && b.IsInt ? CelValue.Of(a.Bits > b.Bits)
        : a.IsDouble && b.IsDouble ? CelValue.Of(a.AsRawDouble > b.AsRawDouble)
        : Ordered(ref frame, a, b, ">", static o => o > 0);

    public static CelValue GreaterOrEqual(ref Frame frame, CelValue a, CelValue b) =>
        a.IsInt && b.IsInt ? CelValue.Of(a.Bits >= b.Bits)
        : a.IsDouble && b.IsDouble ? CelValue.Of(a.AsRawDouble >= b.AsRawDouble)
        : Ordered(ref frame, a, b, ">=", static o => o >= 0);

    static CelValue Ordered(ref Frame frame, CelValue a, CelValue b, string symbol, Func<int, bool> test)
    {
        var (x, y) = (a.Kind, b.Kind);
        if (Equality.IsNumber(x) && Equality.IsNumber(y))
        {
            return CelValue.Of(Equality.Compare(a, b) is { } order && test(order));
        }

        if (x != y)
        {
            return NoOverload(symbol, a, b);
        }

        switch (x)
        {
            case CelKind.String:
                frame.Steps -= Math.Min(a.StringOrNull!.Length, b.StringOrNull!.Length) / 16;
                return CelValue.Of(test(Equality.Compare(a.StringOrNull, b.StringOrNull)));
            case CelKind.Bool or CelKind.Duration:
                return CelValue.Of(test(a.Bits.CompareTo(b.Bits)));
            case CelKind.Bytes:
                return CelValue.Of(test(a.As<BytesPayload>()!.Value.AsSpan().SequenceCompareTo(b.As<BytesPayload>()!.Value)));
            case CelKind.Timestamp:
                return CelValue.Of(test(a.As<TimestampPayload>()!.Value.CompareTo(b.As<TimestampPayload>()!.Value)));
            case CelKind.Money:
                var differ = Moneys.Differ(a, b);
                return differ.IsUnbound ? CelValue.Of(test(a.AsMoney.Amount.CompareTo(b.AsMoney.Amount))) : differ;
            default:
                return NoOverload(symbol, a, b);
        }
    }

    public static CelValue In(ref Frame frame, CelValue item, CelValue container)
    {
        if (container.As<MapPayload>() is { } map)
        {
            return CelValue.Of(map.TryGet(item, out _));
        }

        if (container.As<ListPayload>() is not { } list)
        {
            return NoOverload("in", item, container);
        }

        foreach (var candidate in list.Items)
        {
            if (--frame.Steps < 0)
            {
                return Frame.Exhausted();
            }

            if (Equality.Same(item, candidate, ref frame.Steps))
            {
                return CelValue.True;
            }
        }

        return frame.IsExhausted ? Frame.Exhausted() : CelValue.False;
    }

    public static CelValue At(ref Frame frame, CelValue container, CelValue key)
    {
        if (container.As<ListPayload>() is { } list)
        {
            return At(list, key);
        }

        if (container.As<MapPayload>() is not { } map)
        {
            return container.Kind is CelKind.Optional ? Optionals.Read(ref frame, container, key) : NoOverload("[]", container, key);
        }

        return map.TryGet(key, out var value) ? value
            : key.Kind is CelKind.Bool or CelKind.Int or CelKind.Uint or CelKind.Double or CelKind.String
                ? CelValue.Fail(CelErrors.NoSuchField, "there is no such key")
                : NoOverload("[]", container, key);
    }

    static CelValue At(ListPayload list, CelValue key)
    {
        // A double or uint that is a whole number is an index too.
        if (!Equality.IsNumber(key.Kind))
        {
            return NoOverload("[]", new(list), key);
        }

        var position = key.IsInt ? key.Bits : key.IsUint ? (key.Bits < 0 ? -1 : key.Bits) : Whole(key.AsRawDouble);
        return position >= 0 && position < list.Count
            ? list.Items[(int)position]
            : CelValue.Fail(CelErrors.NoSuchIndex, "the list has no such element");
    }

    static long Whole(double number) => number >= 0 && number <= int.MaxValue && number == Math.Truncate(number) ? (long)number : -1;
}

/// <summary>Sums of money.</summary>
static class Moneys
{
    public static CelValue Add(CelValue a, CelValue b, int sign)
    {
        var differ = Differ(a, b);
        if (!differ.IsUnbound)
        {
            return differ;
        }

        // Below 10^19 with nine decimals a decimal is exact.
        var (x, y) = (a.AsMoney, b.AsMoney);
        var estimate = (double)x.Amount + (sign * (double)y.Amount);
        return Math.Abs(estimate) > 1e19
            ? Operators.Overflow("the sum")
            : CelValue.Of(new CelMoney(x.Amount + (sign * y.Amount), x.Currency));
    }

    /// <summary>An error when both are money of different currencies; otherwise unbound.</summary>
    public static CelValue Differ(CelValue a, CelValue b) =>
        a.As<MoneyPayload>() is { } x && b.As<MoneyPayload>() is { } y && x.Value.Currency != y.Value.Currency
            ? CelValue.Fail(CelErrors.CurrencyMismatch, $"amounts in {x.Value.Currency} and {y.Value.Currency} do not compare or add")
            : default;

    public static CelValue From(ref Frame frame, CelValue value)
    {
        if (value.Kind is CelKind.Money)
        {
            return value;
        }

        if (value.StringOrNull is { } text)
        {
            return CelMoney.TryParse(text, out var money) ? CelValue.Of(money) : Malformed(value);
        }

        if (value.As<MapPayload>() is not { } map)
        {
            return Operators.NoOverload("money", value);
        }

        return map.TryGet("amount", out var amount) && amount.StringOrNull is { } number
            && map.TryGet("currency", out var currency) && currency.StringOrNull is { } code
            && CelMoney.TryParse(number, code, out var read)
                ? CelValue.Of(read)
                : Malformed(value);
    }

    static CelValue Malformed(CelValue value) => CelValue.Fail(
        CelErrors.InvalidArgument,
        $"the {Operators.Kind(value)} is no money: it takes \"12.50 EUR\" or {{amount: \"12.50\", currency: \"EUR\"}}");
}
