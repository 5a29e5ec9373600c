using Anumate.Cel;

namespace Anumate.Engines.Tests.Cel;

/// <summary>What the public conformance data do not cover: networks, time zones, and the edges of <c>format</c>.</summary>
public sealed class CelLibraryTests
{
    static readonly CelEnvironment Environment = new(new CelVariable("s", CelType.String));

    static CelResult Run(string source, long budget = CelExpression.DefaultBudget) =>
        Environment.Compile(source).Expression!.Evaluate(Environment.Bind().Set("s", CelValue.Of(new string('9', 1_000))), budget);

    [Theory]
    [InlineData("ip('192.168.0.1').family() == 4")]
    [InlineData("ip('2001:db8::68').family() == 6")]
    [InlineData("ip('127.0.0.1').isLoopback() && ip('::1').isLoopback() && !ip('10.0.0.1').isLoopback()")]
    [InlineData("ip('0.0.0.0').isUnspecified() && ip('::').isUnspecified()")]
    [InlineData("ip('224.0.0.1').isLinkLocalMulticast() && ip('ff02::1').isLinkLocalMulticast() && !ip('224.0.1.1').isLinkLocalMulticast()")]
    [InlineData("ip('169.254.169.254').isLinkLocalUnicast() && ip('fe80::1').isLinkLocalUnicast()")]
    [InlineData("ip('192.168.0.1').isGlobalUnicast() && ip('2001:db8::abcd').isGlobalUnicast() && !ip('255.255.255.255').isGlobalUnicast() && !ip('ff02::1').isGlobalUnicast()")]
    [InlineData("ip('2001:DB8:0::1') == ip('2001:db8::1') && ip('10.0.0.1') != ip('10.0.0.2')")]
    [InlineData("ip.isCanonical('2001:db8::abcd') && !ip.isCanonical('2001:DB8::ABCD') && !ip.isCanonical('2001:db8:0:0:0:0:0:1')")]
    [InlineData("string(ip('2001:db8:0:0:1:0:0:0')) == '2001:db8:0:0:1::'")]
    [InlineData("string(ip('::1.2.3.4')) == '::102:304'")]
    [InlineData("isIP('1.2.3.4') && !isIP('1.2.3') && !isIP('01.2.3.4') && !isIP('256.1.1.1') && !isIP('::ffff:1.2.3.4') && !isIP('fe80::1%eth0') && !isIP('') && !isIP(':::') && !isIP('1::2::3') && !isIP('1:2:3:4:5:6:7') && !isIP('1:2:3:4:5:6:7:8:9') && !isIP('::12345')")]
    [InlineData("isIP('1:2:3:4:5:6:7:8') && isIP('1:2:3:4:5:6:7::') && isIP('::8') && isIP('1:2:3:4:5:6:1.2.3.4')")]
    [InlineData("cidr('10.0.0.0/8').containsIP('10.1.2.3') && cidr('10.0.0.0/8').containsIP(ip('10.255.255.255')) && !cidr('10.0.0.0/8').containsIP('11.0.0.0')")]
    [InlineData("cidr('10.0.0.0/8').containsCIDR('10.1.0.0/16') && cidr('10.0.0.0/8').containsCIDR(cidr('10.0.0.0/8')) && !cidr('10.1.0.0/16').containsCIDR('10.0.0.0/8')")]
    [InlineData("!cidr('::/0').containsIP('10.0.0.1') && cidr('0.0.0.0/0').containsIP('10.0.0.1') && cidr('2001:db8::/32').containsIP('2001:db8:ffff::')")]
    [InlineData("cidr('192.168.1.5/24').masked() == cidr('192.168.1.0/24') && string(cidr('192.168.1.5/24').masked()) == '192.168.1.0/24'")]
    [InlineData("cidr('192.168.1.5/24').ip() == ip('192.168.1.5') && cidr('192.168.1.5/24').prefixLength() == 24")]
    [InlineData("isCIDR('10.0.0.0/8') && !isCIDR('10.0.0.0/33') && !isCIDR('10.0.0.0/08') && !isCIDR('10.0.0.0') && !isCIDR('::ffff:1.2.3.4/120') && !isCIDR('10.0.0.0/-1')")]
    [InlineData("type(ip('::1')) == net.IP && type(cidr('::/1')) == net.CIDR && string(type(ip('::1')) == net.IP) == 'true'")]
    public void Networks_follow_the_library_of_kubernetes(string source) => Assert.True(Run(source).IsTrue, Run(source).ToString());

    [Theory]
    [InlineData("ip('1.2.3')")]
    [InlineData("cidr('1.2.3.4')")]
    [InlineData("cidr('10.0.0.0/8').containsIP('nonsense')")]
    [InlineData("ip.isCanonical('127.0.0.1.0')")]
    [InlineData("timestamp(0).getHours('Europe/Atlantis')")]
    [InlineData("'%.101f'.format([1.0])")]
    [InlineData("'%'.format([1])")]
    [InlineData("'%5d'.format([1])")]
    [InlineData("'%s'.format([])")]
    public void Malformed_texts_are_errors(string source) => Assert.Equal(CelErrors.InvalidArgument, Run(source).Error!.Code);

    [Theory]
    [InlineData("timestamp('2026-07-01T12:00:00Z').getHours('Europe/Berlin') == 14")]
    [InlineData("timestamp('2026-01-01T12:00:00Z').getHours('Europe/Berlin') == 13")]
    [InlineData("timestamp('2026-01-01T12:00:00Z').getMinutes('Asia/Kolkata') == 30")]
    [InlineData("timestamp('2026-01-01T12:00:00Z').getHours('UTC') == 12")]
    public void Time_zones_go_by_their_iana_names(string source) => Assert.True(Run(source).IsTrue, Run(source).ToString());

    [Theory]
    [InlineData("'%.2f'.format([0.125])", "0.12")]
    [InlineData("'%.2f'.format([0.375])", "0.38")]
    [InlineData("'%.1e'.format([9.96])", "1.0e+01")]
    [InlineData("'%.0e'.format([0.00015])", "1e-04")]
    [InlineData("'%e'.format([0.0])", "0.000000e+00")]
    [InlineData("'%.2e'.format([5e-324])", "4.94e-324")]
    [InlineData("'%d %b %x %o'.format([-5, -5, -255, -8])", "-5 -101 -ff -10")]
    [InlineData("'%d'.format([-9223372036854775808])", "-9223372036854775808")]
    [InlineData("'%s'.format([money('12.50 EUR')])", "12.50 EUR")]
    [InlineData("'%s'.format([{1: 'a', '1': 'b'}])", "{1: a, 1: b}")]
    [InlineData("'a😀é'.reverse()", "é😀a")]
    public void Formats_exactly(string source, string text) => Assert.Equal(text, Run(source).Value.AsString);

    [Fact]
    public void Formatting_is_charged() => Assert.Equal(CelErrors.CostExceeded, Run("'%s%s%s'.format([s, s, s])", 200).Error!.Code);

    [Theory]
    [InlineData("['a:1', 'b:2'].transformMapEntry(i, v, {v.split(':')[0]: i}) == {'a': 0, 'b': 1}")]
    [InlineData("{'a': 1, 'b': 2}.transformMapEntry(k, v, v > 1, {v: k}) == {2: 'b'}")]
    public void Entries_of_maps_are_made_anew(string source) => Assert.True(Run(source).IsTrue, Run(source).ToString());

    [Fact]
    public void A_key_made_twice_is_an_error() => Assert.Equal(CelErrors.DuplicateKey, Run("[1, 1].transformMapEntry(i, v, {v: i})").Error!.Code);
}
