using Anumate.Platform.Data;
using Anumate.Platform.Http;
using Npgsql;

namespace Anumate.Registry;

sealed class CapsuleStore(Db db)
{
    const string Insert = """
        insert into registry.capsule (id, name, version, precedence, title, owner, digest, source, signature, published_by, published_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
        """;

    const string SelectById = """
        select id, name, version, title, owner, digest, source, signature, published_by, published_at from registry.capsule where id = $1
        """;

    const string SelectVersion = """
        select id, name, version, title, owner, digest, source, signature, published_by, published_at from registry.capsule
        where name = $1 and version = $2
        """;

    // The highest release; a pre-release only where there is no release.
    const string SelectHighest = """
        select id, name, version, title, owner, digest, source, signature, published_by, published_at from registry.capsule
        where name = $1 order by position('-' in split_part(version, '+', 1)) = 0 desc, precedence desc limit 1
        """;

    const string List = """
        select id, name, version, title, owner, digest, published_by, published_at from registry.capsule
        where ($1::uuid is null or id < $1) and ($2::text is null or name = $2)
        order by id desc limit $3
        """;

    public Task<CapsuleVersion> SaveAsync(Caller caller, CapsuleVersion v, Once once, AuditRecord record, CancellationToken ct) =>
        db.For(caller.Tenant)
            .One(Insert, v.Id, v.Name, v.Version, SemVer.Precedence(v.Version), v.Title, v.Owner, v.Digest, v.Source,
                Json.Raw(System.Text.Encoding.UTF8.GetBytes(v.Signature)), v.PublishedBy, v.PublishedAt)
            .Or(() => CapsuleProblems.VersionExists(v.Name, v.Version))
            .Event(caller, new CapsulePublished(v.Id, v.Name, v.Version, v.Digest))
            .Audit(record)
            .SaveOnceAsync(caller, once, v, ct);

    public async Task<CapsuleVersion> GetAsync(Caller caller, Id<Capsule> id, CancellationToken ct) =>
        await db.For(caller.Tenant).FirstAsync(SelectById, Version, ct, id) ?? throw CapsuleProblems.NotFound(id.ToString());

    public Task<CapsuleVersion?> FindAsync(Caller caller, string name, string? version, CancellationToken ct) => version is null
        ? db.For(caller.Tenant).FirstAsync(SelectHighest, Version, ct, name)
        : db.For(caller.Tenant).FirstAsync(SelectVersion, Version, ct, name, version);

    public async Task<Page<CapsuleSummary>> ListAsync(Caller caller, string? name, PageRequest page, CancellationToken ct) => Cursor.Page(
        await db.For(caller.Tenant).ListAsync(List, Summary, ct, Cursor.ReadId<Capsule>(page, "capsules")?.Value, name, page.Limit + 1), page, "capsules", c => [c.Id.ToString()]);

    static CapsuleVersion Version(NpgsqlDataReader r) => new(r.Id<Capsule>(0), r.GetString(1), r.GetString(2), r.TextOrNull(3), r.TextOrNull(4), r.GetString(5),
        r.GetString(6), r.GetString(7), r.Id<Principal>(8), r.Time(9));

    static CapsuleSummary Summary(NpgsqlDataReader r) => new(r.Id<Capsule>(0), r.GetString(1), r.GetString(2), r.TextOrNull(3), r.TextOrNull(4), r.GetString(5),
        r.Id<Principal>(6), r.Time(7));
}
