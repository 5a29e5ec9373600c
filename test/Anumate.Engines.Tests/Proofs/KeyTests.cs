using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Anumate.Proofs;

namespace Anumate.Engines.Tests.Proofs;

public sealed class KeyTests
{
    // L, the order of the base point, little-endian.
    static readonly byte[] Order = Convert.FromHexString("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");

    [Fact]
    public void C22_R16_Agrees_with_every_Ed25519_case_of_Wycheproof()
    {
        var suite = ProofVectors.Json("wycheproof", "testvectors_v1", "ed25519_test.json");
        int valid = 0, invalid = 0;
        foreach (var group in suite.GetProperty("testGroups").EnumerateArray())
        {
            var raw = Convert.FromHexString(group.GetProperty("publicKey").GetProperty("pk").GetString()!);
            var imported = Ed25519PublicKey.TryImport(raw, out var key);
            foreach (var test in group.GetProperty("tests").EnumerateArray())
            {
                byte[] Bytes(string name) => Convert.FromHexString(test.GetProperty(name).GetString()!);
                var ok = imported && key!.Verify(Bytes("msg"), Bytes("sig"));
                Assert.Equal(test.GetProperty("result").GetString() == "valid", ok);
                _ = ok ? valid++ : invalid++;
            }
        }

        Assert.Equal((88, 63), (valid, invalid));
    }

    [Theory]
    [InlineData("0100000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("0100000000000000000000000000000000000000000000000000000000000080")]
    [InlineData("0000000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("0000000000000000000000000000000000000000000000000000000000000080")]
    [InlineData("ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f")]
    [InlineData("ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff")]
    [InlineData("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05")]
    [InlineData("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85")]
    [InlineData("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a")]
    [InlineData("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa")]
    [InlineData("edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f")]
    [InlineData("eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f")]
    [InlineData("ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff")]
    [InlineData("edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff")]
    [InlineData("")]
    [InlineData("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f70751")]
    public void C22_R16_Does_not_import_keys_of_low_order_or_not_canonical(string hex)
    {
        var raw = Convert.FromHexString(hex);
        Assert.False(Ed25519PublicKey.TryImport(raw, out _));
        Assert.Throws<FormatException>(() => Ed25519PublicKey.Import(raw));
    }

    [Fact]
    public void C22_R16_Refuses_S_at_or_above_the_order()
    {
        using var key = Ed25519Key.Import(new byte[32]);
        var signature = key.Sign("message"u8);
        Assert.True(key.Public.Verify("message"u8, signature));

        // S + L is the same number modulo L: a second signature of the same message, without the key.
        var carry = 0;
        for (var i = 0; i < 32; i++)
        {
            carry += signature[32 + i] + Order[i];
            signature[32 + i] = (byte)carry;
            carry >>= 8;
        }

        Assert.False(key.Public.Verify("message"u8, signature));
        Assert.False(key.Public.Verify("message"u8, signature.AsSpan(0, 63)));
        Assert.False(key.Public.Verify("message"u8, [.. key.Sign("message"u8), 0]));
    }

    [Fact]
    public void A_key_comes_from_the_given_randomness_and_from_its_seed()
    {
        using var random = RandomNumberGenerator.Create();
        using var key = Ed25519Key.New(random);
        using var again = Ed25519Key.Import(key.ExportSeed());
        using var other = Ed25519Key.New(random);
        Assert.Equal(key.Public, again.Public);
        Assert.Equal(key.Sign("m"u8), again.Sign("m"u8));
        Assert.NotEqual(key.Kid, other.Kid);
        Assert.Throws<FormatException>(() => Ed25519Key.Import(new byte[31]));
        Assert.DoesNotContain(Convert.ToHexStringLower(key.ExportSeed()), key.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_ring_round_trips_as_a_JWK_Set()
    {
        using var a = Ed25519Key.Import(new byte[32]);
        using var b = Ed25519Key.Import([.. new byte[31], 1]);
        var from = DateTimeOffset.FromUnixTimeSeconds(1_800_000_000);
        var ring = new KeyRing([new TrustedKey(a.Public, "captokens"),
            new TrustedKey(b.Public, "log.example") { From = from, Until = from.AddDays(90) }]);
        Assert.True(Jwks.TryRead(Encoding.UTF8.GetBytes(Jwks.Write(ring).ToJsonString()), null, out var read, out var fault), fault);
        Assert.Equal(ring.Keys.OrderBy(k => k.Name), read.Keys.OrderBy(k => k.Name));
        Assert.Throws<ArgumentException>(() => new KeyRing([new TrustedKey(a.Public, "x"), new TrustedKey(a.Public, "y")]));
    }

    [Fact]
    public void A_window_counts_the_seconds_in_which_it_begins_and_ends()
    {
        using var key = Ed25519Key.Import(new byte[32]);
        var second = DateTimeOffset.FromUnixTimeSeconds(1_800_000_000);
        var window = new TrustedKey(key.Public, "x") { From = second.AddSeconds(0.9), Until = second.AddSeconds(5.5) };
        Assert.True(Jwks.TryRead(Encoding.UTF8.GetBytes(Jwks.Write(new KeyRing([window])).ToJsonString()), null, out var read, out _));
        foreach (var trusted in new[] { window, read.Keys[0] })
        {
            Assert.False(trusted.MaySignAt(second.AddSeconds(-0.1)));
            Assert.True(trusted.MaySignAt(second));
            Assert.True(trusted.MaySignAt(second.AddSeconds(5)));
            Assert.False(trusted.MaySignAt(second.AddSeconds(6)));
        }
    }

    [Fact]
    public void A_JWK_Set_with_anything_doubtful_is_refused_whole()
    {
        using var key = Ed25519Key.Import(new byte[32]);
        string Fault(Action<JsonObject> change)
        {
            var set = Jwks.Write([key.Public]);
            change((JsonObject)set["keys"]![0]!);
            var read = Jwks.TryRead(Encoding.UTF8.GetBytes(set.ToJsonString()), "name", out _, out var fault);
            Assert.Equal(read, fault.Length == 0);
            return fault;
        }

        Assert.Equal("", Fault(_ => { }));
        Assert.Contains("private", Fault(k => k["d"] = "AAAA"), StringComparison.Ordinal);
        Assert.Contains("thumbprint", Fault(k => k["kid"] = "mine"), StringComparison.Ordinal);
        Assert.Contains("thumbprint", Fault(k => k.Remove("kid")), StringComparison.Ordinal);
        Assert.Contains("crv", Fault(k => k["crv"] = "Ed448"), StringComparison.Ordinal);
        Assert.Contains("EdDSA", Fault(k => k["alg"] = "ES256"), StringComparison.Ordinal);
        Assert.Contains("EdDSA", Fault(k => k["use"] = "enc"), StringComparison.Ordinal);
        Assert.Contains("acceptable", Fault(k => k["x"] = k["x"]!.GetValue<string>() + "="), StringComparison.Ordinal);
        Assert.Contains("whole seconds", Fault(k => k["exp"] = "tomorrow"), StringComparison.Ordinal);
        Assert.Equal("", Fault(k => { k.Clear(); k["kty"] = "RSA"; }));
        var twice = Jwks.Write([key.Public, key.Public]).ToJsonString();
        Assert.False(Jwks.TryRead(Encoding.UTF8.GetBytes(twice), "name", out _, out var double_));
        Assert.Contains("twice", double_, StringComparison.Ordinal);
        Assert.False(Jwks.TryRead(Encoding.UTF8.GetBytes(Jwks.Write([key.Public]).ToJsonString()), null, out _, out var nameless));
        Assert.Contains("name", nameless, StringComparison.Ordinal);
        Assert.False(Jwks.TryRead("{\"keys\":[],\"keys\":[]}"u8.ToArray(), "name", out _, out _));
        Assert.Equal(JsonValueKind.Array,
            JsonDocument.Parse(Jwks.Write(KeyRing.Empty).ToJsonString()).RootElement.GetProperty("keys").ValueKind);
    }
}
