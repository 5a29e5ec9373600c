using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Anumate.Tests.Redactions;

/// <summary>What a tool was sent.</summary>
sealed record Sent(string Tool, string Key, string Body)
{
    public JsonElement Json => JsonElement.Parse(Encoding.UTF8.GetBytes(Body));
}

/// <summary>A customer book over HTTP that answers what a test says and keeps what it was sent.</summary>
sealed class CrmTools : IAsyncDisposable
{
    readonly WebApplication _app;
    readonly ConcurrentQueue<Sent> _sent = new();

    CrmTools(WebApplication app) => _app = app;

    public string Address { get; private set; } = "";

    public IReadOnlyCollection<Sent> All => _sent;

    /// <summary>What a tool answers, and whether its connection breaks after it has done its work.</summary>
    public ConcurrentDictionary<string, (string Body, bool Breaks)> Answers { get; } = new();

    /// <summary>What else happens while a tool is at work.</summary>
    public Func<string, Task>? During { get; set; }

    public static async Task<CrmTools> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0").ConfigureKestrel(o => o.Limits.MaxRequestBodySize = null);
        var tools = new CrmTools(builder.Build());
        tools._app.MapPost("/{tool}", tools.CallAsync);
        tools._app.MapGet("/{tool}/status", tools.StatusAsync);
        await tools._app.StartAsync();
        tools.Address = tools._app.Urls.First();
        return tools;
    }

    public IReadOnlyList<Sent> SentTo(string tool) => [.. _sent.Where(s => s.Tool == tool)];

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    async Task CallAsync(string tool, HttpContext http)
    {
        using var reader = new StreamReader(http.Request.Body);
        _sent.Enqueue(new Sent(tool, http.Request.Headers["Idempotency-Key"].ToString(), await reader.ReadToEndAsync()));
        if (During is { } during)
        {
            await during(tool);
        }

        var (body, breaks) = Answers[tool];
        if (breaks)
        {
            http.Abort();
            return;
        }

        http.Response.ContentType = "application/json";
        await http.Response.WriteAsync(body);
    }

    async Task StatusAsync(string tool, string key, HttpContext http)
    {
        var done = _sent.Any(s => s.Tool == tool && s.Key == key);
        http.Response.ContentType = "application/json";
        await http.Response.WriteAsync(done ? $$"""{"found":true,"output":{{Answers[tool].Body}}}""" : """{"found":false}""");
    }
}
