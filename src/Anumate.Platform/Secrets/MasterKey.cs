using System.ComponentModel.DataAnnotations;
using System.Security.Cryptography;
using Anumate.Proofs;
using Microsoft.Extensions.Options;

namespace Anumate.Platform.Secrets;

/// <summary>Section <c>Anumate:Secrets</c>.</summary>
public sealed class SecretsOptions
{
    public const string Section = "Anumate:Secrets";

    /// <summary>The file that holds the master key (32 bytes in base64), readable by its owner alone. The embedded default keeps it in the data folder.</summary>
    [Required]
    public string KeyFile { get; set; } = "";
}

[OptionsValidator]
public sealed partial class SecretsOptionsValidator : IValidateOptions<SecretsOptions>;

/// <summary>
/// The key above all keys of this installation. It wraps tenants' keys and seals private signing keys; it never leaves its file.
/// Every process of an installation needs the same file. Whoever loses it loses what it sealed.
/// </summary>
public sealed class MasterKey
{
    const string Mark = "anumate-master-key-1 ";

    MasterKey(SealKey key) => Key = key;

    internal SealKey Key { get; }

    /// <summary>Reads the key file.</summary>
    /// <exception cref="SetupException">It is absent, open to others or not a key file.</exception>
    public static MasterKey Open(string path)
    {
        var content = PrivateFile.Read(path)
            ?? throw new SetupException($"there is no key file `{path}`; restore it from its backup, or make a new installation's with: anumate migrate");
        var text = System.Text.Encoding.ASCII.GetString(content).Trim();
        var raw = new byte[SealKey.Size];
        if (!text.StartsWith(Mark, StringComparison.Ordinal) || !Convert.TryFromBase64String(text[Mark.Length..], raw, out var length) || length != SealKey.Size)
        {
            throw new SetupException($"`{path}` is not a key file; restore it from its backup");
        }

        // The key's name is a digest of it: what another key sealed is known as such.
        var master = new MasterKey(new SealKey("m-" + Digest.Of([.. "anumate"u8, .. raw]).ToString()[7..23], raw));
        CryptographicOperations.ZeroMemory(raw);
        CryptographicOperations.ZeroMemory(content);
        return master;
    }

    /// <summary>A key that is nowhere kept, for a host that stores nothing.</summary>
    public static MasterKey Fleeting()
    {
        using var random = RandomNumberGenerator.Create();
        return new MasterKey(SealKey.New("m-fleeting", random));
    }

    /// <summary>Reads the key file, made first where there is none.</summary>
    public static MasterKey OpenOrCreate(string path)
    {
        if (!File.Exists(path))
        {
            PrivateFile.Write(path, System.Text.Encoding.ASCII.GetBytes(Mark + Convert.ToBase64String(RandomNumberGenerator.GetBytes(SealKey.Size)) + "\n"));
        }

        return Open(path);
    }
}
