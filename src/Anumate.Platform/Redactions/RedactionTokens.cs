using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Anumate.Proofs;
using Anumate.Redaction;

namespace Anumate.Platform.Redactions;

/// <summary>
/// Tokens of one document. A token follows from the value, the tenant's key and the scope, so that a call that is made again, and an approval
/// of its arguments, meet the same one. It tells nothing of the value to who has not the key.
/// </summary>
sealed class RedactionTokens : IRedactionTokens, IDisposable
{
    /// <summary>Values of one document that get tokens; further ones are dropped.</summary>
    public const int Most = 10_000;

    const string Prefix = "t1.";

    const int Size = 18;

    readonly RedactionPlace place;
    readonly byte[] key;
    readonly Dictionary<string, string?> made = new(StringComparer.Ordinal);
    readonly RandomNumberGenerator random = RandomNumberGenerator.Create();

    public RedactionTokens(RedactionPlace place, SealKey tenant)
    {
        this.place = place;
        key = HMACSHA256.HashData(tenant.Derive("redaction/token"), Encoding.UTF8.GetBytes(place.Scope));
    }

    /// <summary>Whether a text has the form of a token.</summary>
    public static bool IsOne(string text) => text.StartsWith(Prefix, StringComparison.Ordinal) && text.Length == Prefix.Length + Base64Url.GetEncodedLength(Size)
        && text[Prefix.Length..].All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_');

    /// <summary>What is to be stored: tokens, and the values they stand for, sealed.</summary>
    public IEnumerable<(string Token, string Text)> Sealed => made.Where(m => m.Value is not null).Select(m => (m.Key, m.Value!));

    public string? Seal(ReadOnlySpan<byte> value)
    {
        Span<byte> hash = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(key, value, hash);
        var token = Prefix + Base64Url.EncodeToString(hash[..Size]);
        if (!made.ContainsKey(token))
        {
            if (made.Count >= Most)
            {
                return null;
            }

            made.Add(token, place.Seal?.Seal(value, ContextOf(token), random));
        }

        return token;
    }

    public void Dispose()
    {
        CryptographicOperations.ZeroMemory(key);
        random.Dispose();
    }

    /// <summary>What a sealed value is bound to: it opens under its own token only.</summary>
    public static string ContextOf(string token) => $"redaction/{token}";
}
