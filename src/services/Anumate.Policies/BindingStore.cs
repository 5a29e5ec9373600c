using Anumate.Platform.Data;
using Anumate.Platform.Http;
using Npgsql;

namespace Anumate.Policies;

/// <summary>How strictly policies are meant, and the lists that they read.</summary>
sealed class BindingStore(Db db)
{
    public const string AllBindings = "select id, policy, capsule, mode, set_by, set_at from policies.bound";

    public const string AllLists = "select id, name, texts, set_by, set_at from policies.list";

    const string FindBinding = $"{AllBindings} where policy = $1 and capsule = $2";

    const string BindingsPage = $"{AllBindings} where ($1::text is null or policy = $1) and ($2::uuid is null or id < $2) order by id desc limit $3";

    const string DemandPolicy = "select 1 from policies.policy where name = $1 and deleted is null";

    // Where somebody else has set it first it has another id, and is not touched.
    const string SetBinding = """
        insert into policies.bound as b (id, policy, capsule, mode, set_by, set_at) values ($1, $2, $3, $4, $5, $6)
        on conflict (tenant_id, policy, capsule) do update set mode = excluded.mode, set_by = excluded.set_by, set_at = excluded.set_at where b.id = excluded.id
        """;

    const string DeleteBinding = "delete from policies.bound where id = $1";

    const string GetBinding = $"{AllBindings} where id = $1";

    const string FindList = $"{AllLists} where name = $1";

    const string GetList = $"{AllLists} where id = $1";

    const string ListsPage = $"{AllLists} where ($1::uuid is null or id < $1) order by id desc limit $2";

    const string SetList = """
        insert into policies.list as l (id, name, texts, set_by, set_at) values ($1, $2, $3, $4, $5)
        on conflict (tenant_id, name) do update set texts = excluded.texts, set_by = excluded.set_by, set_at = excluded.set_at where l.id = excluded.id
        """;

    const string DeleteList = "delete from policies.list where id = $1";

    const string TextsOfOthers = "select coalesce(sum(cardinality(texts)), 0), count(*) from policies.list where name <> $1";

    public Task<BoundPolicy?> FindAsync(Caller caller, string policy, string? capsule, CancellationToken ct) =>
        db.For(caller.Tenant).FirstAsync(FindBinding, ToBinding, ct, policy, capsule ?? "");

    public Task<BoundPolicy?> FindAsync(Caller caller, Id<BoundPolicy> id, CancellationToken ct) => db.For(caller.Tenant).FirstAsync(GetBinding, ToBinding, ct, id);

    public Task<BoundPolicy> SaveAsync(Caller caller, BoundPolicy bound, Once once, AuditRecord record, CancellationToken ct) => db.For(caller.Tenant)
        .One(DemandPolicy, bound.Policy).Or(() => PolicyProblems.NotFound(bound.Policy))
        .One(SetBinding, bound.Id, bound.Policy, bound.Capsule ?? "", Words.Of(bound.Mode), bound.By, bound.At)
        .Event(caller, new PolicyBound(bound.Policy, bound.Capsule, bound.Mode))
        .Audit(record)
        .SaveOnceAsync(caller, once, bound, ct);

    public Task DeleteAsync(Caller caller, BoundPolicy bound, AuditRecord record, CancellationToken ct) => db.For(caller.Tenant)
        .One(DeleteBinding, bound.Id).Or(() => Problems.NotFound("binding", bound.Id.ToString()))
        .Event(caller, new PolicyBound(bound.Policy, bound.Capsule, null))
        .Audit(record)
        .SaveAsync(ct);

    public async Task<Page<BoundPolicy>> ListAsync(Caller caller, string? policy, PageRequest page, CancellationToken ct) => Cursor.Page(
        await db.For(caller.Tenant).ListAsync(BindingsPage, ToBinding, ct, policy, Cursor.ReadId<BoundPolicy>(page, "bindings")?.Value, page.Limit + 1),
        page, "bindings", b => [b.Id.ToString()]);

    public Task<PolicyList?> FindListAsync(Caller caller, string name, CancellationToken ct) => db.For(caller.Tenant).FirstAsync(FindList, ToList, ct, name);

    public Task<PolicyList?> FindListAsync(Caller caller, Id<PolicyList> id, CancellationToken ct) => db.For(caller.Tenant).FirstAsync(GetList, ToList, ct, id);

    /// <summary>How many texts the other lists have together, and how many they are.</summary>
    public Task<(long Texts, long Lists)> OthersAsync(Caller caller, string name, CancellationToken ct) =>
        db.For(caller.Tenant).FirstAsync(TextsOfOthers, r => (r.GetInt64(0), r.GetInt64(1)), ct, name);

    public Task<PolicyList> SaveAsync(Caller caller, PolicyList list, Once once, AuditRecord record, CancellationToken ct) => db.For(caller.Tenant)
        .One(SetList, list.Id, list.Name, list.Values, list.By, list.At)
        .Event(caller, new PolicyListChanged(list.Name, list.Values.Count))
        .Audit(record)
        .SaveOnceAsync(caller, once, list, ct);

    public Task DeleteAsync(Caller caller, PolicyList list, AuditRecord record, CancellationToken ct) => db.For(caller.Tenant)
        .One(DeleteList, list.Id).Or(() => Problems.NotFound("list", list.Id.ToString()))
        .Event(caller, new PolicyListChanged(list.Name, null))
        .Audit(record)
        .SaveAsync(ct);

    public async Task<Page<PolicyList>> ListListsAsync(Caller caller, PageRequest page, CancellationToken ct) => Cursor.Page(
        await db.For(caller.Tenant).ListAsync(ListsPage, ToList, ct, Cursor.ReadId<PolicyList>(page, "policy-lists")?.Value, page.Limit + 1),
        page, "policy-lists", l => [l.Id.ToString()]);

    public static BoundPolicy ToBinding(NpgsqlDataReader r) => new(
        r.Id<BoundPolicy>(0), r.GetString(1), r.GetString(2) is { Length: > 0 } capsule ? capsule : null, Words.ModeOf(r.GetString(3)), r.Id<Principal>(4), r.Time(5));

    public static PolicyList ToList(NpgsqlDataReader r) => new(r.Id<PolicyList>(0), r.GetString(1), r.Texts(2), r.Id<Principal>(3), r.Time(4));
}
