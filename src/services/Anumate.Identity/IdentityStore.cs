using Anumate.Platform.Data;
using Npgsql;

namespace Anumate.Identity;

/// <summary>What authentication needs to know of a principal, read afresh.</summary>
sealed record Subject(Id<Principal> Id, string Name, PrincipalKind Kind, IReadOnlyList<string> Roles, IReadOnlyList<string> Groups, bool Active)
{
    /// <summary>SHA-256 of the sign-in secret; users only.</summary>
    public byte[]? SecretHash { get; init; }
}

/// <summary>An API key as authentication needs it, with its owner.</summary>
sealed record KeyHolder(Id<ApiKey> Key, IReadOnlyList<string> Roles, DateTimeOffset? Expires, DateTimeOffset? Revoked, Subject Owner);

sealed class IdentityStore(Db db)
{
    const string Groups = "array(select m.grp from identity.membership m where m.tenant_id = p.tenant_id and m.principal = p.id order by m.grp)";

    const string KeyColumns = "id, name, owner, roles, created, expires, revoked, last_used";

    const string FindTenant = "select identity.tenant_named($1)";

    const string SelectTenant = "select tenant_id, name, created from identity.tenant where tenant_id = $1";

    const string InsertTenant = "insert into identity.tenant (name, created) values ($1, $2)";

    const string InsertPrincipal = """
        insert into identity.principal (id, name, kind, roles, active, secret_hash, version, created) values ($1, $2, $3, $4, true, $5, 1, $6)
        """;

    const string InsertMemberships = "insert into identity.membership (principal, grp) select $1, unnest($2::text[])";

    const string DeleteMemberships = "delete from identity.membership where principal = $1 and grp <> all($2)";

    const string AddMemberships = "insert into identity.membership (principal, grp) select $1, unnest($2::text[]) on conflict do nothing";

    const string SubjectById = $"""
        select p.id, p.name, p.kind, p.roles, {Groups},
            p.active, p.secret_hash
        from identity.principal p where p.id = $1
        """;

    const string SubjectByName = $"""
        select p.id, p.name, p.kind, p.roles, {Groups},
            p.active, p.secret_hash
        from identity.principal p where p.name = $1
        """;

    const string HolderOfKey = $"""
        select p.id, p.name, p.kind, p.roles, {Groups},
            p.active, null::bytea, k.id, k.roles, k.expires, k.revoked
        from identity.api_key k join identity.principal p on p.tenant_id = k.tenant_id and p.id = k.owner
        where k.secret_hash = $1
        """;

    const string SelectPrincipal = $"""
        select p.id, p.name, p.kind, p.roles, {Groups},
            p.active, p.created, p.version
        from identity.principal p where p.id = $1
        """;

    const string ListPrincipals = $"""
        select p.id, p.name, p.kind, p.roles, {Groups},
            p.active, p.created, p.version
        from identity.principal p where p.name > $1 order by p.name limit $2
        """;

    const string ListMembers = $"""
        select p.id, p.name, p.kind, p.roles, {Groups},
            p.active, p.created, p.version
        from identity.membership g join identity.principal p on p.tenant_id = g.tenant_id and p.id = g.principal
        where g.grp = $3 and p.name > $1 order by p.name limit $2
        """;

    const string UpdatePrincipal = "update identity.principal set roles = $3, active = $4, version = version + 1 where id = $1 and version = $2";

    const string UpdateSecret = "update identity.principal set secret_hash = $3, version = version + 1 where id = $1 and version = $2";

    const string InsertKey = """
        insert into identity.api_key (id, name, owner, roles, secret_hash, created, expires) values ($1, $2, $3, $4, $5, $6, $7)
        """;

    const string SelectKey = $"select {KeyColumns} from identity.api_key where id = $1";

    const string ListKeys = $"""
        select {KeyColumns} from identity.api_key where id < $1 order by id desc limit $2
        """;

    const string ListKeysOfOwner = $"""
        select {KeyColumns} from identity.api_key where owner = $3 and id < $1 order by id desc limit $2
        """;

    const string RevokeKey = "update identity.api_key set revoked = $2 where id = $1 and revoked is null";

    const string TouchKeys = """
        update identity.api_key k set last_used = u.at from unnest($1::uuid[], $2::timestamptz[]) as u (id, at)
        where k.id = u.id and (k.last_used is null or k.last_used < u.at)
        """;

    public async Task<Id<Tenant>?> FindTenantAsync(string name, CancellationToken ct) =>
        await db.ForPlatform().FirstAsync(FindTenant, r => r.IdOrNull<Tenant>(0), ct, name);

    public Task<Tenant?> TenantAsync(Id<Tenant> tenant, CancellationToken ct) =>
        db.For(tenant).FirstAsync(SelectTenant, r => new Tenant(r.Id<Tenant>(0), r.GetString(1), r.Time(2)), ct, tenant);

    public Task<Subject?> SubjectAsync(Id<Tenant> tenant, Id<Principal> id, CancellationToken ct) =>
        db.For(tenant).FirstAsync(SubjectById, ToSubject, ct, id);

    public Task<Subject?> SubjectNamedAsync(Id<Tenant> tenant, string name, CancellationToken ct) =>
        db.For(tenant).FirstAsync(SubjectByName, ToSubject, ct, name);

    public Task<KeyHolder?> KeyHolderAsync(Id<Tenant> tenant, byte[] secretHash, CancellationToken ct) =>
        db.For(tenant).FirstAsync(HolderOfKey,
            r => new KeyHolder(r.Id<ApiKey>(7), r.Texts(8), r.TimeOrNull(9), r.TimeOrNull(10), ToSubject(r)), ct, secretHash);

    public Batch TenantBatch(Id<Tenant> tenant, string name, DateTimeOffset created) => db.For(tenant)
        .Run(InsertTenant, name, created).Or(() => IdentityProblems.TenantExists(name));

    public Batch PrincipalBatch(Id<Tenant> tenant) => db.For(tenant);

    public static Batch Add(Batch batch, Principal principal, byte[]? secretHash) => batch
        .Run(InsertPrincipal, principal.Id, principal.Name, Words.Of(principal.Kind), principal.Roles, secretHash, principal.Created)
        .Or(() => IdentityProblems.PrincipalExists(principal.Name))
        .Run(InsertMemberships, principal.Id, principal.Groups);

    public Task<Versioned<Principal>?> PrincipalAsync(Id<Tenant> tenant, Id<Principal> id, CancellationToken ct) =>
        db.For(tenant).FirstAsync(SelectPrincipal, ToPrincipal, ct, id);

    public async Task<IReadOnlyList<Principal>> PrincipalsAsync(Id<Tenant> tenant, string? group, string after, int count, CancellationToken ct)
    {
        var batch = db.For(tenant);
        var rows = group is null
            ? await batch.ListAsync(ListPrincipals, ToPrincipal, ct, after, count)
            : await batch.ListAsync(ListMembers, ToPrincipal, ct, after, count, group);
        return [.. rows.Select(v => v.Value)];
    }

    public Batch Update(Id<Tenant> tenant, Id<Principal> id, PrincipalUpdate update, long version) => Update(db.For(tenant), id, update, version);

    public static Batch Update(Batch batch, Id<Principal> id, PrincipalUpdate update, long version) => batch
        .One(UpdatePrincipal, id, version, update.Roles, update.Active)
        .Run(DeleteMemberships, id, update.Groups)
        .Run(AddMemberships, id, update.Groups);

    public Batch ResetSecret(Id<Tenant> tenant, Id<Principal> id, byte[] secretHash, long version) => db.For(tenant)
        .One(UpdateSecret, id, version, secretHash);

    public Batch Add(Id<Tenant> tenant, ApiKey key, byte[] secretHash) => db.For(tenant)
        .Run(InsertKey, key.Id, key.Name, key.Owner, key.Roles, secretHash, key.Created, key.Expires);

    public Task<ApiKey?> KeyAsync(Id<Tenant> tenant, Id<ApiKey> id, CancellationToken ct) =>
        db.For(tenant).FirstAsync(SelectKey, ToKey, ct, id);

    public Task<IReadOnlyList<ApiKey>> KeysAsync(Id<Tenant> tenant, Id<Principal>? owner, Id<ApiKey> before, int count, CancellationToken ct)
    {
        var batch = db.For(tenant);
        return owner is { } one
            ? batch.ListAsync(ListKeysOfOwner, ToKey, ct, before, count, one)
            : batch.ListAsync(ListKeys, ToKey, ct, before, count);
    }

    public Batch Revoke(Id<Tenant> tenant, Id<ApiKey> id, DateTimeOffset now) => db.For(tenant).One(RevokeKey, id, now);

    public Task TouchAsync(Id<Tenant> tenant, IReadOnlyList<Guid> keys, IReadOnlyList<DateTimeOffset> times, CancellationToken ct) =>
        db.For(tenant).Run(TouchKeys, keys, times).SaveAsync(ct);

    internal static Subject ToSubject(NpgsqlDataReader r) =>
        new(r.Id<Principal>(0), r.GetString(1), Words.Kind(r.GetString(2)), r.Texts(3), r.Texts(4), r.GetBoolean(5)) { SecretHash = r.BytesOrNull(6) };

    static Versioned<Principal> ToPrincipal(NpgsqlDataReader r) => new(
        new Principal(r.Id<Principal>(0), r.GetString(1), Words.Kind(r.GetString(2)), r.Texts(3), r.Texts(4), r.GetBoolean(5), r.Time(6)), r.GetInt64(7));

    static ApiKey ToKey(NpgsqlDataReader r) => new(
        r.Id<ApiKey>(0), r.GetString(1), r.Id<Principal>(2), r.Texts(3), r.Time(4), r.TimeOrNull(5), r.TimeOrNull(6), r.TimeOrNull(7));
}

/// <summary>Kinds of principals as the database spells them.</summary>
static class Words
{
    public static string Of(PrincipalKind kind) => kind switch
    {
        PrincipalKind.User => "user",
        PrincipalKind.Service => "service",
        PrincipalKind.Agent => "agent",
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };

    public static PrincipalKind Kind(string word) => word switch
    {
        "user" => PrincipalKind.User,
        "service" => PrincipalKind.Service,
        "agent" => PrincipalKind.Agent,
        _ => throw new ArgumentOutOfRangeException(nameof(word)),
    };
}
