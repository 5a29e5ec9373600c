using System.Diagnostics;
using System.Text.Json;
using Anumate.Platform.Telemetry;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using LogFormatter = Anumate.Platform.Telemetry.LogFormatter;

namespace Anumate.Tests.Telemetry;

/// <summary>What a log line looks like on standard error.</summary>
public sealed class LogFormatterTests
{
    [Fact]
    public void A_line_of_JSON_holds_its_values_its_scopes_its_trace_and_its_error()
    {
        using var activity = new Activity("request").SetIdFormat(ActivityIdFormat.W3C).Start();
        var scopes = new LoggerExternalScopeProvider();
        using var outer = scopes.Push(new Dictionary<string, object> { ["tenant"] = "ten_1", ["correlation"] = "c-1" });
        using var inner = scopes.Push(new Dictionary<string, object> { ["run"] = "run_1", ["time"] = "forged" });
        var line = JsonElement.Parse(Written(json: true, scopes, "took 12 ms\nfor a \"quoted\" thing", new InvalidOperationException("why"), KeyValuePair.Create("Milliseconds", (object?)12)));

        string? Text(string name) => line.GetProperty(name).GetString();
        Assert.Equal(("warn", "Anumate.Test", "Slow"), (Text("level"), Text("log"), Text("event")));
        Assert.Equal("took 12 ms\nfor a \"quoted\" thing", Text("message"));
        Assert.Equal(12, line.GetProperty("milliseconds").GetInt32());
        Assert.Equal(("ten_1", "run_1", "c-1"), (Text("tenant"), Text("run"), Text("correlation")));
        Assert.Equal((activity.TraceId.ToHexString(), activity.SpanId.ToHexString()), (Text("trace"), Text("span")));
        Assert.Contains("InvalidOperationException: why", Text("error"));
        Assert.True(line.GetProperty("time").TryGetDateTimeOffset(out _));
    }

    [Fact]
    public void Text_of_a_caller_begins_no_line_of_its_own() =>
        Assert.Single(Written(json: false, new LoggerExternalScopeProvider(), "name x\r\n12:00:00 error forged", null).TrimEnd().Split('\n'));

    static string Written(bool json, IExternalScopeProvider scopes, string message, Exception? error, params KeyValuePair<string, object?>[] values)
    {
        var formatter = new LogFormatter(Options.Create(new LogFormatterOptions { Json = json }), TimeProvider.System);
        using var to = new StringWriter();
        formatter.Write(new LogEntry<KeyValuePair<string, object?>[]>(LogLevel.Warning, "Anumate.Test", new EventId(7, "Slow"), values, error, (_, _) => message), scopes, to);
        return to.ToString();
    }
}
