using Anumate.Platform.Data;
using Anumate.Platform.Http;
using Npgsql;

namespace Anumate.Policies;

sealed class PolicyStore(Db db)
{
    // Touches its row only where whom the policy rules stays the same. A policy that was deleted is back.
    const string KeepPolicy = """
        insert into policies.policy as p (name, binding, created) values ($1, $2, $3)
        on conflict (tenant_id, name) do update set binding = excluded.binding, deleted = null where p.binding = excluded.binding
        """;

    // Whoever publishes a version of it waits here, and a statement of its own then sees what was published meanwhile.
    const string LockPolicy = "select 1 from policies.policy where name = $1 and deleted is null for update";

    const string DemandHighest = "select 1 where $2 = (select max(version) from policies.policy_version where name = $1)";

    const string DeletePolicy = "update policies.policy set deleted = $2 where name = $1 and deleted is null";

    const string InsertVersion = """
        insert into policies.policy_version (id, name, version, digest, source, published_by, published_at) values ($1, $2, $3, $4, $5, $6, $7)
        on conflict (tenant_id, name, version) do nothing
        """;

    const string Select = """
        select v.id, v.name, v.version, p.binding, v.digest, v.source, v.published_by, v.published_at, p.deleted
        from policies.policy_version v join policies.policy p on p.name = v.name
        """;

    const string ById = $"{Select} where v.id = $1";

    const string ByNumber = $"{Select} where v.name = $1 and v.version = $2";

    const string ListAll = $"""
        {Select}
        where ($1::text is null or v.name = $1) and ($2 or p.deleted is null) and ($3::uuid is null or v.id < $3)
        order by v.id desc limit $4
        """;

    // Number 0 asks for the highest.
    const string Referenced = $"""
        {Select}
        join unnest($1::text[], $2::int[]) as r (name, version) on v.name = r.name
            and v.version = case when r.version > 0 then r.version
                else (select max(h.version) from policies.policy_version h where h.name = r.name) end
        where p.deleted is null
        """;

    const string OfTenant = $"""
        {Select}
        where p.binding = 'tenant' and p.deleted is null and v.version = (select max(h.version) from policies.policy_version h where h.name = v.name)
        """;

    const string Current = $"""
        {Select}
        where p.deleted is null and v.version = (select max(h.version) from policies.policy_version h where h.name = v.name) order by v.name limit 500
        """;

    const string ByDigests = $"{Select} where v.digest = any($1)";

    /// <summary>Writes a new version with its event and audit record, or answers what the same request was answered.</summary>
    public Task<PolicyVersion> SaveAsync(Caller caller, PolicyVersion policy, Once once, AuditRecord record, CancellationToken ct) =>
        db.For(caller.Tenant)
            .One(KeepPolicy, policy.Name, Word(policy.Binding), policy.PublishedAt)
                .Or(() => PolicyProblems.BindingChanged(policy.Name, policy.Binding))
            .One(InsertVersion, policy.Id, policy.Name, policy.Version, policy.Digest, policy.Source, policy.PublishedBy,
                policy.PublishedAt)
            .Or(() => PolicyProblems.VersionExists(policy.Name, policy.Version))
            .Event(caller, new PolicyPublished(policy.Id, policy.Name, policy.Version, policy.Binding, policy.Digest))
            .Audit(record)
            .SaveOnceAsync(caller, once, policy, ct);

    /// <summary>Writes the version that follows <paramref name="highest"/>, with its event and audit record.</summary>
    public Task UpdateAsync(Caller caller, PolicyVersion policy, long highest, AuditRecord record, CancellationToken ct) =>
        db.For(caller.Tenant)
            .One(LockPolicy, policy.Name).Or(() => PolicyProblems.WasDeleted(policy.Name))
            .One(DemandHighest, policy.Name, highest).Or(() => Problems.VersionConflict($"policy `{policy.Name}` is not at version {highest} any more; read it again"))
            .One(InsertVersion, policy.Id, policy.Name, policy.Version, policy.Digest, policy.Source, policy.PublishedBy, policy.PublishedAt)
            .Or(() => PolicyProblems.VersionExists(policy.Name, policy.Version))
            .Event(caller, new PolicyPublished(policy.Id, policy.Name, policy.Version, policy.Binding, policy.Digest))
            .Audit(record)
            .SaveAsync(ct);

    /// <summary>Deletes the policy of a version, with the event and the audit record.</summary>
    public Task DeleteAsync(Caller caller, PolicyVersion policy, DateTimeOffset now, AuditRecord record, CancellationToken ct) =>
        db.For(caller.Tenant)
            .One(DeletePolicy, policy.Name, now).Or(() => PolicyProblems.WasDeleted(policy.Name))
            .Event(caller, new PolicyDeleted(policy.Id, policy.Name, policy.Binding))
            .Audit(record)
            .SaveAsync(ct);

    /// <summary>Answers with a version that is there already, and remembers that under the request's key like any answer.</summary>
    public Task<PolicyVersion> AnswerAsync(Caller caller, PolicyVersion known, Once once, CancellationToken ct) =>
        once.Key is null ? Task.FromResult(known) : db.For(caller.Tenant).SaveOnceAsync(caller, once, known, ct);

    public async Task<PolicyVersion> GetAsync(Caller caller, Id<Policy> id, CancellationToken ct) =>
        await db.For(caller.Tenant).FirstAsync(ById, Map, ct, id) ?? throw PolicyProblems.NotFound(id.ToString());

    /// <summary>The highest version of each policy that is not deleted.</summary>
    public Task<IReadOnlyList<PolicyVersion>> CurrentAsync(Caller caller, CancellationToken ct) => db.For(caller.Tenant).ListAsync(Current, Map, ct);

    /// <summary>Leaves a record of something that changed nothing.</summary>
    public Task RecordAsync(Caller caller, AuditRecord record, CancellationToken ct) => db.For(caller.Tenant).Audit(record).SaveAsync(ct);

    public Task<PolicyVersion?> FindAsync(Caller caller, string name, int version, CancellationToken ct) =>
        db.For(caller.Tenant).FirstAsync(ByNumber, Map, ct, name, version);

    public async Task<Page<PolicyVersion>> ListAsync(Caller caller, string? name, bool deleted, PageRequest page, CancellationToken ct) => Cursor.Page(
        await db.For(caller.Tenant).ListAsync(ListAll, Map, ct, name, deleted, Cursor.ReadId<Policy>(page, "policies")?.Value, page.Limit + 1),
        page, "policies", p => [p.Id.ToString()]);

    public Task<IReadOnlyList<PolicyVersion>> FindAsync(Caller caller, IReadOnlyList<PolicyReference> references, CancellationToken ct) =>
        db.For(caller.Tenant).ListAsync(Referenced, Map, ct, references.Select(r => r.Name), references.Select(r => r.Version ?? 0));

    /// <summary>What rules the tenant: the current version of each of its policies, and what goes with them; and the versions with these digests.</summary>
    public async Task<Ruling> RulingAsync(Caller caller, IReadOnlyList<string> digests, DateTimeOffset now, CancellationToken ct)
    {
        await db.For(caller.Tenant)
            .Read(OfTenant, Map, out var tenant)
            .Read(ByDigests, Map, out var pinned, digests)
            .Read(BindingStore.AllBindings, BindingStore.ToBinding, out var bindings)
            .Read(BindingStore.AllLists, BindingStore.ToList, out var lists)
            .Read(WaiverStore.InForce, WaiverStore.ToWaiver, out var waivers, now)
            .SaveAsync(ct);
        return new Ruling(tenant.All, pinned.All, bindings.All, lists.All, waivers.All);
    }

    static PolicyVersion Map(NpgsqlDataReader row) => new(row.Id<Policy>(0), row.GetString(1), row.GetInt32(2),
        row.GetString(3) == "tenant" ? PolicyBinding.Tenant : PolicyBinding.Capsule, row.GetString(4), row.GetString(5),
        row.Id<Principal>(6), row.Time(7))
    { Deleted = row.TimeOrNull(8) };

    static string Word(PolicyBinding binding) => binding == PolicyBinding.Tenant ? "tenant" : "capsule";
}

/// <summary>What rules a tenant at one moment, as stored.</summary>
sealed record Ruling(
    IReadOnlyList<PolicyVersion> Tenant, IReadOnlyList<PolicyVersion> Pinned, IReadOnlyList<BoundPolicy> Bindings, IReadOnlyList<PolicyList> Lists,
    IReadOnlyList<PolicyWaiver> Waivers);
