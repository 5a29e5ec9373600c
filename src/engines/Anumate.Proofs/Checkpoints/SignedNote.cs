using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;

namespace Anumate.Proofs;

/// <summary>A line of signature under a note: who signed, which key it claims to be, and the signature.</summary>
public sealed record NoteSignature(string Name, uint KeyId, byte[] Signature);

/// <summary>Whether a note bears a valid signature of a key.</summary>
public enum NoteSignatureState
{
    /// <summary>No line of that name and key.</summary>
    Absent,

    /// <summary>A line claims to be of the key and is not.</summary>
    Invalid,

    /// <summary>The key signed.</summary>
    Valid,
}

/// <summary>
/// A signed note (C2SP signed-note): lines of text, an empty line, lines of signatures. Only signatures of Ed25519 (type 0x01) can be
/// verified; others are carried along. Strict: UTF-8 without control characters but the newline, so no CR; at most
/// <see cref="MaxSignatures"/> signatures, none twice.
/// </summary>
public sealed class SignedNote
{
    /// <summary>The most signatures a note may have; a note with more is refused before any is looked at.</summary>
    public const int MaxSignatures = 16;

    /// <summary>The largest note.</summary>
    public const int MaxBytes = 64 * 1024;

    const string Dash = "\u2014 ";

    static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    readonly byte[] _signed;

    SignedNote(string text, IReadOnlyList<NoteSignature> signatures)
    {
        Text = text;
        _signed = Utf8.GetBytes(text);
        Signatures = signatures;
    }

    /// <summary>The signed text; ends with a newline.</summary>
    public string Text { get; }

    /// <summary>The signatures, verified or not.</summary>
    public IReadOnlyList<NoteSignature> Signatures { get; }

    /// <summary>The id of an Ed25519 key that signs under a name: the first four bytes of SHA-256(name ‖ 0x0A ‖ 0x01 ‖ key).</summary>
    public static uint KeyId(string name, Ed25519PublicKey key)
    {
        byte[] input = [.. Utf8.GetBytes(name), 0x0A, 0x01, .. key.Span];
        Span<byte> hash = stackalloc byte[Digest.Size];
        SHA256.HashData(input, hash);
        return BinaryPrimitives.ReadUInt32BigEndian(hash);
    }

    /// <summary>Signs a text under a name.</summary>
    /// <exception cref="ArgumentException">The text or the name cannot stand in a note.</exception>
    public static SignedNote Sign(string text, string name, Ed25519Key key)
    {
        if (!IsText(text) || !IsName(name))
        {
            throw new ArgumentException("a note is lines without control characters, its signer a name without space and `+`",
                nameof(text));
        }

        return new SignedNote(text, []).With(name, key);
    }

    /// <summary>The same note with one more signature.</summary>
    public SignedNote With(string name, Ed25519Key key) =>
        IsName(name) && Signatures.Count < MaxSignatures
            ? new SignedNote(Text, [.. Signatures, new NoteSignature(name, KeyId(name, key.Public), key.Sign(_signed))])
            : throw new ArgumentException("the signer's name is not acceptable or the note has too many signatures", nameof(name));

    /// <summary>Reads a note. What it says is not verified yet: <see cref="StateOf"/>.</summary>
    public static bool TryParse(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out SignedNote? note, out string fault)
    {
        note = null;
        if (bytes.Length > MaxBytes)
        {
            fault = $"the note has more than {MaxBytes} bytes";
            return false;
        }

        // A signature line begins with an em dash; a flood of them is refused before anything is decoded.
        if (bytes.Count("\n\u2014 "u8) > MaxSignatures)
        {
            fault = $"the note has more than {MaxSignatures} signatures";
            return false;
        }

        if (!System.Text.Unicode.Utf8.IsValid(bytes))
        {
            fault = "the note is not valid UTF-8";
            return false;
        }

        return TryParse(Utf8.GetString(bytes), out note, out fault);
    }

    /// <inheritdoc cref="TryParse(ReadOnlySpan{byte}, out SignedNote?, out string)"/>
    public static bool TryParse(string whole, [NotNullWhen(true)] out SignedNote? note, out string fault)
    {
        note = null;
        var split = whole.LastIndexOf("\n\n", StringComparison.Ordinal);
        if (split < 0 || !IsText(whole.AsSpan(0, split + 1)) || !IsText(whole.AsSpan(split + 2)))
        {
            fault = "a note is lines without control characters, an empty line, and lines of signatures";
            return false;
        }

        var lines = whole[(split + 2)..^1].Split('\n');
        if (lines.Length > MaxSignatures)
        {
            fault = $"the note has more than {MaxSignatures} signatures";
            return false;
        }

        var signatures = new List<NoteSignature>(lines.Length);
        foreach (var line in lines)
        {
            if (!TryReadSignature(line, out var signature))
            {
                fault = "a signature line is not of the form «— name base64»";
                return false;
            }

            if (signatures.Any(s => s.KeyId == signature.KeyId && string.Equals(s.Name, signature.Name, StringComparison.Ordinal)))
            {
                fault = $"the note has two signatures of `{signature.Name}` with one key id";
                return false;
            }

            signatures.Add(signature);
        }

        fault = "";
        note = new SignedNote(whole[..(split + 1)], signatures);
        return true;
    }

    /// <summary>
    /// Whether a key signed under a name. Key ids are four bytes, so other keys can have the same one: the line counts for the key that
    /// verifies it, and <see cref="NoteSignatureState.Invalid"/> only says that this key does not.
    /// </summary>
    public NoteSignatureState StateOf(string name, Ed25519PublicKey key)
    {
        var id = KeyId(name, key);
        var line = Signatures.FirstOrDefault(s => s.KeyId == id && string.Equals(s.Name, name, StringComparison.Ordinal));
        return line is null ? NoteSignatureState.Absent
            : key.Verify(_signed, line.Signature) ? NoteSignatureState.Valid
            : NoteSignatureState.Invalid;
    }

    /// <summary>The note as it is stored and sent.</summary>
    public override string ToString()
    {
        var builder = new StringBuilder(Text).Append('\n');
        foreach (var signature in Signatures)
        {
            var blob = new byte[4 + signature.Signature.Length];
            BinaryPrimitives.WriteUInt32BigEndian(blob, signature.KeyId);
            signature.Signature.CopyTo(blob, 4);
            builder.Append(Dash).Append(signature.Name).Append(' ').Append(Convert.ToBase64String(blob)).Append('\n');
        }

        return builder.ToString();
    }

    /// <summary>Whether the text can be a signer's name: not empty, no white space, no control characters, no <c>+</c>.</summary>
    public static bool IsName(string name) =>
        name.Length is > 0 and <= 256
        && !name.Any(c => c == '+' || char.IsWhiteSpace(c) || char.IsControl(c) || char.IsSurrogate(c));

    static bool TryReadSignature(string line, [NotNullWhen(true)] out NoteSignature? signature)
    {
        signature = null;
        if (!line.StartsWith(Dash, StringComparison.Ordinal) || line.IndexOf(' ', Dash.Length) is not (var space and > 0)
            || !IsName(line[Dash.Length..space])
            || !StrictBase64.TryDecode(line.AsSpan(space + 1), out var blob) || blob.Length is < 5 or > 8192)
        {
            return false;
        }

        signature = new NoteSignature(line[Dash.Length..space], BinaryPrimitives.ReadUInt32BigEndian(blob), blob[4..]);
        return true;
    }

    static bool IsText(ReadOnlySpan<char> text)
    {
        if (text.Length < 2 || text[^1] != '\n')
        {
            return false;
        }

        foreach (var c in text)
        {
            if (c != '\n' && char.IsControl(c))
            {
                return false;
            }
        }

        return true;
    }
}
