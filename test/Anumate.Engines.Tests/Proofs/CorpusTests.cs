using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;
using Anumate.Proofs;

namespace Anumate.Engines.Tests.Proofs;

/// <summary>
/// What this release writes, kept in test/corpus/v1 and read again by every later one. A file there is never changed: when a new
/// version writes another form, its files go into a folder of their own and these tests stay.
/// </summary>
public sealed class CorpusTests
{
    static readonly Ed25519Key TokenKey = ReceiptSample.KeyNamed("captokens");

    static string Folder([CallerFilePath] string here = "")
    {
        for (var at = new DirectoryInfo(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            if (Directory.Exists(Path.Combine(at.FullName, "test", "corpus", "v1")))
            {
                return Path.Combine(at.FullName, "test", "corpus", "v1");
            }
        }

        throw new DirectoryNotFoundException($"no test/corpus/v1 above the tests ({here})");
    }

    static byte[] Read(string name) => File.ReadAllBytes(Path.Combine(Folder(), name));

    // The writer of today writes the file of today. ANUMATE_WRITE_CORPUS makes a missing file; it never replaces one.
    static void Writes(string name, byte[] bytes)
    {
        var path = Path.Combine(Folder(), name);
        if (Environment.GetEnvironmentVariable("ANUMATE_WRITE_CORPUS") is not null && !File.Exists(path))
        {
            File.WriteAllBytes(path, bytes);
        }

        Assert.Equal(Encoding.UTF8.GetString(Read(name)), Encoding.UTF8.GetString(bytes));
    }

    static CapTokenClaims Claims() => new()
    {
        Issuer = "captokens",
        Subject = new Id<Principal>(ReceiptSample.Uuid(10)),
        Audience = "connectors",
        Tenant = ReceiptSample.Tenant,
        TokenId = new Id<CapToken>(ReceiptSample.Uuid(11)),
        IssuedAt = ReceiptSample.Time,
        NotBefore = ReceiptSample.Time,
        Expires = ReceiptSample.Time.AddSeconds(120),
        Run = ReceiptSample.Run,
        Step = "refund",
        Attempt = 1,
        Epoch = 1,
        PlanHash = ReceiptSample.PlanHash,
        Capabilities =
        [
            new Capability("payments.refund@" + Digest.Of("schema"u8), 1)
            {
                ArgsDigest = SaltedDigest.Of(ReceiptSample.Salt, "{\"amount\":40}"u8).ToString(),
            },
        ],
        Actors = ["orchestrator"],
    };

    [Fact]
    public void Writes_the_files_of_this_release()
    {
        var ring = new KeyRing([new TrustedKey(TokenKey.Public, "captokens"),
            new TrustedKey(ReceiptSample.Key.Public, ReceiptSample.Operator)]);
        Writes("keys.json", CanonicalJson.Write(Jwks.Write(ring)));
        Writes("captoken.jwt", Encoding.ASCII.GetBytes(Claims().Sign(TokenKey)));
        Writes("checkpoint.txt", Encoding.UTF8.GetBytes(new ReceiptSample().CheckpointOf(0).Sign(ReceiptSample.Key).ToString()));
        Writes("receipt.json", new ReceiptSample().Bundle().ToBytes());
        Writes("canonical.json", CanonicalJson.Write(Read("canonical.input.json")));
        using var key = new SealKey("corpus-v1", SHA256.HashData("anumate corpus: seal"u8));
        using var counted = new CountingRandom();
        Writes("sealed.txt", Encoding.ASCII.GetBytes(key.Seal("olga@example.com"u8, "run/inputs/email", counted)));
    }

    [Fact]
    public void Reads_the_keys_and_verifies_the_token()
    {
        Assert.True(Jwks.TryRead(Read("keys.json"), null, out var ring, out var fault), fault);
        var now = ReceiptSample.Time.AddSeconds(60);
        var expected = new TokenExpectation { Type = TokenType.Capability, Audience = "connectors", Now = now };
        var verification = CapTokenClaims.Verify(Encoding.ASCII.GetString(Read("captoken.jwt")), expected, ring);
        Assert.True(verification.Ok, verification.Reason);
        Assert.Equivalent(Claims(), verification.Claims, strict: true);
    }

    [Fact]
    public void Verifies_the_checkpoint()
    {
        Assert.True(Jwks.TryRead(Read("keys.json"), null, out var ring, out var fault), fault);
        var verification = Checkpoint.Verify(Read("checkpoint.txt"), ring);
        Assert.True(verification.Ok, verification.Reason);
        var expected = new Checkpoint($"log.example/{ReceiptSample.Tenant}/0", 5, verification.Checkpoint.Root,
            ReceiptSample.Time.AddSeconds(1));
        Assert.Equal(expected, verification.Checkpoint);
    }

    [Fact]
    public void Verifies_the_receipt_and_finds_a_flipped_byte()
    {
        Assert.True(Jwks.TryRead(Read("keys.json"), null, out var ring, out var fault), fault);
        var bytes = Read("receipt.json");
        var verification = ReceiptBundle.Verify(bytes, ring);
        Assert.Equal((0, 6, "completed"), (verification.ExitCode, verification.Leaves, verification.Close!.Status));
        Assert.Equal(11, ReceiptBundle.Verify(bytes, null).ExitCode);
        bytes[bytes.Length / 2] ^= 1;
        Assert.Equal(10, ReceiptBundle.Verify(bytes, ring).ExitCode);
    }

    [Fact]
    public void Reads_canonical_JSON_as_itself()
    {
        var canonical = Read("canonical.json");
        Assert.True(CanonicalJson.IsCanonical(canonical));
        Assert.Equal(canonical, CanonicalJson.Write(Read("canonical.input.json")));
        Assert.Equal(Encoding.ASCII.GetString(Read("canonical.sha256")).TrimEnd(), Digest.Of(canonical).ToString());
    }

    [Fact]
    public void Opens_the_sealed_value()
    {
        using var key = new SealKey("corpus-v1", SHA256.HashData("anumate corpus: seal"u8));
        Assert.True(key.TryOpen(Encoding.ASCII.GetString(Read("sealed.txt")), "run/inputs/email", out var plain));
        Assert.Equal("olga@example.com", Encoding.UTF8.GetString(plain));
    }

    /// <summary>No randomness at all, so that the file can be made again.</summary>
    sealed class CountingRandom : RandomNumberGenerator
    {
        byte _next;

        public override void GetBytes(byte[] data) => GetBytes(data.AsSpan());

        public override void GetBytes(Span<byte> data)
        {
            foreach (ref var b in data)
            {
                b = _next++;
            }
        }
    }
}
