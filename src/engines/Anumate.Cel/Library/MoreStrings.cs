using System.Text;

namespace Anumate.Cel;

/// <summary>The strings and encoders extensions of CEL; <c>format</c> is apart. Positions count code points.</summary>
static class MoreStrings
{
    public static readonly Function[] All =
    [
        Standard.F("charAt", two: CharAt, signatures: "string.charAt(int) -> string"),
        Standard.F("indexOf", two: IndexOf, three: IndexOf,
            signatures: ["string.indexOf(string) -> int", "string.indexOf(string, int) -> int"]),
        Standard.F("lastIndexOf", two: LastIndexOf, three: LastIndexOf,
            signatures: ["string.lastIndexOf(string) -> int", "string.lastIndexOf(string, int) -> int"]),
        Standard.F("lowerAscii", one: Lower, signatures: "string.lowerAscii() -> string"),
        Standard.F("upperAscii", one: Upper, signatures: "string.upperAscii() -> string"),
        Standard.F("replace", three: Replace, four: Replace,
            signatures: ["string.replace(string, string) -> string", "string.replace(string, string, int) -> string"]),
        Standard.F("split", two: Split, three: Split,
            signatures: ["string.split(string) -> list(string)", "string.split(string, int) -> list(string)"]),
        Standard.F("substring", two: Substring, three: Substring,
            signatures: ["string.substring(int) -> string", "string.substring(int, int) -> string"]),
        Standard.F("trim", one: Trim, signatures: "string.trim() -> string"),
        Standard.F("join", one: Join, two: Join, signatures: ["list(string).join() -> string", "list(string).join(string) -> string"]),
        Standard.F("reverse", one: Reverse, signatures: "string.reverse() -> string"),
        Standard.F("strings.quote", one: Quote, signatures: "strings.quote(string) -> string"),
        Standard.F("base64.encode", one: Encode, signatures: "base64.encode(bytes) -> string"),
        Standard.F("base64.decode", one: Decode, signatures: "base64.decode(string) -> bytes"),
    ];

    static CelValue OutOfRange() => CelValue.Fail(CelErrors.InvalidArgument, "the position is outside of the text");

    /// <summary>Every function here reads its text once and may copy it.</summary>
    static bool Charge(ref Frame frame, string text) => frame.Charge(text.Length / 8);

    static CelValue CharAt(ref Frame frame, CelValue text, CelValue position)
    {
        if (text.StringOrNull is not { } s || !position.IsInt)
        {
            return Operators.NoOverload("charAt", text, position);
        }

        if (!Charge(ref frame, s))
        {
            return Frame.Exhausted();
        }

        var at = Texts.Offset(s, position.Bits);
        return at < 0 ? OutOfRange() : CelValue.Of(at == s.Length ? "" : s.Substring(at, char.IsSurrogatePair(s, at) ? 2 : 1));
    }

    static CelValue IndexOf(ref Frame frame, CelValue text, CelValue part) => IndexOf(ref frame, text, part, CelValue.Of(0L));

    static CelValue IndexOf(ref Frame frame, CelValue text, CelValue part, CelValue from)
    {
        if (text.StringOrNull is not { } s || part.StringOrNull is not { } p || !from.IsInt)
        {
            return Operators.NoOverload("indexOf", text, part, from);
        }

        if (!Charge(ref frame, s))
        {
            return Frame.Exhausted();
        }

        var start = Texts.Offset(s, from.Bits);
        return start < 0 ? OutOfRange() : Position(s, s.IndexOf(p, start, StringComparison.Ordinal));
    }

    static CelValue LastIndexOf(ref Frame frame, CelValue text, CelValue part) =>
        LastIndexOf(ref frame, text, part, CelValue.Of(text.StringOrNull is { } s ? Texts.Size(s) : 0L));

    static CelValue LastIndexOf(ref Frame frame, CelValue text, CelValue part, CelValue from)
    {
        if (text.StringOrNull is not { } s || part.StringOrNull is not { } p || !from.IsInt)
        {
            return Operators.NoOverload("lastIndexOf", text, part, from);
        }

        if (!Charge(ref frame, s))
        {
            return Frame.Exhausted();
        }

        var last = Texts.Offset(s, from.Bits);
        return last < 0 ? OutOfRange()
            : Position(s, s.AsSpan(0, (int)Math.Min(s.Length, (long)last + p.Length)).LastIndexOf(p, StringComparison.Ordinal));
    }

    static CelValue Position(string text, int offset) =>
        CelValue.Of(offset < 0 ? -1L : Texts.Size(text[..offset]));

    static CelValue Lower(ref Frame frame, CelValue text) => Cased(ref frame, text, "lowerAscii", char.IsAsciiLetterUpper);

    static CelValue Upper(ref Frame frame, CelValue text) => Cased(ref frame, text, "upperAscii", char.IsAsciiLetterLower);

    static CelValue Cased(ref Frame frame, CelValue text, string function, Func<char, bool> changes)
    {
        if (text.StringOrNull is not { } s)
        {
            return Operators.NoOverload(function, text);
        }

        return Charge(ref frame, s)
            ? CelValue.Of(string.Create(s.Length, (s, changes), static (into, from) =>
            {
                for (var i = 0; i < into.Length; i++)
                {
                    into[i] = from.changes(from.s[i]) ? (char)(from.s[i] ^ 0x20) : from.s[i];
                }
            }))
            : Frame.Exhausted();
    }

    static CelValue Replace(ref Frame frame, CelValue text, CelValue old, CelValue by) => Replace(ref frame, text, old, by, CelValue.Of(-1L));

    /// <summary>Replaces at most so many, all when negative; an empty text is found before every code point and at the end.</summary>
    static CelValue Replace(ref Frame frame, CelValue text, CelValue old, CelValue by, CelValue limit)
    {
        if (text.StringOrNull is not { } s || old.StringOrNull is not { } o || by.StringOrNull is not { } b || !limit.IsInt)
        {
            return Operators.NoOverload("replace", text, old, by, limit);
        }

        if (!Charge(ref frame, s))
        {
            return Frame.Exhausted();
        }

        var result = new StringBuilder();
        var left = limit.Bits < 0 ? long.MaxValue : limit.Bits;
        var at = 0;
        for (; left > 0 && Find(s, o, at) is var found and >= 0; left--)
        {
            if (!frame.Charge(1 + (b.Length / 8)))
            {
                return Frame.Exhausted();
            }

            result.Append(s, at, found - at).Append(b);
            at = found + o.Length;
            if (o.Length > 0)
            {
                continue;
            }

            // Past an empty match the next code point is copied, or the text has ended.
            if (at == s.Length)
            {
                return CelValue.Of(result.ToString());
            }

            var step = char.IsSurrogatePair(s, at) ? 2 : 1;
            result.Append(s, at, step);
            at += step;
        }

        return CelValue.Of(result.Append(s, at, s.Length - at).ToString());
    }

    static int Find(string text, string part, int from) => text.IndexOf(part, from, StringComparison.Ordinal);

    static CelValue Split(ref Frame frame, CelValue text, CelValue separator) => Split(ref frame, text, separator, CelValue.Of(-1L));

    /// <summary>Splits into at most so many parts, all when negative; an empty separator gives the code points.</summary>
    static CelValue Split(ref Frame frame, CelValue text, CelValue separator, CelValue limit)
    {
        if (text.StringOrNull is not { } s || separator.StringOrNull is not { } p || !limit.IsInt)
        {
            return Operators.NoOverload("split", text, separator, limit);
        }

        if (!Charge(ref frame, s))
        {
            return Frame.Exhausted();
        }

        if (limit.Bits == 0 || (s.Length == 0 && p.Length == 0))
        {
            return new(ArrayPayload.Empty);
        }

        var parts = new List<CelValue>();
        var at = 0;
        for (var left = limit.Bits < 0 ? long.MaxValue : limit.Bits; left > 1; left--)
        {
            var end = p.Length == 0 ? at + (char.IsSurrogatePair(s, at) ? 2 : 1) : Find(s, p, at);
            if (end < 0 || (p.Length == 0 && end >= s.Length))
            {
                break;
            }

            if (!frame.Charge(1))
            {
                return Frame.Exhausted();
            }

            parts.Add(CelValue.Of(s[at..end]));
            at = end + p.Length;
        }

        parts.Add(CelValue.Of(s[at..]));
        return new(new ArrayPayload([.. parts]));
    }

    static CelValue Substring(ref Frame frame, CelValue text, CelValue start) =>
        Substring(ref frame, text, start, CelValue.Of(text.StringOrNull is { } s ? Texts.Size(s) : 0L));

    static CelValue Substring(ref Frame frame, CelValue text, CelValue start, CelValue end)
    {
        if (text.StringOrNull is not { } s || !start.IsInt || !end.IsInt)
        {
            return Operators.NoOverload("substring", text, start, end);
        }

        if (!Charge(ref frame, s))
        {
            return Frame.Exhausted();
        }

        var (from, to) = (Texts.Offset(s, start.Bits), Texts.Offset(s, end.Bits));
        return from < 0 ? OutOfRange() : to < from ? OutOfRange() : CelValue.Of(s[from..to]);
    }

    static CelValue Trim(ref Frame frame, CelValue text) =>
        text.StringOrNull is not { } s ? Operators.NoOverload("trim", text)
        : Charge(ref frame, s) ? CelValue.Of(s.Trim())
        : Frame.Exhausted();

    /// <summary>The code points in the opposite order.</summary>
    static CelValue Reverse(ref Frame frame, CelValue text)
    {
        if (text.StringOrNull is not { } s)
        {
            return Operators.NoOverload("reverse", text);
        }

        return Charge(ref frame, s)
            ? CelValue.Of(string.Create(s.Length, s, static (into, from) =>
            {
                for (int i = 0, step; i < from.Length; i += step)
                {
                    step = char.IsSurrogatePair(from, i) ? 2 : 1;
                    from.AsSpan(i, step).CopyTo(into[(into.Length - i - step)..]);
                }
            }))
            : Frame.Exhausted();
    }

    static CelValue Join(ref Frame frame, CelValue list) => Join(ref frame, list, CelValue.Of(""));

    static CelValue Join(ref Frame frame, CelValue list, CelValue separator)
    {
        if (list.As<ListPayload>() is not { } items || separator.StringOrNull is not { } between)
        {
            return Operators.NoOverload("join", list, separator);
        }

        var result = new StringBuilder();
        var joint = "";
        foreach (var item in items.Items)
        {
            if (item.StringOrNull is not { } part)
            {
                return item.IsError ? item : Operators.NoOverload("join", list, item);
            }

            if (!frame.Charge(1 + ((part.Length + between.Length) / 8)))
            {
                return Frame.Exhausted();
            }

            result.Append(joint).Append(part);
            joint = between;
        }

        return CelValue.Of(result.ToString());
    }

    static CelValue Quote(ref Frame frame, CelValue text)
    {
        if (text.StringOrNull is not { } s)
        {
            return Operators.NoOverload("strings.quote", text);
        }

        if (!Charge(ref frame, s))
        {
            return Frame.Exhausted();
        }

        var quoted = new StringBuilder("\"");
        foreach (var c in s)
        {
            var escape = "\a\b\f\n\r\t\v\\\"".IndexOf(c);
            _ = escape < 0 ? quoted.Append(c) : quoted.Append('\\').Append("abfnrtv\\\""[escape]);
        }

        return CelValue.Of(quoted.Append('"').ToString());
    }

    static CelValue Encode(ref Frame frame, CelValue bytes) =>
        bytes.As<BytesPayload>() is not { } b ? Operators.NoOverload("base64.encode", bytes)
        : frame.Charge(b.Value.Length / 8) ? CelValue.Of(Convert.ToBase64String(b.Value))
        : Frame.Exhausted();

    /// <summary>Padding may be left out.</summary>
    static CelValue Decode(ref Frame frame, CelValue text)
    {
        if (text.StringOrNull is not { } s)
        {
            return Operators.NoOverload("base64.decode", text);
        }

        if (!Charge(ref frame, s))
        {
            return Frame.Exhausted();
        }

        var padded = s.PadRight((s.Length + 3) / 4 * 4, '=');
        var bytes = new byte[padded.Length / 4 * 3];
        return Convert.TryFromBase64String(padded, bytes, out var length)
            ? CelValue.Of(bytes[..length])
            : CelValue.Fail(CelErrors.InvalidArgument, "the text is not base64");
    }
}
