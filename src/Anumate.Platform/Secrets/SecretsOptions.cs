using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Anumate.Platform.Secrets;

/// <summary>Who keeps something: this installation itself, or HashiCorp Vault.</summary>
public enum SecretKeeper
{
    Local,
    Vault,
}

/// <summary>Section <c>Anumate:Secrets</c>.</summary>
public sealed class SecretsOptions : IValidatableObject
{
    public const string Section = "Anumate:Secrets";

    /// <summary>
    /// The file that holds the master key (32 bytes in base64, the newest of several first), readable by its owner alone. The embedded
    /// default keeps it in the data folder.
    /// </summary>
    public string KeyFile { get; set; } = "";

    /// <summary>Where secret values are: sealed in the database, or in Vault's KV engine.</summary>
    public SecretKeeper Store { get; set; } = SecretKeeper.Local;

    /// <summary>What wraps tenants' keys and seals signing keys: the key of the file, or Vault's transit engine.</summary>
    public SecretKeeper MasterKey { get; set; } = SecretKeeper.Local;

    [ValidateObjectMembers]
    public VaultOptions Vault { get; set; } = new();

    public bool UsesVault => Store == SecretKeeper.Vault || MasterKey == SecretKeeper.Vault;

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (MasterKey == SecretKeeper.Local && KeyFile.Length == 0)
        {
            yield return new ValidationResult("the KeyFile field is required where the master key is local", [nameof(KeyFile)]);
        }

        if (UsesVault && Vault.Addresses.Length == 0)
        {
            yield return new ValidationResult("the store or the master key is in Vault, and `Vault:Addresses` names no node", [nameof(Vault)]);
        }
    }
}

[OptionsValidator]
public sealed partial class SecretsOptionsValidator : IValidateOptions<SecretsOptions>;
