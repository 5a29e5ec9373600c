using System.ComponentModel.DataAnnotations;
using Anumate.Identity.Oidc;
using Microsoft.Extensions.Options;

namespace Anumate.Identity;

/// <summary>Section <c>Anumate:Identity</c>.</summary>
public sealed class IdentityOptions
{
    /// <summary>How long an access token of the built-in issuer lasts.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "12:00:00")]
    public TimeSpan AccessTokenLifetime { get; set; } = TimeSpan.FromHours(8);

    /// <summary>How long a credential that was looked up is believed without another look; bounds how late a revocation in another process takes effect.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:00:02")]
    public TimeSpan CredentialCache { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>How many credentials are kept in the cache.</summary>
    [Range(16, 1_000_000)]
    public int CredentialCacheSize { get; set; } = 10_000;

    /// <summary>How often the time of last use of API keys is written.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan LastUsedInterval { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>OIDC issuers whose access tokens are accepted beside those of the built-in one; see docs/identity.md.</summary>
    [ValidateEnumeratedItems]
    public IList<OidcOptions> Issuers { get; set; } = [];
}

[OptionsValidator]
sealed partial class IdentityOptionsValidator : IValidateOptions<IdentityOptions>;
