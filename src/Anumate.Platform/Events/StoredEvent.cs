using System.Text.Json;
using Anumate.Platform.Data;

namespace Anumate.Platform.Events;

/// <summary>
/// A place in the log. Within an era the order is by the writing transaction, then by position; a restore begins a new era.
/// </summary>
public readonly record struct LogPosition(int Era, ulong Xid, long Position) : IComparable<LogPosition>
{
    public int CompareTo(LogPosition other) =>
        Era != other.Era ? Era.CompareTo(other.Era) : Xid != other.Xid ? Xid.CompareTo(other.Xid) : Position.CompareTo(other.Position);

    public static bool operator <(LogPosition a, LogPosition b) => a.CompareTo(b) < 0;

    public static bool operator >(LogPosition a, LogPosition b) => a.CompareTo(b) > 0;

    public static bool operator <=(LogPosition a, LogPosition b) => a.CompareTo(b) <= 0;

    public static bool operator >=(LogPosition a, LogPosition b) => a.CompareTo(b) >= 0;

    /// <summary><c>era.xid.position</c>: the text from which public cursors are made.</summary>
    public override string ToString() => $"{Era}.{Xid}.{Position}";

    public static bool TryParse(string? text, out LogPosition position)
    {
        position = default;
        if (text?.Split('.') is not [var era, var xid, var place]
            || !int.TryParse(era, out var e) || !ulong.TryParse(xid, out var x) || !long.TryParse(place, out var p))
        {
            return false;
        }

        position = new LogPosition(e, x, p);
        return position.ToString() == text;
    }
}

/// <summary>An event as it lies in the log. Handlers may see one more than once: they are idempotent by <see cref="Id"/>.</summary>
public sealed record StoredEvent : IEntity
{
    public static string Prefix => "evt";

    public required LogPosition At { get; init; }

    public required Id<StoredEvent> Id { get; init; }

    public required Id<Tenant> Tenant { get; init; }

    /// <summary>E.g. <c>capsule.published</c>.</summary>
    public required string Type { get; init; }

    public required string Subject { get; init; }

    public required long Sequence { get; init; }

    /// <summary>The word of the service that told it.</summary>
    public required string Service { get; init; }

    public required Id<Principal>? Principal { get; init; }

    public required string? Correlation { get; init; }

    public required string? TraceParent { get; init; }

    public required DateTimeOffset Time { get; init; }

    /// <summary>The event record as JSON.</summary>
    public required ReadOnlyMemory<byte> Body { get; init; }

    /// <summary>The event record.</summary>
    public T Data<T>()
        where T : IEvent => JsonSerializer.Deserialize(Body.Span, Json.TypeOf<T>()) ?? throw new JsonException($"event `{Id}` holds the JSON null");

    public CloudEvent ToCloudEvent() => new()
    {
        Id = Id.ToString(),
        Source = $"/tenants/{Tenant}/{Service}",
        Type = $"dev.anumate.{Type}",
        Subject = Subject,
        Time = Time,
        Tenant = Tenant.ToString(),
        Sequence = Sequence.ToString(),
        Correlation = Correlation,
        TraceParent = TraceParent,
        Data = JsonElement.Parse(Body.Span),
    };
}
