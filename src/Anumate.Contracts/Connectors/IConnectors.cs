using System.Text.Json;
using System.Text.Json.Serialization;

namespace Anumate;

/// <summary>Connectors: the tool catalogue, and the one place from which tools are called.</summary>
public interface IConnectors
{
    /// <summary>Registers a connector or replaces its tools and address.</summary>
    /// <exception cref="ProblemException"><c>connector-invalid</c> with diagnostics.</exception>
    Task<Connector> PutAsync(Caller caller, PutConnector request, CancellationToken ct);

    /// <summary>The tenant's connectors, by name.</summary>
    Task<Page<Connector>> ListAsync(Caller caller, PageRequest page, CancellationToken ct);

    /// <summary>One connector with its tools.</summary>
    Task<Connector> GetAsync(Caller caller, Id<Connector> id, CancellationToken ct);

    /// <summary>The tenant's tools, by name.</summary>
    Task<Page<Tool>> ListToolsAsync(Caller caller, PageRequest page, CancellationToken ct);

    /// <summary>Named tools; unknown names are left out of the answer.</summary>
    Task<IReadOnlyList<Tool>> GetToolsAsync(Caller caller, IReadOnlyList<string> names, CancellationToken ct);

    /// <summary>
    /// Calls a tool under a capability token: verifies and spends the token, checks the arguments' digest and the tool's pinned
    /// digest, resolves secrets, sends exactly those bytes. A refusal of the token is a problem (<c>captoken-refused</c>); what the tool answered is a value.
    /// </summary>
    Task<ToolResult> CallAsync(Caller caller, ToolCall call, CancellationToken ct);

    /// <summary>Asks the tool what became of a call (by its idempotency key), after a crash left the outcome unknown.</summary>
    Task<ToolResult> LookupAsync(Caller caller, ToolLookup lookup, CancellationToken ct);
}

/// <summary>A tool server of the tenant.</summary>
public sealed record Connector(Id<Connector> Id, string Name, string BaseUrl, IReadOnlyList<Tool> Tools, DateTimeOffset Updated) : IEntity
{
    /// <inheritdoc/>
    public static string Prefix => "con";
}

/// <summary>A connector to register. <see cref="BaseUrl"/> is http or https; loopback and private addresses only if the operator's options allow them.</summary>
public sealed record PutConnector(string Name, string BaseUrl, IReadOnlyList<NewTool> Tools)
{
    /// <summary>Makes a repeated request safe; over HTTP it is the header <c>Idempotency-Key</c>.</summary>
    [JsonIgnore]
    public string? IdempotencyKey { get; init; }
}

/// <summary>What a tool does to the world; decides how a call of unknown outcome is treated.</summary>
[JsonConverter(typeof(WordConverter<ToolEffect>))]
public enum ToolEffect
{
    /// <summary>Changes something; a repeated call may do it twice.</summary>
    [JsonStringEnumMemberName("effect")]
    Effect,

    /// <summary>Changes something; a repeated call with the same key changes nothing more.</summary>
    [JsonStringEnumMemberName("idempotent")]
    Idempotent,

    /// <summary>Changes nothing.</summary>
    [JsonStringEnumMemberName("read_only")]
    ReadOnly,
}

/// <summary>
/// A tool to register. <see cref="Name"/> is <c>object.verb</c>; a call is <c>POST {base_url}{path}</c> with the arguments as JSON
/// body and header <c>Idempotency-Key</c>; <see cref="LookupPath"/>, if given, answers <c>GET {base_url}{lookup_path}?key=…</c>
/// with <c>{"found": bool, "output": …}</c>.
/// </summary>
public sealed record NewTool(
    string Name, string Path, ToolEffect Effect, JsonElement InputSchema, JsonElement OutputSchema, string? Description = null,
    string? LookupPath = null, IReadOnlyList<JsonElement>? Examples = null);

/// <summary>A tool of the catalogue; <see cref="Digest"/> covers name, effect and both schemas: it is what <c>tool@version</c> means.</summary>
public sealed record Tool(
    string Name, Id<Connector> Connector, string Path, ToolEffect Effect, JsonElement InputSchema, JsonElement OutputSchema, string? Description,
    string? LookupPath, IReadOnlyList<JsonElement> Examples, string Digest);

/// <summary>
/// One call. <see cref="Arguments"/> are the canonical bytes the token's <c>args_digest</c> names; <see cref="Tool"/> is
/// <c>name@sha256:…</c>; <see cref="Salt"/> is the run's, under which the arguments' digest is an HMAC; <see cref="IdempotencyKey"/>
/// is the same for every attempt of one effect.
/// </summary>
public sealed record ToolCall(
    string Token, string Tool, ReadOnlyMemory<byte> Arguments, ReadOnlyMemory<byte> Salt, string IdempotencyKey, Id<Run> Run, string Step, int Attempt,
    long Epoch, TimeSpan Timeout)
{
    /// <summary>
    /// When the token ends. A call that a stopped or slow process has not begun to send by then is not sent: others reckon with that, and may
    /// ask the tool already.
    /// </summary>
    public DateTimeOffset? NotAfter { get; init; }
}

/// <summary>A question about an earlier call.</summary>
public sealed record ToolLookup(string Tool, string IdempotencyKey, TimeSpan Timeout);

/// <summary>How a call ended.</summary>
[JsonConverter(typeof(WordConverter<ToolOutcome>))]
public enum ToolOutcome
{
    /// <summary>The tool answered with an output that fits its schema.</summary>
    [JsonStringEnumMemberName("ok")]
    Ok,

    /// <summary>The tool refused or failed for good; nothing happened.</summary>
    [JsonStringEnumMemberName("failed")]
    Failed,

    /// <summary>The tool asked to be called later, or stands where no tool may; nothing happened.</summary>
    [JsonStringEnumMemberName("unavailable")]
    Unavailable,

    /// <summary>No answer in time: it may have happened.</summary>
    [JsonStringEnumMemberName("timeout")]
    Timeout,

    /// <summary>Lookup only: the tool knows no such call.</summary>
    [JsonStringEnumMemberName("not_found")]
    NotFound,

    /// <summary>Lookup only: the tool has no lookup, or did not answer it.</summary>
    [JsonStringEnumMemberName("unknown")]
    Unknown,

    /// <summary>Nothing left for the tool: no connection could be made, or leave to call could not be had in time.</summary>
    [JsonStringEnumMemberName("not_sent")]
    NotSent,
}

/// <summary>What became of a call; <see cref="Output"/> only for <see cref="ToolOutcome.Ok"/>, <see cref="Error"/> otherwise.</summary>
public sealed record ToolResult(ToolOutcome Outcome, JsonElement? Output, string? Error)
{
    /// <summary>Time the tool took.</summary>
    public TimeSpan Duration { get; init; }
}

/// <summary>A connector was registered or changed.</summary>
public sealed record ConnectorChanged(Id<Connector> Connector, string Name, IReadOnlyList<string> Tools, long Version) : IEvent
{
    /// <inheritdoc/>
    public static string EventType => "connector.changed";

    /// <inheritdoc/>
    public string Subject => Connector.ToString();

    /// <inheritdoc/>
    public long Sequence => Version;
}

/// <summary>Problems of connectors.</summary>
public static class ConnectorProblems
{
    /// <summary>422: the connector or a tool's schema is not valid.</summary>
    public static ProblemException Invalid(IReadOnlyList<Diagnostic> diagnostics) =>
        new Problem("connector-invalid", 422, "The connector is not valid", $"{diagnostics.Count} finding(s); see diagnostics") { Diagnostics = diagnostics }.Exception();

    /// <summary>409: the tool's schema differs from the one pinned in the plan.</summary>
    public static ProblemException ToolChanged(string tool) =>
        new Problem("tool-changed", 409, "The tool is not the one that was planned", $"`{tool}` has another digest now; compile again").Exception();
}
