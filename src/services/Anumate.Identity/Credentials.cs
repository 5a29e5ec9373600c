using System.Buffers;
using System.Security.Cryptography;
using System.Text;

namespace Anumate.Identity;

/// <summary>
/// Secrets of people and programs. An API key reads <c>ank_</c>, its tenant's id, <c>_</c> and 256 random bits in hexadecimal: the
/// tenant tells where to look the key up, so that no lookup ever crosses tenants. A sign-in secret is <c>ans_</c> and 256 bits.
/// </summary>
static class Credentials
{
    public const string KeyPrefix = "ank_", SecretPrefix = "ans_";

    const int TenantLength = 26, HexLength = 64;

    public static string NewSecret() => SecretPrefix + Random();

    public static string NewKey(Id<Tenant> tenant) => $"{KeyPrefix}{tenant.ToString()[4..]}_{Random()}";

    /// <summary>What is stored of a secret. It is random, so one round of SHA-256 suffices.</summary>
    public static byte[] Hash(string secret) => SHA256.HashData(Encoding.UTF8.GetBytes(secret));

    /// <summary>Whether the secret is the one of which the hash is kept, in constant time.</summary>
    public static bool Matches(string secret, byte[]? hash) => CryptographicOperations.FixedTimeEquals(Hash(secret), hash ?? NoHash);

    /// <summary>Whether a text has the form of an API key, and of which tenant.</summary>
    public static bool TryReadKey(string text, out Id<Tenant> tenant)
    {
        tenant = default;
        return text.Length == KeyPrefix.Length + TenantLength + 1 + HexLength
            && text.StartsWith(KeyPrefix, StringComparison.Ordinal)
            && text[KeyPrefix.Length + TenantLength] == '_'
            && !text.AsSpan(^HexLength..).ContainsAnyExcept(Hex)
            && Id<Tenant>.TryParse($"{Tenant.Prefix}_{text.AsSpan(KeyPrefix.Length, TenantLength)}", null, out tenant);
    }

    static readonly SearchValues<char> Hex = SearchValues.Create("0123456789abcdef");

    // SHA-256 of no known input: nothing matches it.
    static readonly byte[] NoHash = new byte[32];

    static string Random() => RandomNumberGenerator.GetHexString(HexLength, lowercase: true);
}
