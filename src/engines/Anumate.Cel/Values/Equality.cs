namespace Anumate.Cel;

/// <summary>Equality, order and hashing as the CEL specification defines them, across the numeric types.</summary>
static class Equality
{
    /// <summary>Deeper values (only JSON parsed without a depth limit can be) are unequal to everything.</summary>
    const int MaxDepth = 256;

    public static bool Same(CelValue a, CelValue b)
    {
        var steps = long.MaxValue;
        return Same(a, b, ref steps, 0);
    }

    /// <summary>Takes a step for each element or 16 characters looked at, and ends when none are left.</summary>
    public static bool Same(CelValue a, CelValue b, ref long steps, int depth = 0)
    {
        var kind = a.Kind;
        if (kind != b.Kind)
        {
            return IsNumber(kind) && IsNumber(b.Kind) && Compare(a, b) == 0;
        }

        return kind switch
        {
            CelKind.Null => true,
            CelKind.Bool or CelKind.Int or CelKind.Uint or CelKind.Duration => a.Bits == b.Bits,
            CelKind.Double => a.AsRawDouble == b.AsRawDouble,
            CelKind.String => Same(a.StringOrNull!, b.StringOrNull!, ref steps),
            CelKind.Bytes => a.As<BytesPayload>()!.Value.AsSpan().SequenceEqual(b.As<BytesPayload>()!.Value),
            CelKind.Timestamp => a.As<TimestampPayload>()!.Value == b.As<TimestampPayload>()!.Value,
            CelKind.Money => a.As<MoneyPayload>()!.Value == b.As<MoneyPayload>()!.Value,
            CelKind.Ip => a.As<IpPayload>()!.Value == b.As<IpPayload>()!.Value,
            CelKind.Cidr => a.As<CidrPayload>()!.Value == b.As<CidrPayload>()!.Value,
            CelKind.Type => a.As<TypePayload>()!.Value.RuntimeName == b.As<TypePayload>()!.Value.RuntimeName,
            CelKind.Optional => depth < MaxDepth && Same(a.As<OptionalPayload>()!, b.As<OptionalPayload>()!, ref steps, depth + 1),
            CelKind.List => depth < MaxDepth && Same(a.As<ListPayload>()!, b.As<ListPayload>()!, ref steps, depth + 1),
            CelKind.Map => depth < MaxDepth && Same(a.As<MapPayload>()!, b.As<MapPayload>()!, ref steps, depth + 1),
            _ => false,
        };
    }

    static bool Same(string a, string b, ref long steps)
    {
        steps -= a.Length / 16;
        return string.Equals(a, b);
    }

    static bool Same(OptionalPayload a, OptionalPayload b, ref long steps, int depth) =>
        a.HasValue == b.HasValue && (!a.HasValue || Same(a.Value, b.Value, ref steps, depth));

    static bool Same(ListPayload a, ListPayload b, ref long steps, int depth)
    {
        if (a.Count != b.Count)
        {
            return false;
        }

        var (left, right) = (a.Items, b.Items);
        for (var i = 0; i < left.Length; i++)
        {
            if (--steps < 0 || !Same(left[i], right[i], ref steps, depth))
            {
                return false;
            }
        }

        return true;
    }

    static bool Same(MapPayload a, MapPayload b, ref long steps, int depth)
    {
        if (a.Count != b.Count)
        {
            return false;
        }

        foreach (var key in a.Keys)
        {
            if (--steps < 0 || !b.TryGet(key, out var right) || !a.TryGet(key, out var left) || !Same(left, right, ref steps, depth))
            {
                return false;
            }
        }

        return true;
    }

    public static bool IsNumber(CelKind kind) => kind is CelKind.Int or CelKind.Uint or CelKind.Double;

    /// <summary>The order of two numbers by their exact values; null when one is NaN.</summary>
    public static int? Compare(CelValue a, CelValue b) => (a.Kind, b.Kind) switch
    {
        (CelKind.Int, CelKind.Int) => a.Bits.CompareTo(b.Bits),
        (CelKind.Uint, CelKind.Uint) => a.AsUlong.CompareTo(b.AsUlong),
        (CelKind.Int, CelKind.Uint) => a.Bits < 0 ? -1 : ((ulong)a.Bits).CompareTo(b.AsUlong),
        (CelKind.Uint, CelKind.Int) => b.Bits < 0 ? 1 : a.AsUlong.CompareTo((ulong)b.Bits),
        (CelKind.Int, CelKind.Double) => -Compare(b.AsRawDouble, a.Bits),
        (CelKind.Double, CelKind.Int) => Compare(a.AsRawDouble, b.Bits),
        (CelKind.Uint, CelKind.Double) => -Compare(b.AsRawDouble, a.AsUlong),
        (CelKind.Double, CelKind.Uint) => Compare(a.AsRawDouble, b.AsUlong),
        _ => double.IsNaN(a.AsRawDouble) || double.IsNaN(b.AsRawDouble) ? null : a.AsRawDouble.CompareTo(b.AsRawDouble),
    };

    // The conformance data hold int and double to be compared as doubles once the double is within the integer's range:
    // 9223372036854775807 < 9223372036854775808.0 is false.
    static int? Compare(double a, long b) =>
        double.IsNaN(a) ? null : a < long.MinValue ? -1 : a > long.MaxValue ? 1 : a.CompareTo(b);

    static int? Compare(double a, ulong b) =>
        double.IsNaN(a) ? null : a < 0 ? -1 : a > ulong.MaxValue ? 1 : a.CompareTo(b);

    /// <summary>Code-point order, which differs from UTF-16 order where surrogates meet U+E000–U+FFFF.</summary>
    public static int Compare(string a, string b)
    {
        var at = a.AsSpan().CommonPrefixLength(b);
        if (at == a.Length || at == b.Length)
        {
            return a.Length.CompareTo(b.Length);
        }

        var (x, y) = (a[at], b[at]);
        return char.IsSurrogate(x) == char.IsSurrogate(y) ? x.CompareTo(y) : char.IsSurrogate(x) ? 1 : -1;
    }

    /// <summary>Equal numbers hash alike whatever their type, since <c>1</c>, <c>1u</c> and <c>1.0</c> are the same map key.</summary>
    public static int Hash(CelValue value) => value.Kind switch
    {
        CelKind.String => value.StringOrNull!.GetHashCode(),
        CelKind.Int or CelKind.Uint => Hash(value.IsInt ? value.Bits : (double)value.AsUlong),
        CelKind.Double => Hash(value.AsRawDouble),
        CelKind.Bool or CelKind.Duration => HashCode.Combine(value.Kind, value.Bits),
        CelKind.Timestamp => value.As<TimestampPayload>()!.Value.GetHashCode(),
        CelKind.Money => value.As<MoneyPayload>()!.Value.GetHashCode(),
        CelKind.Bytes => value.As<BytesPayload>()!.Value.Length,
        CelKind.List => value.As<ListPayload>()!.Count,
        CelKind.Map => value.As<MapPayload>()!.Count,
        _ => (int)value.Kind,
    };

    static int Hash(double value) => value == 0 ? 0 : value.GetHashCode();
}
