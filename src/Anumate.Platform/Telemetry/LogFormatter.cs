using System.Buffers;
using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;
using Microsoft.Extensions.Options;

namespace Anumate.Platform.Telemetry;

sealed class LogFormatterOptions : ConsoleFormatterOptions
{
    public bool Json { get; set; } = true;
}

/// <summary>
/// One line per log record. As JSON: time, level, log, event, message, its named values, everything of the scopes (tenant, run,
/// correlation), the trace, the error. As text: time, level, log, message, error.
/// </summary>
sealed class LogFormatter(IOptions<LogFormatterOptions> options, TimeProvider time) : ConsoleFormatter(FormatterName)
{
    public const string FormatterName = "anumate";

    static readonly JsonWriterOptions Compact = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public override void Write<TState>(in LogEntry<TState> logEntry, IExternalScopeProvider? scopeProvider, TextWriter textWriter)
    {
        var message = logEntry.Formatter(logEntry.State, logEntry.Exception);
        if (!options.Value.Json)
        {
            textWriter.Write($"{time.GetLocalNow():HH:mm:ss} {Level(logEntry.LogLevel),-5} {logEntry.Category}: {OneLine(message)}");
            textWriter.WriteLine(logEntry.Exception is { } error ? $"\n{error}" : "");
            return;
        }

        var buffer = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(buffer, Compact))
        {
            json.WriteStartObject();
            json.WriteString("time", time.GetUtcNow());
            json.WriteString("level", Level(logEntry.LogLevel));
            json.WriteString("log", logEntry.Category);
            json.WriteString("event", logEntry.EventId.Name);
            json.WriteString("message", message);
            var written = new HashSet<string>(["time", "level", "log", "event", "message", "trace", "span", "error"]);
            WriteValues(json, logEntry.State, written);
            scopeProvider?.ForEachScope((scope, to) => WriteValues(to.json, scope, to.written), (json, written));
            if (Activity.Current is { } activity)
            {
                json.WriteString("trace", activity.TraceId.ToHexString());
                json.WriteString("span", activity.SpanId.ToHexString());
            }

            if (logEntry.Exception is { } exception)
            {
                json.WriteString("error", exception.ToString());
            }

            json.WriteEndObject();
        }

        textWriter.WriteLine(Encoding.UTF8.GetString(buffer.WrittenSpan));
    }

    static void WriteValues(Utf8JsonWriter json, object? values, HashSet<string> written)
    {
        if (values is not IEnumerable<KeyValuePair<string, object?>> pairs)
        {
            return;
        }

        foreach (var (key, value) in pairs)
        {
            var name = key.Length > 0 ? char.ToLowerInvariant(key[0]) + key[1..] : key;
            if (key == "{OriginalFormat}" || !written.Add(name))
            {
                continue;
            }

            switch (value)
            {
                case null:
                    json.WriteNull(name);
                    break;
                case bool flag:
                    json.WriteBoolean(name, flag);
                    break;
                case int or long or short or byte:
                    json.WriteNumber(name, Convert.ToInt64(value));
                    break;
                case double n when double.IsFinite(n):
                    json.WriteNumber(name, n);
                    break;
                default:
                    json.WriteString(name, value.ToString());
                    break;
            }
        }
    }

    static string Level(LogLevel level) => level switch
    {
        LogLevel.Trace => "trace",
        LogLevel.Debug => "debug",
        LogLevel.Information => "info",
        LogLevel.Warning => "warn",
        LogLevel.Error => "error",
        _ => "fatal",
    };

    // A caller's text in a message must not begin a line of its own.
    static string OneLine(string text) => text.AsSpan().ContainsAny('\r', '\n') ? text.ReplaceLineEndings(" ") : text;
}
