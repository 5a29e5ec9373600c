using System.Net;
using System.Text.Json;
using Anumate.Platform.Data;
using Anumate.Platform.Hosting;
using Anumate.Proofs;

namespace Anumate.Connectors;

sealed class ConnectorService(ConnectorStore store, ToolCache cache, ToolHttp http, ICapTokens tokens, TimeProvider time) : IConnectors
{
    /// <summary>What capability tokens for calls name as their audience.</summary>
    public const string Audience = "connectors";

    const int MostNames = 500;
    static readonly TimeSpan LongestCall = TimeSpan.FromSeconds(300);

    public async Task<Connector> PutAsync(Caller caller, PutConnector request, CancellationToken ct)
    {
        caller.Demand(Scope.ConnectorWrite);
        var known = await store.FindAsync(caller, request.Name, ct);
        var id = known?.Id ?? Id<Connector>.New(time);
        var connector = new Connector(id, request.Name, request.BaseUrl, ConnectorRules.Check(request, id), time.GetUtcNow());
        var saved = await store.SaveAsync(caller, connector, (known?.Version ?? 0) + 1, Once.Of("connector.put", request.IdempotencyKey, request),
            AuditRecord.Of(caller, time, "connector.changed", "connector", id.ToString()) with { Digests = connector.Tools.ToDictionary(t => t.Name, t => t.Digest) }, ct);
        cache.Forget(caller.Tenant, connector.Tools.Select(t => t.Name));
        return saved;
    }

    public async Task<Page<Connector>> ListAsync(Caller caller, PageRequest page, CancellationToken ct)
    {
        caller.Demand(Scope.ConnectorRead);
        return await store.ListAsync(caller, page, ct);
    }

    public async Task<Connector> GetAsync(Caller caller, Id<Connector> id, CancellationToken ct)
    {
        caller.Demand(Scope.ConnectorRead);
        return await store.GetAsync(caller, id, ct);
    }

    public async Task<Page<Tool>> ListToolsAsync(Caller caller, PageRequest page, CancellationToken ct)
    {
        caller.Demand(Scope.ConnectorRead);
        return await store.ListToolsAsync(caller, page, ct);
    }

    public async Task<IReadOnlyList<Tool>> GetToolsAsync(Caller caller, IReadOnlyList<string> names, CancellationToken ct)
    {
        caller.Demand(Scope.ConnectorRead);
        return names.Count <= MostNames ? await store.GetToolsAsync(caller, names, ct) : throw Problems.Invalid($"at most {MostNames} names at once");
    }

    public async Task<ToolResult> CallAsync(Caller caller, ToolCall call, CancellationToken ct)
    {
        caller.Demand(Scope.ToolCall);
        var tool = await PinnedAsync(caller, call.Tool, ct);
        var timeout = call.Timeout > TimeSpan.Zero && call.Timeout <= LongestCall
            ? call.Timeout
            : throw Problems.Invalid($"a call's timeout is above 0 and at most {LongestCall.TotalSeconds} s");
        var digest = SaltedDigest.Of(call.Salt.Span, call.Arguments.Span).ToString();

        // Spent immediately before the call is sent: a use is counted even when the tool then fails.
        try
        {
            await tokens.SpendAsync(caller, new SpendCapToken(call.Token, Audience, call.Run, call.Step, call.Attempt, call.Epoch, call.Tool, digest), ct);
        }
        catch (ProblemException e) when (e.Problem.Status >= 500)
        {
            // Spent or not: nothing is sent under it any more, and the next attempt gets another.
            return new ToolResult(ToolOutcome.NotSent, null, $"{e.Problem.Code}: {e.Problem.Detail}");
        }

        KillPoint.Pass(KillPoint.ToolBefore);

        // The process may stand still until the bytes are written: only there is the time looked at for the last time.
        var began = time.GetTimestamp();
        var answer = await http.PostAsync(tool.Call, new TimelyContent(call.Arguments, call.NotAfter, time), call.IdempotencyKey, caller.Correlation, timeout, ct);
        KillPoint.Pass(KillPoint.ToolAfter);
        return Judge(tool, answer) with { Duration = time.GetElapsedTime(began) };
    }

    public async Task<ToolResult> LookupAsync(Caller caller, ToolLookup lookup, CancellationToken ct)
    {
        caller.Demand(Scope.ToolCall);
        var tool = await PinnedAsync(caller, lookup.Tool, ct);
        if (tool.Lookup is not { } address)
        {
            return new ToolResult(ToolOutcome.Unknown, null, "the tool cannot be asked what became of a call");
        }

        var began = time.GetTimestamp();
        var answer = await http.GetAsync(new Uri($"{address}?key={Uri.EscapeDataString(lookup.IdempotencyKey)}"), lookup.Timeout, ct);
        return JudgeLookup(tool, answer) with { Duration = time.GetElapsedTime(began) };
    }

    async ValueTask<ReadyTool> PinnedAsync(Caller caller, string reference, CancellationToken ct)
    {
        var at = reference.IndexOf('@');
        if (at <= 0)
        {
            throw Problems.Invalid($"`{reference}` is not a tool with its digest (name@sha256:…)");
        }

        var tool = await cache.GetAsync(caller.Tenant, reference[..at], ct);
        return tool.Tool.Digest == reference[(at + 1)..] ? tool : throw ConnectorProblems.ToolChanged(reference[..at]);
    }

    static ToolResult Judge(ReadyTool tool, Answer answer)
    {
        using var body = answer.Body;
        if (!answer.Sent)
        {
            return new ToolResult(answer.Refused ? ToolOutcome.Unavailable : ToolOutcome.NotSent, null, answer.Error);
        }

        return answer.Status switch
        {
            null => new ToolResult(ToolOutcome.Timeout, null, answer.Error),
            >= HttpStatusCode.OK and < HttpStatusCode.MultipleChoices => Output(tool, answer.Error, body?.RootElement, Misfit(tool)),
            HttpStatusCode.TooManyRequests or HttpStatusCode.ServiceUnavailable or (HttpStatusCode)425 =>
                new ToolResult(ToolOutcome.Unavailable, null, $"the tool answered {(int)answer.Status}"),

            // A server that fails in the middle may have done it; a read-only tool did nothing in any case.
            >= HttpStatusCode.InternalServerError or HttpStatusCode.RequestTimeout => new ToolResult(
                tool.Tool.Effect == ToolEffect.ReadOnly ? ToolOutcome.Unavailable : ToolOutcome.Timeout, null, $"the tool answered {(int)answer.Status}"),
            _ => new ToolResult(ToolOutcome.Failed, null, $"the tool refused with {(int)answer.Status}"),
        };
    }

    static ToolResult JudgeLookup(ReadyTool tool, Answer answer)
    {
        using var body = answer.Body;
        if (answer.Status != HttpStatusCode.OK || body?.RootElement is not { ValueKind: JsonValueKind.Object } root
            || !root.TryGetProperty("found", out var found) || found.ValueKind is not (JsonValueKind.True or JsonValueKind.False))
        {
            return new ToolResult(ToolOutcome.Unknown, null, answer.Error ?? "the tool did not say what became of the call");
        }

        return found.ValueKind == JsonValueKind.False
            ? new ToolResult(ToolOutcome.NotFound, null, null)
            : Output(tool, null, root.TryGetProperty("output", out var output) ? output : null, ToolOutcome.Unknown);
    }

    // A tool that says yes and then something unreadable has done what it was asked: only one that changes nothing can have failed.
    static ToolOutcome Misfit(ReadyTool tool) => tool.Tool.Effect == ToolEffect.ReadOnly ? ToolOutcome.Failed : ToolOutcome.Timeout;

    static ToolResult Output(ReadyTool tool, string? error, JsonElement? output, ToolOutcome misfit)
    {
        if (output is not { } value)
        {
            return new ToolResult(misfit, null, error ?? "the answer has no output");
        }

        return tool.Output.Validate(value) is { Count: > 0 } errors
            ? new ToolResult(misfit, null, $"the answer does not fit the tool's output schema: {errors[0].InstancePath} {errors[0].Keyword}")
            : new ToolResult(ToolOutcome.Ok, value.Clone(), null);
    }
}
