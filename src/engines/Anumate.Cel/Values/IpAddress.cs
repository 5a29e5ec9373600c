using System.Globalization;
using System.Text;

namespace Anumate.Cel;

/// <summary>
/// An IPv4 or IPv6 address, read strictly: no leading zeros, no zones, no IPv4 written as IPv6 (<c>::ffff:1.2.3.4</c>), so that one
/// address has one meaning.
/// </summary>
readonly record struct IpAddress(UInt128 Bits, bool IsV6)
{
    const int Groups = 8;

    public int Width => IsV6 ? 128 : 32;

    public static bool TryParse(ReadOnlySpan<char> text, out IpAddress address)
    {
        if (!text.Contains(':'))
        {
            var isV4 = TryV4(text, out var bits);
            address = new(bits, false);
            return isV4;
        }

        var isV6 = TryV6(text, out var wide);
        address = new(wide, true);
        return isV6 && wide >> 32 != 0xFFFF;
    }

    static bool TryV4(ReadOnlySpan<char> text, out uint bits)
    {
        bits = 0;
        var parts = 0;
        foreach (var range in text.Split('.'))
        {
            var part = text[range];
            if (++parts > 4 || part.Length is < 1 or > 3 || (part.Length > 1 && part[0] == '0')
                || !uint.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number > 255)
            {
                return false;
            }

            bits = (bits << 8) | number;
        }

        return parts == 4;
    }

    static bool TryV6(ReadOnlySpan<char> text, out UInt128 bits)
    {
        bits = 0;
        var gap = text.IndexOf("::");
        if (gap < 0)
        {
            return TryGroups(text, ref bits) == Groups;
        }

        UInt128 low = 0;
        var before = gap == 0 ? 0 : TryGroups(text[..gap], ref bits, mayEndInV4: false);
        var after = gap + 2 == text.Length ? 0 : TryGroups(text[(gap + 2)..], ref low);
        if (before < 0 || after < 0 || before + after >= Groups)
        {
            return false;
        }

        bits = (before == 0 ? 0 : bits << (16 * (Groups - before))) | low;
        return true;
    }

    /// <summary>Reads groups of up to four hexadecimal digits, the last two perhaps as IPv4; how many there were, −1 when malformed.</summary>
    static int TryGroups(ReadOnlySpan<char> text, ref UInt128 bits, bool mayEndInV4 = true)
    {
        var count = 0;
        foreach (var range in text.Split(':'))
        {
            var part = text[range];
            if (mayEndInV4 && range.End.GetOffset(text.Length) == text.Length && part.Contains('.'))
            {
                if (count > Groups - 2 || !TryV4(part, out var v4))
                {
                    return -1;
                }

                bits = (bits << 32) | v4;
                return count + 2;
            }

            if (++count > Groups || part.Length is < 1 or > 4
                || !ushort.TryParse(part, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var group))
            {
                return -1;
            }

            bits = (bits << 16) | group;
        }

        return count;
    }

    bool Within(UInt128 network, int length) => Masked(Bits, Width, length) == network;

    /// <summary>The first bits of an address, the others zero.</summary>
    public static UInt128 Masked(UInt128 bits, int width, int length) =>
        length == 0 ? 0 : bits & ~((UInt128.One << (width - length)) - 1);

    public bool IsUnspecified => Bits == 0;

    public bool IsLoopback => IsV6 ? Bits == 1 : Within(0x7F00_0000, 8);

    public bool IsMulticast => IsV6 ? Within((UInt128)0xFF00 << 112, 8) : Within(0xE000_0000, 4);

    /// <summary>224.0.0.0/24, or ff02:: with any flags.</summary>
    public bool IsLinkLocalMulticast => IsV6 ? ((Bits >> 112) & 0xFF0F) == 0xFF02 : Within(0xE000_0000, 24);

    public bool IsLinkLocalUnicast => IsV6 ? Within((UInt128)0xFE80 << 112, 10) : Within(0xA9FE_0000, 16);

    public bool IsGlobalUnicast =>
        !IsUnspecified && !IsLoopback && !IsMulticast && !IsLinkLocalUnicast && (IsV6 || Bits != uint.MaxValue);

    /// <summary>The canonical text (RFC 5952).</summary>
    public override string ToString()
    {
        if (!IsV6)
        {
            var v4 = (uint)Bits;
            return $"{v4 >> 24}.{(v4 >> 16) & 255}.{(v4 >> 8) & 255}.{v4 & 255}";
        }

        var (start, length) = LongestZeros();
        var text = new StringBuilder();
        for (var i = 0; i < Groups; i++)
        {
            if (i == start)
            {
                text.Append("::");
                i += length - 1;
                continue;
            }

            text.Append(text.Length > 0 && text[^1] != ':' ? ":" : "").Append(Group(i).ToString("x", CultureInfo.InvariantCulture));
        }

        return text.ToString();
    }

    ushort Group(int index) => (ushort)(Bits >> (16 * (Groups - 1 - index)));

    (int Start, int Length) LongestZeros()
    {
        var (best, longest, run) = (-1, 1, 0);
        for (var i = 0; i < Groups; i++)
        {
            run = Group(i) == 0 ? run + 1 : 0;
            if (run > longest)
            {
                (best, longest) = (i - run + 1, run);
            }
        }

        return (best, longest);
    }
}

/// <summary>An address and how many of its first bits name the network; the bits after them are kept.</summary>
readonly record struct IpNetwork(IpAddress Address, int Length)
{
    public static bool TryParse(ReadOnlySpan<char> text, out IpNetwork network)
    {
        network = default;
        var slash = text.LastIndexOf('/');
        if (slash < 0 || !IpAddress.TryParse(text[..slash], out var address))
        {
            return false;
        }

        var digits = text[(slash + 1)..];
        if (digits.Length is < 1 or > 3 || (digits.Length > 1 && digits[0] == '0')
            || !int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var length) || length > address.Width)
        {
            return false;
        }

        network = new(address, length);
        return true;
    }

    public IpNetwork Masked() => this with { Address = Address with { Bits = IpAddress.Masked(Address.Bits, Address.Width, Length) } };

    public bool Contains(IpAddress address) =>
        address.IsV6 == Address.IsV6 && IpAddress.Masked(address.Bits, address.Width, Length) == Masked().Address.Bits;

    public bool Contains(IpNetwork other) => other.Length >= Length && Contains(other.Address);

    public override string ToString() => $"{Address}/{Length}";
}
