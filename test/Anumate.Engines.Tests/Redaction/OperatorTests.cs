using System.Text.Json;
using Anumate.Redaction;

namespace Anumate.Engines.Tests.Redaction;

public sealed class OperatorTests
{
    static string One(string value, RedactionDemand demand, RedactionKeys? keys = null) => Redact.Json($$"""{"x":{{value}}}""", keys ?? Redact.Keys, demand);

    [Theory]
    [InlineData("\"4111111111111111\"", 0, 4, "\"************1111\"")]
    [InlineData("\"4111111111111111\"", 6, 4, "\"411111******1111\"")]
    [InlineData("\"abcd\"", 0, 4, "\"****\"")]
    [InlineData("\"abcdefg\"", 0, 4, "\"*******\"")]
    [InlineData("\"abcdefgh\"", 0, 4, "\"****efgh\"")]
    [InlineData("\"äöü😀xyz\"", 1, 2, "\"ä****yz\"")]
    [InlineData("\"a\\nb\\\"c\\u00e9defg\"", 2, 1, "\"a\\n*******g\"")]
    [InlineData("\"\"", 0, 4, "\"\"")]
    [InlineData("12345678", 0, 2, "\"******78\"")]
    [InlineData("true", 0, 0, "\"****\"")]
    [InlineData("null", 0, 0, "null")]
    public void Masks_all_but_the_ends(string value, int first, int last, string expected) =>
        Assert.Equal($$"""{"x":{{expected}}}""", One(value, Redact.Demand("x", RedactionOperator.Mask) with { First = first, Last = last }));

    [Theory]
    [InlineData("1987-04-23", "year", "\"1987\"")]
    [InlineData("1987-04-23", "month", "\"1987-04\"")]
    [InlineData("1987-04-23T10:00:00.5+02:00", "month", "\"1987-04\"")]
    [InlineData("1987-04", "year", "\"1987\"")]
    [InlineData("1987", "month", "\"1987\"")]
    [InlineData("1987-13-01", "year", null)]
    [InlineData("1987-04-32", "year", null)]
    [InlineData("23.04.1987", "year", null)]
    [InlineData("1987-04-23 or so", "year", null)]
    [InlineData("1987-4-1", "year", null)]
    [InlineData("", "year", null)]
    public void A_date_keeps_a_part_and_what_is_none_is_dropped(string value, string keep, string? expected) =>
        Assert.Equal(expected is null ? "{}" : $$"""{"x":{{expected}}}""", One($"\"{value}\"", Redact.Demand("x", RedactionOperator.PartialDate) with { Keep = keep }));

    [Fact]
    public void Equal_values_have_equal_hashes_under_one_key_and_others_under_another()
    {
        var demand = Redact.Demand("x", RedactionOperator.Hash);
        var one = One("\"ann\"", demand);
        Assert.Matches("""^\{"x":"h1\.[A-Za-z0-9_-]{43}"\}$""", one);
        Assert.Equal(one, One("\"\\u0061nn\"", demand));
        Assert.NotEqual(one, One("\"bob\"", demand));
        Assert.NotEqual(one, One("\"ann\"", demand, new RedactionKeys { HashKey = new byte[32] }));
    }

    [Fact]
    public void A_hash_is_the_HMAC_of_the_text()
    {
        var expected = System.Buffers.Text.Base64Url.EncodeToString(System.Security.Cryptography.HMACSHA256.HashData(Redact.Keys.HashKey.Span, "ann"u8));
        Assert.Equal($$"""{"x":"h1.{{expected}}"}""", One("\"ann\"", Redact.Demand("x", RedactionOperator.Hash)));
        Assert.Throws<ArgumentException>(() => new RedactionKeys { HashKey = new byte[15] });
    }

    [Fact]
    public void A_token_stands_for_the_value_and_can_be_turned_back()
    {
        var tokens = new Redact.Counting();
        var keys = new RedactionKeys { Tokens = tokens };
        Assert.Equal("""{"x":"t1.1"}""", One("\"a\\nb\"", Redact.Demand("x", RedactionOperator.Token), keys));
        Assert.Equal("a\nb", tokens.Open("t1.1"));
        Assert.Equal("""{"x":"to [EMAIL:t1.2] now"}""", One("\"to ann@example.org now\"", Redact.Demand("x", RedactionOperator.Token, "EMAIL"), keys));
        Assert.Equal("ann@example.org", tokens.Open("t1.2"));
    }

    sealed class Broken(Func<string?> answer) : IRedactionTokens
    {
        public string? Seal(ReadOnlySpan<byte> value) => answer();
    }

    public static TheoryData<string, Func<string?>> Failures => new()
    {
        { "throws", () => throw new InvalidOperationException("no key") },
        { "null", () => null },
        { "empty", () => "" },
        { "breaks out", () => "\",\"y\":\"ann" },
        { "has a value in it", () => "ann@example.org" },
    };

    [Theory]
    [MemberData(nameof(Failures))]
    public void What_cannot_be_redacted_is_dropped(string _, Func<string?> answer)
    {
        var keys = new RedactionKeys { Tokens = new Broken(answer) };
        var token = Redact.Demand("x", RedactionOperator.Token);
        Assert.Equal("{}", One("\"ann\"", token, keys));
        Assert.Equal("""{"x":"[EMAIL]"}""", One("\"ann@example.org\"", token with { Recognisers = ["EMAIL"] }, keys));
        var report = Redact.With(token).Redact("{\"x\":\"ann\",\"y\":[1]}"u8, "", keys).Report;
        Assert.Equal((1, 1, null), (report.Redacted, report.Failed, report.Fault));
    }

    [Fact]
    public void Without_keys_hash_and_token_drop()
    {
        Assert.Equal("{}", One("\"ann\"", Redact.Demand("x", RedactionOperator.Hash), RedactionKeys.None));
        Assert.Equal("{}", One("\"ann\"", Redact.Demand("x", RedactionOperator.Token), RedactionKeys.None));
    }

    static readonly RedactionDemand[] All =
    [
        Redact.Demand("x", RedactionOperator.Drop), Redact.Demand("x", RedactionOperator.Token), Redact.Demand("x", RedactionOperator.Hash),
        Redact.Demand("x", RedactionOperator.Mask), Redact.Demand("x", RedactionOperator.Mask) with { First = 2, Last = 1 }, Redact.Demand("x", RedactionOperator.Mask) with { Last = 4 },
        Redact.Demand("x", RedactionOperator.PartialDate) with { Keep = "year" }, Redact.Demand("x", RedactionOperator.PartialDate) with { Keep = "month" },
    ];

    [Fact]
    public void The_strongest_operator_wins_in_any_order()
    {
        var rank = new[] { RedactionOperator.Drop, RedactionOperator.Token, RedactionOperator.Hash, RedactionOperator.Mask, RedactionOperator.PartialDate };
        foreach (var a in All)
        {
            foreach (var b in All)
            {
                var (ab, ba) = (Operators.Strongest(a, b), Operators.Strongest(b, a));
                Assert.Equal((ab.Operator, ab.First, ab.Last, ab.Keep), (ba.Operator, ba.First, ba.Last, ba.Keep));
                Assert.Equal(Math.Min(Array.IndexOf(rank, a.Operator), Array.IndexOf(rank, b.Operator)), Array.IndexOf(rank, ab.Operator));
                Assert.True(ab.Operator != RedactionOperator.Mask || (a.Operator != RedactionOperator.Mask || ab.First <= a.First) && (b.Operator != RedactionOperator.Mask || ab.Last <= b.Last));
                Assert.All(All, c => Assert.Equal(Operators.Strongest(ab, c).Operator, Operators.Strongest(a, Operators.Strongest(b, c)).Operator));
            }
        }

        Assert.Equal("""{"x":"*******4567"}""", Redact.Json("""{"x":"12345674567"}""", Redact.Demand("**", RedactionOperator.Mask) with { Last = 4 }, Redact.Demand("x", RedactionOperator.Mask) with { First = 3, Last = 5 }));
        Assert.Equal("{}", Redact.Json("""{"x":"12345674567"}""", Redact.Demand("x", RedactionOperator.Mask), Redact.Demand("**.x", RedactionOperator.Drop)));
    }

    [Fact]
    public void What_is_recognised_in_a_value_can_only_make_its_operator_stronger()
    {
        var masked = Redact.Demand("x", RedactionOperator.Mask) with { Last = 4 };
        Assert.Equal("{}", One("\"4111111111111111\"", masked, Redact.Demand("**", RedactionOperator.Drop, "CARD")));
        Assert.Equal("""{"x":"************1111"}""", One("\"4111111111111111\"", masked, Redact.Demand("**", RedactionOperator.Mask, "CARD") with { First = 6, Last = 4 }));
        Assert.Equal("""{"x":"****rest"}""", One("\"the rest\"", masked, Redact.Demand("**", RedactionOperator.Drop, "CARD")));

        static string One(string value, params RedactionDemand[] demands) => Redact.Json($$"""{"x":{{value}}}""", demands);
    }

    [Fact]
    public void A_mask_that_would_leave_a_value_open_masks_all()
    {
        var demand = Redact.Demand("**", RedactionOperator.Mask, "EMAIL");
        Assert.Equal("""{"x":"to ******@example.org"}""", Redact.Json("""{"x":"to annlee@example.org"}""", demand with { Last = 12 }));
        Assert.Equal("""{"x":"to ******************"}""", Redact.Json("""{"x":"to annlee@example.org"}""", demand with { Last = 14 }));
    }

    [Fact]
    public void Overlapping_matches_are_one_with_the_strongest_operator()
    {
        RedactionDemand[] demands = [Redact.Demand("x", RedactionOperator.Mask, "EMAIL"), Redact.Demand("x", RedactionOperator.Drop, "IPV4")];
        Assert.Equal("""{"x":"a [EMAIL] b"}""", Redact.Json("""{"x":"a 192.0.2.7@example.org b"}""", demands));
    }

    [Theory]
    [InlineData("""{"x":4111111111111111}""", """{"x":"************1111"}""")]
    [InlineData("""{"x":[-4111111111111111, 12]}""", """{"x":["-************1111",12]}""")]
    [InlineData("""{"x":4111111111111112}""", """{"x":4111111111111112}""")]
    public void Numbers_are_recognised_too(string json, string expected) => Assert.Equal(expected, Redact.Json(json, Redact.Demand("**", RedactionOperator.Mask, "CARD") with { Last = 4 }));

    [Fact]
    public void Names_of_members_are_redacted_and_stay_different()
    {
        var mask = Redact.Demand("**", RedactionOperator.Mask, "EMAIL");
        Assert.Equal("""{"*********#1":1,"*********#2":2,"plain":3}""", Redact.Json("""{"ann@x.org":1,"bob@x.org":2,"plain":3}""", mask));
        Assert.Equal("""{"a":{"[EMAIL]#1":1,"[EMAIL]#2":2}}""", Redact.Json("""{"a":{"ann@x.org":1,"[EMAIL]#1":2}}""", Redact.Demand("**", RedactionOperator.Drop, "EMAIL")));
        using var document = JsonDocument.Parse(Redact.Json("""{"a":{"ann@x.org":1,"\"ann@x.org\"":2}}""", Redact.Demand("**", RedactionOperator.Hash, "EMAIL")));
        Assert.Equal(2, document.RootElement.GetProperty("a").EnumerateObject().Count());
    }
}
