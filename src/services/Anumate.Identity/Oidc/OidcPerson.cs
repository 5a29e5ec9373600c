using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Anumate.Proofs;

namespace Anumate.Identity.Oidc;

/// <summary>What a verified token says by the issuer's mapping: who, of which tenant, with which rights.</summary>
sealed record OidcPerson(
    string Issuer, string Subject, string Tenant, string Name, PrincipalKind Kind, IReadOnlyList<string> Roles, IReadOnlyList<string> Groups,
    DateTimeOffset IssuedAt, DateTimeOffset Expires)
{
    const int MaxGroups = 100;

    /// <summary>A name nobody else has, for who cannot have the one of the token.</summary>
    public string OwnName => $"oidc-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{Issuer}\n{Subject}")).AsSpan(0, 16))}";

    /// <summary>Null when the token is of no tenant of ours.</summary>
    public static OidcPerson? Of(TokenClaims claims, OidcOptions options)
    {
        if ((options.Tenant ?? Mapped(Texts(claims, options.TenantClaim ?? ""), options.Tenants) switch { [var one] => one, _ => null }) is not { } tenant)
        {
            return null;
        }

        var person = new OidcPerson(
            claims.Issuer, claims.Subject, tenant, "", IsProgram(claims, options) ? PrincipalKind.Service : PrincipalKind.User,
            Mapped(Texts(claims, options.RolesClaim), options.Roles), [.. Mapped(Texts(claims, options.GroupsClaim), options.Groups).Take(MaxGroups)],
            claims.IssuedAt, claims.Expires);
        var name = Text(claims, options.NameClaim)?.ToLowerInvariant();
        return person with { Name = name is not null && Rules.IsPrincipalName(name) ? name : person.OwnName };
    }

    // The signs by which issuers tell a program's token (client credentials) from a person's: RFC 9068 section 2.2, and two wide-spread
    // claims. Who is taken for a program cannot approve, so a sign too many is safe and one too few is not: hence ProgramClaim.
    static bool IsProgram(TokenClaims claims, OidcOptions options) =>
        claims.Subject == Text(claims, "client_id") || claims.Subject == Text(claims, "azp")
        || Text(claims, "gty") == "client-credentials" || Text(claims, "idtyp") == "app"
        || (options.ProgramClaim is { } sign && claims.Others.ContainsKey(sign));

    static IReadOnlyList<string> Mapped(IReadOnlyList<string> values, IList<OidcMapping> mappings) =>
        Rules.Sorted(mappings.Where(m => values.Contains(m.From)).Select(m => m.To));

    static string? Text(TokenClaims claims, string name) => Texts(claims, name) is [var one] ? one : null;

    static IReadOnlyList<string> Texts(TokenClaims claims, string name) => !claims.Others.TryGetValue(name, out var value) ? []
        : value.ValueKind == JsonValueKind.String ? [value.GetString()!]
        : value.ValueKind == JsonValueKind.Array ? [.. value.EnumerateArray().Where(v => v.ValueKind == JsonValueKind.String).Select(v => v.GetString()!)]
        : [];
}
