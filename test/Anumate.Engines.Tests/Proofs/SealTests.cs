using System.Security.Cryptography;
using System.Text;
using Anumate.Proofs;

namespace Anumate.Engines.Tests.Proofs;

public sealed class SealTests
{
    static readonly RandomNumberGenerator Random = RandomNumberGenerator.Create();

    static SealKey Key(string kid = "run-1", byte fill = 7) => new(kid, Enumerable.Repeat(fill, 32).ToArray());

    [Theory]
    [InlineData("")]
    [InlineData("olga@example.com")]
    public void Opens_what_it_sealed(string text)
    {
        using var key = Key();
        var one = key.Seal(Encoding.UTF8.GetBytes(text), "run_1/inputs/email", Random);
        Assert.StartsWith("s1.run-1.", one, StringComparison.Ordinal);
        Assert.Equal("run-1", SealKey.KidOf(one));
        Assert.True(key.TryOpen(one, "run_1/inputs/email", out var plain));
        Assert.Equal(text, Encoding.UTF8.GetString(plain));
        Assert.NotEqual(one, key.Seal(Encoding.UTF8.GetBytes(text), "run_1/inputs/email", Random));
    }

    [Fact]
    public void Derives_a_key_for_each_purpose_by_HKDF()
    {
        using var key = Key();
        var raw = Enumerable.Repeat((byte)7, 32).ToArray();
        Assert.Equal(HKDF.Expand(HashAlgorithmName.SHA256, HKDF.Extract(HashAlgorithmName.SHA256, raw), 32, "s1\0derive\0hash"u8.ToArray()), key.Derive("hash"));
        Assert.NotEqual(key.Derive("token"), key.Derive("hash"));
        Assert.NotEqual(key.Derive("hash"), Key(fill: 8).Derive("hash"));
        Assert.NotEqual(raw, key.Derive(""));
    }

    [Fact]
    public void Is_AES_256_GCM()
    {
        using var key = Key();
        var parts = key.Seal("secret"u8, "ctx", Random).Split('.');
        var cipher = System.Buffers.Text.Base64Url.DecodeFromChars(parts[3]);
        var plain = new byte[6];
        using var aes = new AesGcm(Enumerable.Repeat((byte)7, 32).ToArray(), 16);
        aes.Decrypt(System.Buffers.Text.Base64Url.DecodeFromChars(parts[2]), cipher.AsSpan(0, 6), cipher.AsSpan(6), plain,
            "s1\0run-1\0ctx"u8);
        Assert.Equal("secret"u8.ToArray(), plain);
    }

    [Fact]
    public void Opens_nowhere_else()
    {
        using var key = Key();
        using var other = Key(fill: 8);
        using var renamed = Key("run-2");
        var sealed_ = key.Seal("x"u8, "a", Random);
        Assert.False(key.TryOpen(sealed_, "b", out var plain));
        Assert.Null(plain);
        Assert.False(other.TryOpen(sealed_, "a", out _));
        Assert.False(renamed.TryOpen(sealed_, "a", out _));
        Assert.False(renamed.TryOpen(sealed_.Replace("run-1", "run-2", StringComparison.Ordinal), "a", out _));
    }

    [Fact]
    public void Every_flipped_bit_is_refused()
    {
        using var key = Key();
        var text = key.Seal("some value"u8, "a", Random);
        for (var i = 0; i < text.Length * 7; i++)
        {
            var changed = text.ToCharArray();
            changed[i / 7] ^= (char)(1 << (i % 7));
            Assert.False(key.TryOpen(new string(changed), "a", out _), $"bit {i}");
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("s1.run-1.AAAA.AAAA")]
    [InlineData("s1..AAAAAAAAAAAAAAAA.AAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("s2.run-1.AAAAAAAAAAAAAAAA.AAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("s1.run-1.AAAAAAAAAAAAAAAA.AAAAAAAAAAAAAAAAAAAAAB")]
    [InlineData("s1.run-1.AAAAAAAAAAAAAAAA.AAAAAAAAAAAAAAAAAAAAAA==")]
    [InlineData("s1.run-1.AAAAAAAAAAAAAAAA.AAAAAAAAAAAAAAAAAAAAAA.AA")]
    public void Anything_else_is_not_a_sealed_value(string text)
    {
        using var key = Key();
        Assert.Null(SealKey.KidOf(text));
        Assert.False(key.TryOpen(text, "a", out _));
    }

    [Fact]
    public void R28_A_wrapped_key_opens_again_and_without_it_nothing_does()
    {
        using var tenant = Key("tenant-1", 1);
        using var data = SealKey.New("run-9", Random);
        var sealed_ = data.Seal("pii"u8, "a", Random);
        var wrapped = tenant.Wrap(data, Random);
        Assert.True(tenant.TryUnwrap(wrapped, "run-9", out var again));
        Assert.True(again.TryOpen(sealed_, "a", out _));
        Assert.False(tenant.TryUnwrap(wrapped, "run-8", out _));
        Assert.False(tenant.TryOpen(wrapped, "key/run-9", out _));
        Assert.False(tenant.TryUnwrap(tenant.Seal(new byte[32], "key/run-9", Random), "run-9", out _));
        Assert.False(tenant.TryOpen(sealed_, "a", out _));
        again.Dispose();
        Assert.Throws<ObjectDisposedException>(() => again.TryOpen(sealed_, "a", out _));
    }

    [Fact]
    public void Refuses_a_key_or_name_or_context_of_a_wrong_form()
    {
        Assert.Throws<ArgumentException>(() => new SealKey("k", new byte[31]));
        Assert.Throws<ArgumentException>(() => new SealKey("", new byte[32]));
        Assert.Throws<ArgumentException>(() => new SealKey("a.b", new byte[32]));
        Assert.Throws<ArgumentException>(() => new SealKey(new string('a', 65), new byte[32]));
        using var key = Key();
        Assert.Throws<ArgumentException>(() => key.Seal("x"u8, "a\0b", Random));
    }
}
