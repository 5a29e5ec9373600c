using System.Collections.Frozen;

namespace Anumate.Platform.Hosting;

/// <summary>The platform itself as a caller: a service doing its own duty, for no principal.</summary>
public static class PlatformCaller
{
    /// <param name="service">The word of the service that acts.</param>
    /// <param name="scopes">Scopes beyond those every service holds.</param>
    public static Caller For(Id<Tenant> tenant, string service, string correlation, params ReadOnlySpan<string> scopes) => new()
    {
        Tenant = tenant,
        Principal = default,
        Name = "platform",
        Kind = PrincipalKind.Service,
        Credential = CredentialKind.Service,
        Roles = [],
        Scopes = ((string[])[.. Scope.OfServices, .. scopes]).ToFrozenSet(),
        Correlation = correlation,
        Via = service,
    };
}
