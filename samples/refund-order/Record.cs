using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Anumate.Samples;

/// <summary>
/// Raw executions, one JSON line each, on disk before they are answered. What a caller asks for again by its idempotency key is the
/// first execution under that key; that there may be a second shows in the record.
/// </summary>
sealed class Record : IDisposable
{
    readonly Lock gate = new();
    readonly FileStream file;
    readonly TimeProvider time;
    readonly Dictionary<(string Tool, string Key), string> outputs = [];
    int count;

    public Record(string path, TimeProvider time)
    {
        this.time = time;
        file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read);
        using var reader = new StreamReader(file, Encoding.UTF8, leaveOpen: true);
        while (reader.ReadLine() is { } line)
        {
            var entry = JsonSerializer.Deserialize(line, ToolJson.Default.Execution)!;
            outputs.TryAdd((entry.Tool, entry.Key), entry.Output.GetRawText());
            count = entry.N;
        }
    }

    public void Dispose() => file.Dispose();

    /// <summary>Does it: numbers it, records it durably, remembers its output under the key.</summary>
    public T Execute<T>(string tool, HttpContext http, Func<int, T> make, string? note = null)
    {
        lock (gate)
        {
            var n = ++count;
            var output = make(n);
            var key = http.Request.Headers["Idempotency-Key"].ToString();
            var json = JsonSerializer.SerializeToElement(output, (JsonTypeInfo<T>)ToolJson.Default.GetTypeInfo(typeof(T))!);
            var entry = new Execution(n, time.GetUtcNow(), tool, key, json, note, http.Request.Headers.TraceParent);
            file.Seek(0, SeekOrigin.End);
            file.Write(JsonSerializer.SerializeToUtf8Bytes(entry, ToolJson.Default.Execution));
            file.Write("\n"u8);
            file.Flush(flushToDisk: true);
            outputs.TryAdd((tool, key), json.GetRawText());
            return output;
        }
    }

    /// <summary>What became of a call: <c>{"found": true, "output": …}</c> or <c>{"found": false}</c>.</summary>
    public string Find(string tool, string key)
    {
        lock (gate)
        {
            return outputs.TryGetValue((tool, key), out var output) ? $$"""{"found":true,"output":{{output}}}""" : """{"found":false}""";
        }
    }

    public string ReadAll()
    {
        lock (gate)
        {
            file.Seek(0, SeekOrigin.Begin);
            using var reader = new StreamReader(file, Encoding.UTF8, leaveOpen: true);
            return reader.ReadToEnd();
        }
    }
}

/// <summary>Trouble on demand, for chaos: a delay, failures before anything is done, answers that never come after it is done.</summary>
sealed record Trouble(int DelayMs, int FailPercent, int HangPercent)
{
    public async Task MeetAsync(HttpContext http)
    {
        await Task.Delay(DelayMs, http.RequestAborted);
        if (Random.Shared.Next(100) < FailPercent)
        {
            http.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            throw new BadHttpRequestException("unavailable on demand", StatusCodes.Status503ServiceUnavailable);
        }
    }

    public Task MeetAfterAsync(HttpContext http) =>
        Random.Shared.Next(100) < HangPercent ? Task.Delay(Timeout.Infinite, http.RequestAborted) : Task.CompletedTask;
}

sealed record Execution(int N, DateTimeOffset At, string Tool, string Key, JsonElement Output, string? Note, string? Trace = null);

sealed record OrderQuery(string Id);

sealed record Order(string Id, string Status, string Charge, decimal Total, string Currency);

sealed record RefundRequest(string Charge, decimal Amount, string Currency, string? Reference);

sealed record Refund(string Id, string Charge, decimal Amount, string Currency);

sealed record CancelRequest(string Refund);

sealed record Cancelled(string Id, bool Canceled);

sealed record Mail(string To, string Subject, string Body);

sealed record Sent(string Id);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(Execution))]
[JsonSerializable(typeof(OrderQuery))]
[JsonSerializable(typeof(Order))]
[JsonSerializable(typeof(RefundRequest))]
[JsonSerializable(typeof(Refund))]
[JsonSerializable(typeof(CancelRequest))]
[JsonSerializable(typeof(Cancelled))]
[JsonSerializable(typeof(Mail))]
[JsonSerializable(typeof(Sent))]
sealed partial class ToolJson : JsonSerializerContext;
