using System.ComponentModel.DataAnnotations;

namespace Anumate.Platform.Secrets;

/// <summary>How this installation signs in to Vault.</summary>
public enum VaultLoginKind
{
    /// <summary>A role id and a secret id (<c>auth/approle</c>).</summary>
    AppRole,

    /// <summary>The service account of the pod (<c>auth/kubernetes</c>).</summary>
    Kubernetes,
}

/// <summary>HashiCorp Vault, section <c>Anumate:Secrets:Vault</c>; needed where the store or the master key is there.</summary>
public sealed class VaultOptions : IValidatableObject
{
    /// <summary>The nodes, parted by commas: <c>https://vault-0:8200,https://vault-1:8200</c>. A node that is sealed, on standby or away is passed over.</summary>
    public string Addresses { get; set; } = "";

    /// <summary>The namespace of Vault Enterprise, sent as <c>X-Vault-Namespace</c>.</summary>
    public string Namespace { get; set; } = "";

    public VaultLoginKind Login { get; set; } = VaultLoginKind.AppRole;

    /// <summary>Where the login method is mounted; by default <c>approle</c> or <c>kubernetes</c>.</summary>
    public string LoginMount { get; set; } = "";

    /// <summary>AppRole: the role id. Kubernetes: the name of the role.</summary>
    public string Role { get; set; } = "";

    /// <summary>AppRole: the file that holds the secret id. It is read at every login, so a new one needs no restart.</summary>
    public string SecretIdFile { get; set; } = "";

    /// <summary>Kubernetes: the file that holds the service account's token.</summary>
    public string TokenFile { get; set; } = "/var/run/secrets/kubernetes.io/serviceaccount/token";

    /// <summary>The mount of the KV secrets engine, version 2.</summary>
    public string KvMount { get; set; } = "secret";

    /// <summary>The folder of this installation in it; below it a folder per tenant.</summary>
    public string KvFolder { get; set; } = "anumate";

    public string TransitMount { get; set; } = "transit";

    /// <summary>The transit key that wraps tenants' keys and seals signing keys, where <c>MasterKey</c> is <c>vault</c>.</summary>
    public string TransitKey { get; set; } = "anumate";

    /// <summary>A file with the certificates (PEM) of the authority that Vault's certificate comes from; the system's authorities when empty.</summary>
    public string CaFile { get; set; } = "";

    /// <summary>How long one node may take to answer.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:01:00")]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>How long a value is used without asking again: a change in Vault arrives within this time.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "01:00:00")]
    public TimeSpan CacheFor { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How old a value may be that is used while no node answers. What Vault refuses or no longer has is never used.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "1.00:00:00")]
    public TimeSpan UsableFor { get; set; } = TimeSpan.FromMinutes(15);

    /// <summary>The most values in memory.</summary>
    [Range(1, 1_000_000)]
    public int CacheSize { get; set; } = 10_000;

    public IReadOnlyList<Uri> Nodes() =>
        [.. Addresses.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(a => new Uri(a.TrimEnd('/') + "/"))];

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        foreach (var address in Addresses.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (!Uri.TryCreate(address, UriKind.Absolute, out var uri) || uri.Scheme is not ("https" or "http") || (uri.Scheme == "http" && !uri.IsLoopback))
            {
                yield return new ValidationResult($"`{address}` is no https address (http is for this machine alone)", [nameof(Addresses)]);
            }
        }

        if (Addresses.Length > 0 && (Role.Length == 0 || (Login == VaultLoginKind.AppRole && SecretIdFile.Length == 0)))
        {
            yield return new ValidationResult("a login needs `Role`, and AppRole `SecretIdFile`", [nameof(Role)]);
        }
    }
}
