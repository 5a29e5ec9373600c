using Anumate.Platform.Data;

namespace Anumate.Identity.Oidc;

/// <summary>Whom an issuer's subject is here, and when the token was issued whose roles and groups stand.</summary>
sealed record ExternalSubject(Subject Subject, long Version, DateTimeOffset ClaimsAt);

sealed class OidcStore(Db db)
{
    const string Find = """
        select p.id, p.name, p.kind, p.roles,
            array(select m.grp from identity.membership m where m.tenant_id = p.tenant_id and m.principal = p.id order by m.grp),
            p.active, null::bytea, p.version, e.claims_at
        from identity.external_subject e join identity.principal p on p.tenant_id = e.tenant_id and p.id = e.principal
        where e.issuer = $1 and e.subject = $2
        """;

    const string Insert = "insert into identity.external_subject (issuer, subject, principal, claims_at) values ($1, $2, $3, $4)";

    const string Seen = "update identity.external_subject set claims_at = $3 where issuer = $1 and subject = $2 and claims_at < $3";

    const string OfPrincipal = "select issuer from identity.external_subject where principal = $1";

    public Task<ExternalSubject?> FindAsync(Id<Tenant> tenant, OidcPerson person, CancellationToken ct) => db.For(tenant).FirstAsync(Find,
        r => new ExternalSubject(IdentityStore.ToSubject(r), r.GetInt64(7), r.Time(8)), ct, person.Issuer, person.Subject);

    /// <summary>The issuer by which a principal signs in; null when it is ours.</summary>
    public Task<string?> IssuerOfAsync(Id<Tenant> tenant, Id<Principal> principal, CancellationToken ct) =>
        db.For(tenant).FirstAsync(OfPrincipal, r => r.GetString(0), ct, principal);

    public Batch Add(Id<Tenant> tenant, OidcPerson person, Id<Principal> principal, Func<Batch, Batch> add) =>
        add(db.For(tenant)).Run(Insert, person.Issuer, person.Subject, principal, person.IssuedAt);

    public Batch Follow(Id<Tenant> tenant, OidcPerson person, Func<Batch, Batch>? update = null)
    {
        var batch = db.For(tenant).One(Seen, person.Issuer, person.Subject, person.IssuedAt);
        return update?.Invoke(batch) ?? batch;
    }
}
