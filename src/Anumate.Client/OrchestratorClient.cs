namespace Anumate.Client;

/// <summary>IOrchestrator over HTTP.</summary>
public sealed class OrchestratorClient(Transport transport) : IOrchestrator
{
    /// <inheritdoc/>
    public Task<Run> ExecuteAsync(Caller caller, NewRun request, CancellationToken ct) =>
        transport.PostAsync<NewRun, Run>(
            caller, Route.Of("v1/execute", ("wait", request.Wait > TimeSpan.Zero ? Seconds(request.Wait) : null)), request, request.IdempotencyKey, ct);

    /// <inheritdoc/>
    public Task<Page<Run>> ListAsync(Caller caller, RunStatus? status, PageRequest page, CancellationToken ct) =>
        transport.GetAsync<Page<Run>>(caller, Route.Page("v1/executions", page, ("status", Route.Word(status))), ct);

    /// <inheritdoc/>
    public Task<Run> GetAsync(Caller caller, Id<Run> id, CancellationToken ct) =>
        transport.GetAsync<Run>(caller, $"v1/executions/{id}", ct);

    /// <inheritdoc/>
    public Task<Run> WaitAsync(Caller caller, Id<Run> id, TimeSpan wait, CancellationToken ct) =>
        transport.GetAsync<Run>(caller, Route.Of($"v1/executions/{id}/wait", ("seconds", Seconds(wait))), ct);

    /// <inheritdoc/>
    public Task<Run> AnswerAsync(Caller caller, Id<Run> id, Id<Clarification> clarification, AnswerClarification request, CancellationToken ct) =>
        transport.PostAsync<AnswerClarification, Run>(caller, $"v1/executions/{id}/clarifications/{clarification}/answer", request, null, ct);

    /// <inheritdoc/>
    public IAsyncEnumerable<RunEvent> WatchAsync(Caller caller, Id<Run> id, long after, bool follow, CancellationToken ct) =>
        transport.StreamAsync<RunEvent>(caller, Route.Of($"v1/executions/{id}/events", ("after", after.ToString()), ("follow", follow ? "true" : "false")), ct);

    static string Seconds(TimeSpan time) => ((int)Math.Ceiling(time.TotalSeconds)).ToString(System.Globalization.CultureInfo.InvariantCulture);
}
