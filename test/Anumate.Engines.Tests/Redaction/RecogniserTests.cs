using Anumate.Redaction;

namespace Anumate.Engines.Tests.Redaction;

/// <summary>
/// What docs/redaction.md states: values recognised of 1,000, and texts of 1,000 near-misses in which something was seen by mistake. The
/// numbers are the measured ones; a change that makes one of them worse is to be meant.
/// </summary>
public sealed class RecogniserTests
{
    [Theory]
    [InlineData("EMAIL", 984, 23)]
    [InlineData("PHONE", 960, 14)]
    [InlineData("IBAN", 981, 0)]
    [InlineData("CARD", 981, 4)]
    [InlineData("IPV4", 991, 34)]
    [InlineData("IPV6", 1000, 10)]
    [InlineData("US_SSN", 966, 0)]
    [InlineData("JWT", 1000, 5)]
    [InlineData("API_KEY", 979, 16)]
    [InlineData("AADHAAR", 984, 2)]
    [InlineData("PAN", 981, 0)]
    public void Recognises_at_least_so_many_and_mistakes_at_most_so_many(string kind, int found, int wrong)
    {
        var score = Score.Of(kind);
        Assert.True(score.Found >= found, $"found {score.Found} of {Samples.Count}, missed:\n{string.Join('\n', score.Missed)}");
        Assert.True(score.Wrong <= wrong, $"mistook {score.Wrong} of {Samples.Count}:\n{string.Join('\n', score.Mistaken)}");
    }

    [Fact]
    public void There_are_samples_for_every_recogniser() => Assert.Equal(Recognisers.Names.Order(), Samples.Kinds.Order());

    [Theory]
    [InlineData("EMAIL", "write to [EMAIL], please", "write to ann.lee@example.org, please")]
    [InlineData("CARD", "[CARD] 123", "4111 1111 1111 1111 123")]
    [InlineData("IBAN", "to [IBAN] today", "to DE89 3704 0044 0532 0130 00 today")]
    [InlineData("IPV4", "[IPV4]:443, [IPV4]/8", "192.0.2.7:443, 10.0.0.0/8")]
    [InlineData("IPV6", "[[IPV6]]:80", "[2001:db8::1]:80")]
    [InlineData("PHONE", "[PHONE]", "+49 (0)30 1234567")]
    [InlineData("US_SSN", "[US_SSN]", "219-09-9999")]
    [InlineData("AADHAAR", "[AADHAAR]", "2341 2341 2346")]
    [InlineData("PAN", "[PAN]", "ABCPK1234L")]
    public void Replaces_exactly_the_value(string kind, string expected, string text) => Assert.Equal(expected, Redact.Text(text, [kind]));

    [Fact]
    public void A_text_with_every_kind_loses_each()
    {
        var text = "ann@example.org called +49 151 12345678 about DE89370400440532013000 and 4111111111111111 from 192.0.2.7 and 2001:db8::1; 219-09-9999, ABCPK1234L, 2341 2341 2346, AKIAIOSFODNN7EXAMPLE";
        var redacted = Redact.Text(text, [.. Recognisers.Names]);
        Assert.Equal("[EMAIL] called [PHONE] about [IBAN] and [CARD] from [IPV4] and [IPV6]; [US_SSN], [PAN], [AADHAAR], [API_KEY]", redacted);
    }
}
