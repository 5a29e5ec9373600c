using Anumate.Platform.Hosting;
using Anumate.Proofs;
using Microsoft.Extensions.Logging;

namespace Anumate.Identity.Oidc;

/// <summary>
/// Sign-in by the tokens of configured issuers. Who comes for the first time becomes a principal; roles and groups follow the newest
/// token seen, so that approvals and gates, which read them from the database, agree with the issuer. Whether somebody is active is
/// the admin's word alone.
/// </summary>
sealed partial class OidcSignIn : IDisposable
{
    readonly Dictionary<string, OidcIssuer> _issuers;
    readonly HttpMessageInvoker _http;
    readonly IdentityStore _store;
    readonly OidcStore _people;
    readonly TimeProvider _time;
    readonly ILogger<OidcSignIn> _log;

    public OidcSignIn(IdentityOptions options, IdentityStore store, OidcStore people, TimeProvider time, ILogger<OidcSignIn> log)
    {
        (_store, _people, _time, _log) = (store, people, time, log);
        _http = new HttpMessageInvoker(new SocketsHttpHandler
        {
            AllowAutoRedirect = false, UseCookies = false, ConnectTimeout = TimeSpan.FromSeconds(5), PooledConnectionLifetime = TimeSpan.FromMinutes(2),
        });
        _issuers = options.Issuers.ToDictionary(o => o.Issuer, o => new OidcIssuer(o, _http, time, log), StringComparer.Ordinal);
    }

    /// <summary>The principal of a token and the token's end; null when it does not hold.</summary>
    public async Task<(Id<Tenant> Tenant, Subject Subject, DateTimeOffset Expires)?> AuthenticateAsync(string credential, CancellationToken ct)
    {
        if (_issuers.Count == 0 || !OidcToken.TryRead(credential, out var token) || !_issuers.TryGetValue(token.Issuer, out var issuer))
        {
            return null;
        }

        var verified = await issuer.VerifyAsync(token, ct);
        if (!verified.Ok)
        {
            Refused(issuer.Options.Issuer, verified.Code);
            return null;
        }

        if (OidcPerson.Of(verified.Claims, issuer.Options) is not { } person || await _store.FindTenantAsync(person.Tenant, ct) is not { } tenant)
        {
            Refused(issuer.Options.Issuer, "no-tenant");
            return null;
        }

        return (tenant, await PrincipalOfAsync(tenant, person, ct), person.Expires + issuer.Options.Skew);
    }

    public void Dispose()
    {
        _http.Dispose();
        foreach (var issuer in _issuers.Values)
        {
            issuer.Dispose();
        }
    }

    async Task<Subject> PrincipalOfAsync(Id<Tenant> tenant, OidcPerson person, CancellationToken ct)
    {
        // Others may bring the same person, or take the name, at the same moment: each round one gets through.
        for (var round = 1; ; round++)
        {
            try
            {
                return await _people.FindAsync(tenant, person, ct) switch
                {
                    null => await WelcomeAsync(tenant, person, ct),
                    var known when known.ClaimsAt < person.IssuedAt => await FollowAsync(tenant, known, person, ct),
                    var known => known.Subject,
                };
            }
            catch (ProblemException e) when (e.Problem.Code is "version-conflict" or "conflict" && round < 8)
            {
                // Look again.
            }
            catch (ProblemException e) when (e.Problem.Code == "principal-exists" && person.Name != person.OwnName)
            {
                // The name is another's, who must not be taken over by it.
                person = person with { Name = person.OwnName };
            }
        }
    }

    async Task<Subject> WelcomeAsync(Id<Tenant> tenant, OidcPerson person, CancellationToken ct)
    {
        var principal = new Principal(Id<Principal>.New(_time), person.Name, person.Kind, person.Roles, person.Groups, true, _time.GetUtcNow());
        await _people.Add(tenant, person, principal.Id, b => IdentityStore.Add(b, principal, null))
            .Event(By(tenant), IdentityService.Changed(principal, 1))
            .Audit(IdentityService.RecordOf(By(tenant), _time, "principal.created", principal))
            .SaveAsync(ct);
        return new Subject(principal.Id, principal.Name, principal.Kind, principal.Roles, principal.Groups, true);
    }

    async Task<Subject> FollowAsync(Id<Tenant> tenant, ExternalSubject known, OidcPerson person, CancellationToken ct)
    {
        var before = known.Subject;
        if (before.Roles.SequenceEqual(person.Roles) && before.Groups.SequenceEqual(person.Groups))
        {
            await _people.Follow(tenant, person).SaveAsync(ct);
            return before;
        }

        var after = before with { Roles = person.Roles, Groups = person.Groups };
        var principal = new Principal(after.Id, after.Name, after.Kind, after.Roles, after.Groups, after.Active, default);
        await _people.Follow(tenant, person, b => IdentityStore.Update(b, after.Id, new PrincipalUpdate(after.Roles, after.Groups, after.Active), known.Version))
            .Event(By(tenant), IdentityService.Changed(principal, known.Version + 1))
            .Audit(IdentityService.RecordOf(By(tenant), _time, "principal.changed", principal))
            .SaveAsync(ct);
        return after;
    }

    static Caller By(Id<Tenant> tenant) => PlatformCaller.For(tenant, "identity", "sign-in");

    [LoggerMessage(LogLevel.Information, "a token of {Issuer} was refused: {Code}")]
    private partial void Refused(string issuer, string code);
}
