using Microsoft.Extensions.Logging;

namespace Anumate.Orchestrator;

/// <summary>
/// The log of one run: its lines carry tenant, run and correlation, whichever turn writes them. The scope is opened for a line only, so a
/// run that writes none pays nothing.
/// </summary>
/// <param name="correlation">Of the request that started the run; null while the run is not read yet.</param>
sealed class RunLog(ILogger log, Id<Tenant> tenant, Id<Run> run, Func<string?> correlation) : ILogger
{
    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => log.BeginScope(state);

    public bool IsEnabled(LogLevel logLevel) => log.IsEnabled(logLevel);

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (!IsEnabled(logLevel))
        {
            return;
        }

        var scope = new Dictionary<string, object>(3) { ["tenant"] = tenant.ToString(), ["run"] = run.ToString() };
        if (correlation() is { } known)
        {
            scope["correlation"] = known;
        }

        using (log.BeginScope(scope))
        {
            log.Log(logLevel, eventId, state, exception, formatter);
        }
    }
}
