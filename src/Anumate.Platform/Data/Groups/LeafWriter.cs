using Microsoft.Extensions.Logging;

namespace Anumate.Platform.Data;

/// <summary>
/// Leaves that stand alone: proofs of what changes no row (a decision, a read). With a change they belong into its
/// <see cref="Batch"/>. Committed in groups across tenants.
/// </summary>
public sealed class LeafWriter(Db db, ILoggerFactory loggers) : IAsyncDisposable
{
    const string InsertLeaves = """
        with item as materialized (
            select * from unnest($1::int[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::uuid[], $7::bytea[], $8::bytea[], $9::timestamptz[])
                as i(ord, tenant_id, id, type, subject, run_id, leaf_hash, body, created)),
        leaf as (
            insert into platform.leaf (tenant_id, id, type, subject, run_id, leaf_hash, body, created)
            select tenant_id, id, type, subject, run_id, leaf_hash, body, created from item order by tenant_id, id
            on conflict do nothing)
        select ord from item
        """;

    static readonly GroupStatement<(Id<Tenant> Tenant, Leaf Leaf)> Statement =
        new GroupStatement<(Id<Tenant> Tenant, Leaf Leaf)>(InsertLeaves, i => i.Leaf.Id.Value) { Size = i => i.Leaf.Body.Length }
            .Uuid(i => i.Tenant.Value).Uuid(i => i.Leaf.Id.Value).Text(i => i.Leaf.Type).Text(i => i.Leaf.Subject)
            .UuidOrNull(i => i.Leaf.Run?.Value).Bytea(i => i.Leaf.Hash()).Bytea(i => i.Leaf.Body.ToArray()).Time(i => i.Leaf.Created);

    readonly GroupWriter<(Id<Tenant> Tenant, Leaf Leaf)> _writer = new(db, Statement, new GroupOptions { Name = "leaf" }, loggers.CreateLogger<GroupWriter<(Id<Tenant>, Leaf)>>());

    /// <summary>Done when the leaf is durable. The same id twice is one leaf.</summary>
    public async Task WriteAsync(Id<Tenant> tenant, Leaf leaf, CancellationToken ct) => await _writer.WriteAsync((tenant, leaf), ct);

    public ValueTask DisposeAsync() => _writer.DisposeAsync();
}
