using System.Text.Json;
using Anumate.Proofs;

namespace Anumate.Engines.Tests.Proofs;

public sealed class DigestTests
{
    const string Abc = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    [Fact]
    public void Is_SHA256_and_round_trips()
    {
        var digest = Digest.Of("abc"u8);
        Assert.Equal(Abc, digest.ToString());
        Assert.Equal(digest, Digest.Parse(Abc));
        Assert.Equal(digest, new Digest(digest.ToArray()));
        Assert.Equal(digest.GetHashCode(), Digest.Parse(Abc).GetHashCode());
        Assert.NotEqual(digest, Digest.Of("abd"u8));
    }

    [Theory]
    [InlineData("")]
    [InlineData("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")]
    [InlineData("sha256:BA7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")]
    [InlineData("SHA256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")]
    [InlineData("sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015a")]
    [InlineData("sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad ")]
    [InlineData("sha256:ga7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")]
    [InlineData("hmac-sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")]
    public void Refuses_what_is_not_its_one_spelling(string text)
    {
        Assert.False(Digest.TryParse(text, out _));
        Assert.Throws<FormatException>(() => Digest.Parse(text));
        Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<Digest>(JsonSerializer.Serialize(text)));
    }

    [Fact]
    public void Reads_and_writes_as_JSON_text()
    {
        Assert.Equal($"\"{Abc}\"", JsonSerializer.Serialize(Digest.Parse(Abc)));
        Assert.Equal(Digest.Parse(Abc), JsonSerializer.Deserialize<Digest>($"\"{Abc}\""));
        Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<Digest>("1"));
    }

    [Fact]
    public void Of_JSON_ignores_spelling_and_order()
    {
        using var a = JsonDocument.Parse("""{"b": 1.0, "a": "\u0078"}""");
        using var b = JsonDocument.Parse("""{"a":"x","b":1}""");
        Assert.Equal(Digest.OfJson(a.RootElement), Digest.OfJson(b.RootElement));
        Assert.Equal(Digest.Of("""{"a":"x","b":1}"""u8), Digest.OfJson(b.RootElement));
    }

    [Fact]
    public void Salted_is_HMAC_and_is_bound_to_its_salt()
    {
        // RFC 4231 test case 1 has a 20-byte key; its key padded with zero bytes is the same HMAC key.
        var salt = new byte[32];
        Array.Fill(salt, (byte)0x0b, 0, 20);
        var digest = SaltedDigest.Of(salt, "Hi There"u8);
        Assert.Equal("hmac-sha256:b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7", digest.ToString());
        Assert.Equal(digest, SaltedDigest.Parse(digest.ToString()));
        Assert.Equal(digest, JsonSerializer.Deserialize<SaltedDigest>(JsonSerializer.Serialize(digest)));
        salt[31] = 1;
        Assert.NotEqual(digest, SaltedDigest.Of(salt, "Hi There"u8));
        Assert.Throws<ArgumentException>(() => SaltedDigest.Of(new byte[31], "x"u8));
        Assert.False(SaltedDigest.TryParse(Abc, out _));
    }
}
