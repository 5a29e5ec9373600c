namespace Anumate.Cel;

/// <summary>IP addresses and networks, with the functions and the strictness of the CEL network library of Kubernetes.</summary>
static class Networks
{
    public static readonly Function[] All =
    [
        Standard.F("ip", one: Ip, signatures: ["ip(string) -> IP", "CIDR.ip() -> IP"]),
        Standard.F("isIP", one: IsIp, signatures: "isIP(string) -> bool"),
        Standard.F("ip.isCanonical", one: IsCanonical, signatures: "ip.isCanonical(string) -> bool"),
        Standard.F("family", one: Family, signatures: "IP.family() -> int"),
        Test("isUnspecified", a => a.IsUnspecified),
        Test("isLoopback", a => a.IsLoopback),
        Test("isLinkLocalMulticast", a => a.IsLinkLocalMulticast),
        Test("isLinkLocalUnicast", a => a.IsLinkLocalUnicast),
        Test("isGlobalUnicast", a => a.IsGlobalUnicast),
        Standard.F("cidr", one: Cidr, signatures: "cidr(string) -> CIDR"),
        Standard.F("isCIDR", one: IsCidr, signatures: "isCIDR(string) -> bool"),
        Standard.F("containsIP", two: ContainsIp, signatures: ["CIDR.containsIP(IP) -> bool", "CIDR.containsIP(string) -> bool"]),
        Standard.F("containsCIDR", two: ContainsCidr, signatures: ["CIDR.containsCIDR(CIDR) -> bool", "CIDR.containsCIDR(string) -> bool"]),
        Standard.F("masked", one: Masked, signatures: "CIDR.masked() -> CIDR"),
        Standard.F("prefixLength", one: PrefixLength, signatures: "CIDR.prefixLength() -> int"),
    ];

    static Function Test(string name, Func<IpAddress, bool> test)
    {
        CelValue One(ref Frame frame, CelValue value) =>
            value.As<IpPayload>() is { } ip ? CelValue.Of(test(ip.Value)) : Operators.NoOverload(name, value);

        return Standard.F(name, one: One, signatures: $"IP.{name}() -> bool");
    }

    static CelValue Of(IpAddress address) => new(new IpPayload(address));

    static CelValue Of(IpNetwork network) => new(new CidrPayload(network));

    static CelValue NoIp() => CelValue.Fail(CelErrors.InvalidArgument,
        "the text is no IP address: no leading zeros, no zone, no IPv4 written as IPv6");

    static CelValue NoCidr() => CelValue.Fail(CelErrors.InvalidArgument, "the text is no network such as 10.0.0.0/8 or 2001:db8::/32");

    static CelValue Ip(ref Frame frame, CelValue value) =>
        value.As<CidrPayload>() is { } network ? Of(network.Value.Address)
        : value.StringOrNull is not { } text ? Operators.NoOverload("ip", value)
        : IpAddress.TryParse(text, out var address) ? Of(address)
        : NoIp();

    static CelValue IsIp(ref Frame frame, CelValue value) =>
        value.StringOrNull is { } text ? CelValue.Of(IpAddress.TryParse(text, out _)) : Operators.NoOverload("isIP", value);

    static CelValue IsCanonical(ref Frame frame, CelValue value) =>
        value.StringOrNull is not { } text ? Operators.NoOverload("ip.isCanonical", value)
        : IpAddress.TryParse(text, out var address) ? CelValue.Of(address.ToString() == text)
        : NoIp();

    static CelValue Family(ref Frame frame, CelValue value) =>
        value.As<IpPayload>() is { } ip ? CelValue.Of(ip.Value.IsV6 ? 6L : 4L) : Operators.NoOverload("family", value);

    static CelValue Cidr(ref Frame frame, CelValue value) =>
        value.StringOrNull is not { } text ? Operators.NoOverload("cidr", value)
        : IpNetwork.TryParse(text, out var network) ? Of(network)
        : NoCidr();

    static CelValue IsCidr(ref Frame frame, CelValue value) =>
        value.StringOrNull is { } text ? CelValue.Of(IpNetwork.TryParse(text, out _)) : Operators.NoOverload("isCIDR", value);

    static CelValue ContainsIp(ref Frame frame, CelValue network, CelValue value)
    {
        if (network.As<CidrPayload>() is not { } within)
        {
            return Operators.NoOverload("containsIP", network, value);
        }

        if (value.As<IpPayload>() is { } ip)
        {
            return CelValue.Of(within.Value.Contains(ip.Value));
        }

        return value.StringOrNull is not { } text ? Operators.NoOverload("containsIP", network, value)
            : IpAddress.TryParse(text, out var address) ? CelValue.Of(within.Value.Contains(address))
            : NoIp();
    }

    static CelValue ContainsCidr(ref Frame frame, CelValue network, CelValue value)
    {
        if (network.As<CidrPayload>() is not { } within)
        {
            return Operators.NoOverload("containsCIDR", network, value);
        }

        if (value.As<CidrPayload>() is { } inner)
        {
            return CelValue.Of(within.Value.Contains(inner.Value));
        }

        return value.StringOrNull is not { } text ? Operators.NoOverload("containsCIDR", network, value)
            : IpNetwork.TryParse(text, out var read) ? CelValue.Of(within.Value.Contains(read))
            : NoCidr();
    }

    static CelValue Masked(ref Frame frame, CelValue value) =>
        value.As<CidrPayload>() is { } network ? Of(network.Value.Masked()) : Operators.NoOverload("masked", value);

    static CelValue PrefixLength(ref Frame frame, CelValue value) =>
        value.As<CidrPayload>() is { } network ? CelValue.Of((long)network.Value.Length) : Operators.NoOverload("prefixLength", value);
}
