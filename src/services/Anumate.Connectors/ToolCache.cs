using System.Collections.Concurrent;
using System.Text.Json;
using Anumate.Schemas;

namespace Anumate.Connectors;

/// <summary>A tool ready to be called: its address and its compiled output schema.</summary>
sealed record ReadyTool(Tool Tool, Uri Call, Uri? Lookup, Schema Output);

/// <summary>
/// Tools by tenant and name, looked up again after a short while. Not the truth: the call names the digest it was planned for, and a
/// tool with another digest is refused.
/// </summary>
sealed class ToolCache(ConnectorStore store, ConnectorOptions options, TimeProvider time)
{
    const int MostEntries = 10_000;

    readonly ConcurrentDictionary<(Id<Tenant>, string), (ReadyTool Tool, long At)> tools = new();

    public async ValueTask<ReadyTool> GetAsync(Id<Tenant> tenant, string name, CancellationToken ct)
    {
        if (tools.TryGetValue((tenant, name), out var known) && time.GetElapsedTime(known.At) < options.CacheFor)
        {
            return known.Tool;
        }

        var (tool, baseUrl) = await store.FindToolAsync(tenant, name, ct) ?? throw Problems.NotFound("tool", name);
        var ready = new ReadyTool(tool, At(baseUrl, tool.Path), tool.LookupPath is { } path ? At(baseUrl, path) : null,
            Schema.Compile(tool.OutputSchema, SchemaOptions.Strict).Schema ?? throw new JsonException($"the stored output schema of `{name}` does not compile"));
        if (tools.Count >= MostEntries)
        {
            tools.Clear();
        }

        tools[(tenant, name)] = (ready, time.GetTimestamp());
        return ready;
    }

    public void Forget(Id<Tenant> tenant, IEnumerable<string> names)
    {
        foreach (var name in names)
        {
            tools.TryRemove((tenant, name), out _);
        }
    }

    static Uri At(string baseUrl, string path) => new(baseUrl.TrimEnd('/') + path);
}
