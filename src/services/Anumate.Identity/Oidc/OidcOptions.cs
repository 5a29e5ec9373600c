using System.ComponentModel.DataAnnotations;
using Anumate.Proofs;
using Microsoft.Extensions.Options;

namespace Anumate.Identity.Oidc;

/// <summary>One value of a claim and what it means here.</summary>
public sealed class OidcMapping
{
    /// <summary>The value in the token, compared byte for byte.</summary>
    [Required]
    public string From { get; set; } = "";

    /// <summary>The role, group or tenant it stands for.</summary>
    [Required]
    public string To { get; set; } = "";

    public override string ToString() => $"{From} -> {To}";
}

/// <summary>An OIDC issuer whose access tokens are accepted: an item of <c>Anumate:Identity:Issuers</c>.</summary>
public sealed class OidcOptions : IValidatableObject
{
    /// <summary>The issuer's identifier, as in its tokens; <c>/.well-known/openid-configuration</c> is read below it.</summary>
    [Required]
    public string Issuer { get; set; } = "";

    /// <summary>What this platform is called in <c>aud</c>.</summary>
    [Required, MinLength(1)]
    public IList<string> Audiences { get; set; } = [];

    /// <summary>Allowed signature algorithms; none named: RS256, PS256, ES256 and EdDSA.</summary>
    public IList<string> Algorithms { get; set; } = [];

    /// <summary>Allowed values of the header <c>typ</c>; none named: <c>at+jwt</c> (RFC 9068), so that an ID token is not one.</summary>
    public IList<string> Types { get; set; } = [];

    /// <summary>The tenant of everybody this issuer knows; or <see cref="TenantClaim"/> and <see cref="Tenants"/>.</summary>
    public string? Tenant { get; set; }

    /// <summary>The claim that tells the tenant.</summary>
    public string? TenantClaim { get; set; }

    /// <summary>Which value of that claim is which tenant. A value that is not listed is refused.</summary>
    [ValidateEnumeratedItems]
    public IList<OidcMapping> Tenants { get; set; } = [];

    /// <summary>The claim with a person's short name.</summary>
    [Required]
    public string NameClaim { get; set; } = "preferred_username";

    /// <summary>The claim with role names: a text, or a list of texts.</summary>
    [Required]
    public string RolesClaim { get; set; } = "roles";

    /// <summary>Which value is which role. A value that is not listed gives none: no issuer makes somebody an admin by chance.</summary>
    [ValidateEnumeratedItems]
    public IList<OidcMapping> Roles { get; set; } = [];

    /// <summary>The claim with group names.</summary>
    [Required]
    public string GroupsClaim { get; set; } = "groups";

    /// <summary>Which value is which group. A value that is not listed gives none.</summary>
    [ValidateEnumeratedItems]
    public IList<OidcMapping> Groups { get; set; } = [];

    /// <summary>A claim that only tokens of programs have, beside the signs known already; see docs/identity.md.</summary>
    public string? ProgramClaim { get; set; }

    /// <summary>The clock difference allowed for.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:02:00")]
    public TimeSpan Skew { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How long its keys are used before they are read again; bounds how long a key that it withdrew still counts.</summary>
    [Range(typeof(TimeSpan), "00:00:10", "1.00:00:00")]
    public TimeSpan KeysFreshFor { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>How long its keys are still used while it cannot be reached.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "1.00:00:00")]
    public TimeSpan KeysUsableFor { get; set; } = TimeSpan.FromHours(1);

    /// <summary>The shortest time between two readings, whatever keys tokens name.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:10:00")]
    public TimeSpan RefetchAtMostEvery { get; set; } = TimeSpan.FromSeconds(30);

    internal IReadOnlyList<string> AlgorithmsInEffect => Algorithms is [] ? ["RS256", "PS256", "ES256", "EdDSA"] : [.. Algorithms];

    internal IReadOnlyList<string> TypesInEffect => Types is [] ? ["at+jwt"] : [.. Types];

    public override string ToString() => Issuer;

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext) => Faults().Select(f => new ValidationResult($"issuer `{Issuer}`: {f}"));

    IEnumerable<string> Faults()
    {
        if (!IsSafe(Issuer) || Issuer.Length > 300 || Issuer.Contains('?') || Issuer.Contains('#'))
        {
            yield return "Issuer must be an https address (http on this machine only) without query, of at most 300 characters";
        }

        if (Algorithms.FirstOrDefault(a => !OidcKey.Algorithms.Contains(a)) is { } alg)
        {
            yield return $"`{alg}` is not an algorithm that can be allowed; those are {string.Join(", ", OidcKey.Algorithms)}";
        }

        if (Types.Any(t => t.Length == 0 || t.Any(char.IsUpper) || t.Contains('/')))
        {
            yield return "Types are in lower case and without `application/`";
        }

        if (Tenant is null ? TenantClaim is null || Tenants is [] : TenantClaim is not null || Tenants is not [])
        {
            yield return "give either Tenant, or TenantClaim and Tenants";
        }

        if (Tenants.Select(t => t.To).Append(Tenant ?? "x").Any(t => !Rules.IsTenantName(t)))
        {
            yield return "a tenant is named by 1 to 63 of a-z, 0-9 and -";
        }

        if (Roles.Any(r => !Role.Scopes.ContainsKey(r.To)))
        {
            yield return $"roles are {string.Join(", ", Role.All)}";
        }

        if (Groups.Any(g => !Rules.IsGroupName(g.To)))
        {
            yield return "a group is named by 1 to 63 of a-z, 0-9, - and _";
        }
    }

    /// <summary>Whether what is read there cannot be changed on the way: https, or http that does not leave this machine.</summary>
    internal static bool IsSafe(string text) => Uri.TryCreate(text, UriKind.Absolute, out var address)
        && (address.Scheme == Uri.UriSchemeHttps || (address.Scheme == Uri.UriSchemeHttp && address.IsLoopback));
}
