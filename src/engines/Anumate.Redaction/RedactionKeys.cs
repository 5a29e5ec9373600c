namespace Anumate.Redaction;

/// <summary>
/// What redaction needs of its host. Without a key <c>hash</c> drops the value, and without tokens <c>token</c> does: what cannot be
/// redacted is not shown.
/// </summary>
public sealed class RedactionKeys
{
    /// <summary>Bytes of a hash key, at least.</summary>
    public const int MinHashKey = 16;

    /// <summary>Neither hashes nor tokens.</summary>
    public static readonly RedactionKeys None = new();

    readonly byte[]? hashKey;

    /// <summary>The key of <c>hash</c>, one for each tenant: whoever has it can try values.</summary>
    public ReadOnlyMemory<byte> HashKey
    {
        get => hashKey;
        init => hashKey = value.Length >= MinHashKey
            ? value.ToArray()
            : throw new ArgumentException($"a hash key has at least {MinHashKey} bytes", nameof(value));
    }

    /// <summary>Makes tokens.</summary>
    public IRedactionTokens? Tokens { get; init; }
}

/// <summary>Seals values so that those allowed can have them back. Implemented by the host, which knows who that is.</summary>
public interface IRedactionTokens
{
    /// <summary>
    /// The text that stands for a value, or null when there can be none; throwing means the same. It must not contain the value. It
    /// holds letters, digits and <c>. _ - =</c> only: anything else drops the value.
    /// </summary>
    string? Seal(ReadOnlySpan<byte> value);
}
