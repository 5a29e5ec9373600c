using System.Buffers.Binary;
using System.Text;
using Anumate.Proofs;

namespace Anumate.Engines.Tests.Proofs;

public sealed class CheckpointTests
{
    const string Origin = "log.example/ten_00000000000000000000000000/0";

    static readonly DateTimeOffset Time = DateTimeOffset.FromUnixTimeSeconds(1_800_000_000);
    static readonly Ed25519Key Key = Seeded(7);
    static readonly KeyRing Ring = KeyRing.Of("log.example", Key.Public);

    static Checkpoint Sample => new(Origin, 5, Digest.Of("root"u8), Time);

    static Ed25519Key Seeded(int number)
    {
        var seed = new byte[32];
        BinaryPrimitives.WriteInt32BigEndian(seed, number);
        return Ed25519Key.Import(seed);
    }

    static CheckpointState State(string note, KeyRing? ring = null) => Checkpoint.Verify(Encoding.UTF8.GetBytes(note), ring ?? Ring).State;

    static bool Parses(string note) => SignedNote.TryParse(Encoding.UTF8.GetBytes(note), out _, out _);

    [Fact]
    public void Verifies_the_note_of_the_specification()
    {
        // The example of C2SP signed-note (signed by the key of Go's note package documentation).
        const string vkey = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
        const string note = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n\n\u2014 PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";
        var key = Ed25519PublicKey.Import(Convert.FromBase64String(vkey.Split('+', 3)[2]).AsSpan(1));
        Assert.Equal(0xc74f20a3u, SignedNote.KeyId("PeterNeumann", key));
        Assert.True(SignedNote.TryParse(note, out var parsed, out var fault), fault);
        Assert.Equal(NoteSignatureState.Valid, parsed.StateOf("PeterNeumann", key));
        Assert.Equal(note, parsed.ToString());
    }

    [Fact]
    public void A_signed_checkpoint_reads_back()
    {
        var note = Sample.Sign(Key).ToString();
        var verification = Checkpoint.Verify(Encoding.UTF8.GetBytes(note), Ring);
        Assert.True(verification.Ok, verification.Reason);
        Assert.Equal(Sample, verification.Checkpoint);
        Assert.Equal($"{Origin}\n5\n{Convert.ToBase64String(Digest.Of("root"u8).Span)}\ntime 2027-01-15T08:00:00Z\n", Sample.Text);
        Assert.True(Checkpoint.TryReadOrigin(Origin, out var name, out var tenant, out var shard));
        Assert.Equal(("log.example", default(Id<Tenant>), 0), (name, tenant, shard));
        Assert.Equal(Origin, Checkpoint.OriginOf(name, tenant, shard));
    }

    [Fact]
    public void R1_Refuses_every_flipped_bit()
    {
        var note = Encoding.UTF8.GetBytes(Sample.Sign(Key).ToString());
        for (var i = 0; i < note.Length * 8; i += Runs.Step(1, 5))
        {
            var changed = note.ToArray();
            changed[i / 8] ^= (byte)(1 << (i % 8));
            Assert.False(Checkpoint.Verify(changed, Ring).Ok, $"bit {i}");
        }
    }

    [Fact]
    public void R13_R14_Refuses_another_origin_and_another_identity()
    {
        var note = Sample.Sign(Key).ToString();
        Assert.Equal(CheckpointState.UnknownKey, State(note, KeyRing.Of("log.example.evil", Key.Public)));
        Assert.Equal(CheckpointState.UnknownKey, State(note, KeyRing.Of("log", Key.Public)));
        Assert.Equal(CheckpointState.UnknownKey, State(note, KeyRing.Of("log.example/ten_00000000000000000000000001", Key.Public)));
        Assert.Equal(CheckpointState.Ok, State(note, KeyRing.Of("log.example/ten_00000000000000000000000000", Key.Public)));
        Assert.Equal(CheckpointState.UnknownKey, State(note, KeyRing.Of("log.example", Seeded(8).Public)));

        // The same key and text, signed under another name than the origin.
        Assert.Equal(CheckpointState.UnknownKey, State(SignedNote.Sign(Sample.Text, "log.example/other", Key).ToString()));
        Assert.False(Checkpoint.TryReadOrigin("log.example/ten_1/0", out _, out _, out _));
        Assert.False(Checkpoint.TryReadOrigin("/ten_00000000000000000000000000/0", out _, out _, out _));
        Assert.False(Checkpoint.TryReadOrigin("log.example/ten_00000000000000000000000000/00", out _, out _, out _));
        Assert.False(Checkpoint.TryReadOrigin("log.example/ten_00000000000000000000000000/9999999999", out _, out _, out _));
    }

    [Fact]
    public void R15_Refuses_duplicate_signatures_and_floods_of_them()
    {
        var note = Sample.Sign(Key);
        var line = note.ToString()[(note.Text.Length + 1)..];
        Assert.False(Parses(note + line));
        var cosigned = Enumerable.Range(100, 15).Aggregate(note, (n, i) => n.With($"witness{i}", Seeded(i)));
        Assert.Equal(CheckpointState.Ok, State(cosigned.ToString()));
        Assert.Throws<ArgumentException>(() => cosigned.With("one-more", Seeded(1)));
        Assert.False(Parses(cosigned + line.Replace(Origin, "seventeenth", StringComparison.Ordinal)));
        var flood = note + string.Concat(Enumerable.Range(0, 101).Select(i => $"\u2014 w{i} not even base64\n"));
        Assert.False(SignedNote.TryParse(Encoding.UTF8.GetBytes(flood), out _, out var fault));
        Assert.Contains("more than 16", fault, StringComparison.Ordinal);
        Assert.False(SignedNote.TryParse(new byte[SignedNote.MaxBytes + 1], out _, out _));
    }

    [Fact]
    public void R15_Tells_apart_keys_whose_ids_collide()
    {
        // Found by search: two keys with the same four-byte id under this name.
        var (first, second) = (Seeded(1900), Seeded(15267));
        Assert.Equal(SignedNote.KeyId(Origin, first.Public), SignedNote.KeyId(Origin, second.Public));
        var both = new KeyRing([new TrustedKey(first.Public, "log.example"), new TrustedKey(second.Public, "log.example")]);
        foreach (var signer in new[] { first, second })
        {
            var verification = Checkpoint.Verify(Encoding.UTF8.GetBytes(Sample.Sign(signer).ToString()), both);
            Assert.True(verification.Ok);
            Assert.Equal(signer.Kid, verification.Key.Key.Kid);
            Assert.Equal(CheckpointState.Signature,
                State(Sample.Sign(signer).ToString(), KeyRing.Of("log.example", (signer == first ? second : first).Public)));
        }

        Assert.False(Parses(Sample.Sign(first).With(Origin, second).ToString()));
    }

    [Fact]
    public void R15_Refuses_control_characters_carriage_returns_and_broken_forms()
    {
        var note = Sample.Sign(Key).ToString();
        Assert.True(Parses(note));
        string[] hostile =
        [
            note.Replace("\n", "\r\n", StringComparison.Ordinal), note.Replace("time", "t\tme", StringComparison.Ordinal),
                note.Replace("time", "t\u0000me", StringComparison.Ordinal),
            note.Replace("time", "t\u0085me", StringComparison.Ordinal), note[..^1], note + "\n", note.TrimEnd('\n') + " \n",
                note.Replace("\n\n", "\n", StringComparison.Ordinal), "", "\n\n",
            note.Replace("\u2014 ", "- ", StringComparison.Ordinal), note.Replace("\u2014 ", "\u2014  ", StringComparison.Ordinal),
                note[..^2] + "\n", note[..^2] + "!\n", Sample.Text, Sample.Text + "\n",
            note.Replace("\u2014 log.example/", "\u2014 log.example+/", StringComparison.Ordinal), Sample.Text + "\n\u2014 x AAAAAA==\n",
        ];
        Assert.All(hostile, h => Assert.False(Parses(h), h));
        Assert.False(SignedNote.TryParse([.. Encoding.UTF8.GetBytes(note), 0xFF, (byte)'\n'], out _, out _));
        Assert.Throws<ArgumentException>(() => SignedNote.Sign("a\rb\n", "x", Key));
        Assert.Throws<ArgumentException>(() => SignedNote.Sign("no newline", "x", Key));
        Assert.Throws<ArgumentException>(() => SignedNote.Sign("a\n", "x y", Key));
    }

    [Theory]
    [InlineData("\n5\n", "\n05\n")]
    [InlineData("\n5\n", "\n-5\n")]
    [InlineData("\n5\n", "\n+5\n")]
    [InlineData("\n5\n", "\n\n")]
    [InlineData("\n5\n", "\n5.0\n")]
    [InlineData("\n5\n", "\n9999999999999999999\n")]
    [InlineData("\n5\n", "\n0\n")]
    [InlineData("=\n", "\n")]
    [InlineData("time 2027", "time +2027")]
    [InlineData("08:00:00Z", "08:00:00+00:00")]
    [InlineData("08:00:00Z", "08:60:00Z")]
    [InlineData("time 2027-01-15T08:00:00Z\n", "")]
    [InlineData("08:00:00Z\n", "08:00:00Z\nmore\n")]
    public void Refuses_a_checkpoint_of_another_form_though_well_signed(string part, string instead)
    {
        var text = Sample.Text.Replace(part, instead, StringComparison.Ordinal);
        Assert.NotEqual(Sample.Text, text);
        Assert.Equal(CheckpointState.Malformed, State(SignedNote.Sign(text, Origin, Key).ToString()));
    }

    [Fact]
    public void R17_R18_Refuses_a_key_outside_of_its_window()
    {
        var note = Sample.Sign(Key).ToString();
        KeyRing Window(double? from, double? until) => new([new TrustedKey(Key.Public, "log.example")
            { From = from is { } f ? Time.AddSeconds(f) : null, Until = until is { } u ? Time.AddSeconds(u) : null }]);
        Assert.Equal(CheckpointState.Ok, State(note, Window(0, 1)));
        Assert.Equal(CheckpointState.KeyWindow, State(note, Window(1, null)));
        Assert.Equal(CheckpointState.KeyWindow, State(note, Window(null, 0)));
        Assert.False(Checkpoint.Verify(Encoding.UTF8.GetBytes(note), Window(null, 0)).Ok);
    }

    [Fact]
    public void R15_A_line_that_claims_a_trusted_key_falsely_spoils_the_note()
    {
        var note = Sample.Sign(Key);
        var forged = (Sample with { Size = 6 }).Text + note.ToString()[note.Text.Length..];
        Assert.Equal(CheckpointState.Signature, State(forged));
    }
}
