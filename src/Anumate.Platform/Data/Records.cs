using System.Diagnostics;
using System.Text.Json;
using Anumate.Platform.Events;
using Anumate.Proofs;
using NpgsqlTypes;

namespace Anumate.Platform.Data;

/// <summary>
/// A leaf of a tenant's log in its final form. <see cref="Body"/> is canonical JSON that holds no personal data; the id is the receipt's
/// own, so the same receipt written twice is one leaf.
/// </summary>
/// <param name="Type">E.g. <c>audit.record</c>, <c>run.intent</c>.</param>
/// <param name="Subject">The textual id of what it is about.</param>
/// <param name="Run">The run it belongs to, if any.</param>
public sealed record Leaf(Id<Receipt> Id, string Type, string Subject, Id<Run>? Run, ReadOnlyMemory<byte> Body, DateTimeOffset Created)
{
    /// <summary>RFC 6962 section 2.1: SHA-256 of 0x00 and the body.</summary>
    public byte[] Hash() => Merkle.LeafHash(Body.Span).ToArray();

    /// <summary>An audit record as a leaf.</summary>
    public static Leaf Of(AuditRecord record)
    {
        var body = CanonicalJson.Write(JsonSerializer.SerializeToElement(record, Json.TypeOf<AuditRecord>()));
        return new Leaf(record.Id, AuditRecord.LeafType, record.Object.Id, record.Run, body, record.At);
    }
}

/// <summary>What a batch tells others and what it leaves as proof.</summary>
public sealed partial class Batch
{
    const string InsertEvent = """
        insert into platform.events (id, type, subject, sequence, service, principal, correlation, traceparent, at, body)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
        """;

    const string InsertLeaf = """
        insert into platform.leaf (id, type, subject, run_id, leaf_hash, body, created) values ($1, $2, $3, $4, $5, $6, $7)
        """;

    /// <summary>Tells subscribers, in the transaction of the change. The service is the one that owns the type, unless named.</summary>
    public Batch Event<T>(Caller caller, T evt, string? service = null)
        where T : IEvent
    {
        Demand(caller.Tenant);
        var now = _db.Time.GetUtcNow();
        Add(InsertEvent, Returns.Nothing,
        [
            Arguments.Typed(Guid.CreateVersion7(now), NpgsqlDbType.Uuid),
            Arguments.Of(T.EventType),
            Arguments.Of(evt.Subject),
            Arguments.Of(evt.Sequence),
            Arguments.Of(service ?? EventTypes.ServiceOf(T.EventType)),
            Arguments.Of(caller.Principal),
            Arguments.Of(caller.Correlation),
            Arguments.Of(Activity.Current?.IdFormat == ActivityIdFormat.W3C ? Activity.Current.Id : null),
            Arguments.Of(now),
            Arguments.Typed(JsonSerializer.SerializeToUtf8Bytes(evt, Json.TypeOf<T>()), NpgsqlDbType.Json),
        ]);
        _tellsEvents = true;
        return this;
    }

    /// <summary>Records what was done, in its final form and in the transaction that does it.</summary>
    public Batch Audit(AuditRecord record)
    {
        Demand(record.Tenant);
        return Leaf(Data.Leaf.Of(record));
    }

    /// <summary>Leaves a proof of another kind (a run's receipts).</summary>
    public Batch Leaf(Leaf leaf)
    {
        Demand(_tenant);
        return Add(InsertLeaf, Returns.Nothing,
        [
            Arguments.Of(leaf.Id),
            Arguments.Of(leaf.Type),
            Arguments.Of(leaf.Subject),
            Arguments.Of(leaf.Run?.Value),
            Arguments.Typed(leaf.Hash(), NpgsqlDbType.Bytea),
            Arguments.Of(leaf.Body),
            Arguments.Of(leaf.Created),
        ]);
    }

    void Demand(Id<Tenant>? tenant)
    {
        if (tenant is null || tenant != _tenant)
        {
            throw new ArgumentException("a record of another tenant than the batch's");
        }
    }
}
