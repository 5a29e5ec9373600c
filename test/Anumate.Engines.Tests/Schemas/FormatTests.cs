using System.Text.Json;
using Anumate.Schemas;
using Anumate.Schemas.Documents;
using Anumate.Schemas.Values;
using CsCheck;

namespace Anumate.Engines.Tests.Schemas;

public sealed class FormatTests
{
    [Theory]
    [InlineData("email", "ann@example.org|a.b+c@x-y.de|\"a b\"@example.org|a@[192.0.2.1]|a@[IPv6:::1]", "ann|@x|a@|a..b@x.de|.a@x.de|a@-x.de|a@b@c|a b@x.de|ann@exa_mple.org")]
    [InlineData("uri", "https://example.org/a?b=c#d|urn:isbn:1|mailto:a@b|http://[::1]:80/|http://u:p@h:1/|a:|http://x/%41", "//x|a b|http://[x]/|http://x/%4|http://x:1a/|1a:b|/a|http://x/\u00e9|http://a^b")]
    [InlineData("uri-reference", "//x/y|/a|?q|#f||a/b:c|https://x", "a b|%4|\\\\a|x^")]
    [InlineData("date", "2026-01-31|2024-02-29|2000-02-29|0001-01-01", "2026-02-29|1900-02-29|2026-13-01|2026-00-10|2026-1-01|20260101|2026-01-32|٢٠٢٦-01-01|2026-04-31")]
    [InlineData("date-time", "2026-01-31T12:00:00Z|2026-01-31t12:00:00z|2026-01-31T12:00:00.123456789+02:00|1998-12-31T23:59:60Z|1998-12-31T15:59:60.1-08:00", "2026-01-31 12:00:00Z|2026-01-31T12:00:00|2026-01-31T24:00:00Z|2026-01-31T12:00:00+24:00|1998-12-31T22:59:60Z|2026-01-31T12:00Z|2026-01-31T12:00:00.Z")]
    [InlineData("time", "12:00:00Z|23:59:60Z|01:29:60+01:30", "12:00:00|12:60:00Z|12:00:61Z|22:59:60Z|1:00:00Z")]
    [InlineData("duration", "P3D|P1Y2M3D|PT4H30M|P2W|P1DT12H|PT36H|P4Y|PT0S", "P|PT|P1|3D|P1D2H|PT1D|P1YT|P1S|P1Y2W|P2D1Y|P1YT1H1S|P1.5D|p1d")]
    [InlineData("uuid", "123e4567-e89b-12d3-a456-426614174000|00000000-0000-0000-0000-000000000000|ABCDEF01-2345-6789-ABCD-EF0123456789", "123e4567e89b12d3a456426614174000|{123e4567-e89b-12d3-a456-426614174000}|123e4567-e89b-12d3-a456-42661417400|g23e4567-e89b-12d3-a456-426614174000")]
    [InlineData("ipv4", "192.0.2.1|0.0.0.0|255.255.255.255", "256.0.0.1|1.2.3|1.2.3.4.5|01.2.3.4|1.2.3.4/24|0x7f.1|1.2.3.٤")]
    [InlineData("ipv6", "::1|2001:db8::1|::|1:2:3:4:5:6:7:8|::ffff:192.0.2.1", "12345::|1::2::3|fe80::1%eth0|1:2:3:4:5:6:7|::1/64|[::1]|1.2.3.4|::ffff:256.0.2.1")]
    [InlineData("hostname", "example.org|a|xn--bcher-kva.example|1a.b-c", "-a.b|a-.b|a..b|a_b||a.b.|exa mple")]
    [InlineData("json-pointer", "|/a/b~0~1|/|/0", "a|/~|/~2|#/a")]
    [InlineData("relative-json-pointer", "0|1/a|0#|12", "|-1|01|#|/a|1a")]
    [InlineData("regex", "^a+$|[a-z]", "(a|(?=a)|[")]
    public void Tells_good_from_bad(string format, string good, string bad)
    {
        var schema = Schema.Compile(Document.ParseYaml($"format: {format}").Root!).Schema!;
        foreach (var (text, valid) in Split(good, format).Select(t => (t, true)).Concat(Split(bad, format).Select(t => (t, false))))
        {
            Assert.True(valid == schema.IsValid(JsonSerializer.SerializeToElement(text)), $"`{text}` should be {(valid ? "accepted" : "refused")} as {format}");
        }

        Assert.True(schema.IsValid(JsonDocument.Parse("12").RootElement));
    }

    // A bar is part of a pattern, so patterns are listed with line ends of their own.
    static string[] Split(string list, string format) => format == "regex" && list.StartsWith('(') ? ["(a", "(?=a)", "["] : list.Split('|');

    [Fact]
    public void Long_labels_and_names_are_no_host_names()
    {
        Assert.True(Format.All["hostname"].IsMatch(new string('a', 63) + ".b"));
        Assert.False(Format.All["hostname"].IsMatch(new string('a', 64) + ".b"));
        Assert.False(Format.All["hostname"].IsMatch(string.Join('.', Enumerable.Repeat("abcdefghi", 26))));
    }

    [Fact]
    public void No_text_makes_a_format_throw()
    {
        var formats = Format.All.Values.ToArray();
        Gen.Select(Gen.Int[0, formats.Length - 1], Gen.OneOf(Gen.String, Gen.String[Gen.Char["0123456789abP-T:.Z+@/#%[]\"\\W"], 0, 30])).Sample(
            (format, text) => { formats[format].IsMatch(text); },
            iter: Runs.Of(2_000));
    }

    [Fact]
    public void Exact_numbers_compare_and_divide_as_decimals_do()
    {
        Gen.Select(Gen.Int[-100000, 100000], Gen.Int[0, 5], Gen.Int[-100000, 100000], Gen.Int[0, 5]).Sample(
            (a, aScale, b, bScale) =>
            {
                var (x, y) = (new decimal(Math.Abs(a), 0, 0, a < 0, (byte)aScale), new decimal(Math.Abs(b), 0, 0, b < 0, (byte)bScale));
                Assert.True(ExactNumber.TryParse($"{a}e-{aScale}", out var exactX));
                Assert.True(ExactNumber.TryParse(y.ToString(), out var exactY));
                Assert.Equal(x.CompareTo(y), exactX.CompareTo(exactY));
                Assert.Equal(decimal.IsInteger(x), exactX.IsInteger);
                if (y > 0)
                {
                    Assert.Equal(x % y == 0, exactX.IsMultipleOf(exactY));
                }
            },
            iter: Runs.Of(1_000));
    }
}
