using System.Text.Json;
using System.Text.Json.Serialization;

namespace Anumate;

/// <summary>
/// Something that happened, told to others through <c>platform.events</c>. Records that implement it are contracts: versioned,
/// additive changes only. <see cref="EventType"/> is the CloudEvents type without the <c>dev.anumate.</c> prefix, e.g. <c>capsule.published</c>.
/// </summary>
public interface IEvent
{
    /// <summary>The type, past tense: <c>object.verb</c>.</summary>
    static abstract string EventType { get; }

    /// <summary>The textual id of the object it happened to (CloudEvents <c>subject</c>); order is promised per subject.</summary>
    [JsonIgnore]
    string Subject { get; }

    /// <summary>The object's own version at this event: rises with each event of one subject, may leave gaps.</summary>
    [JsonIgnore]
    long Sequence => 1;
}

/// <summary>An event in a CloudEvents 1.0 structured-mode envelope (JSON event format).</summary>
public sealed record CloudEvent
{
    /// <summary>Always <c>1.0</c>.</summary>
    [JsonPropertyName("specversion")]
    public string SpecVersion { get; init; } = "1.0";

    /// <summary>Unique in the source.</summary>
    public required string Id { get; init; }

    /// <summary><c>/tenants/{tenant}/{service}</c>.</summary>
    public required string Source { get; init; }

    /// <summary><c>dev.anumate.</c> + <see cref="IEvent.EventType"/>.</summary>
    public required string Type { get; init; }

    /// <summary>The object it happened to.</summary>
    public required string Subject { get; init; }

    /// <summary>When it was written.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>Always <c>application/json</c>.</summary>
    [JsonPropertyName("datacontenttype")]
    public string DataContentType { get; init; } = "application/json";

    /// <summary>Extension: the tenant.</summary>
    public required string Tenant { get; init; }

    /// <summary>Extension: <see cref="IEvent.Sequence"/> as decimal text.</summary>
    public required string Sequence { get; init; }

    /// <summary>Extension: the correlation id of the work that caused it.</summary>
    public string? Correlation { get; init; }

    /// <summary>Extension (distributed tracing): the W3C trace parent of the work that caused it.</summary>
    [JsonPropertyName("traceparent"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? TraceParent { get; init; }

    /// <summary>The event record.</summary>
    public required JsonElement Data { get; init; }
}
