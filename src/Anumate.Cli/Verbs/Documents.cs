using System.CommandLine;
using System.Text;
using System.Text.Json;

namespace Anumate.Cli.Verbs;

/// <summary>Reading what the user hands in: files, standard input, inputs from the command line.</summary>
static class Documents
{
    const int MaxBytes = 8 << 20;

    /// <summary>A text file as UTF-8; <c>-</c> is standard input.</summary>
    public static async Task<string> ReadAsync(string path, CancellationToken ct)
    {
        var bytes = await ReadBytesAsync(path, MaxBytes, ct);
        try
        {
            return new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(bytes.Span).TrimStart('\uFEFF');
        }
        catch (DecoderFallbackException e)
        {
            throw new UsageException($"`{path}` is not UTF-8: byte {e.Index} does not belong to a character");
        }
    }

    /// <summary>A file as it is; <c>-</c> is standard input.</summary>
    public static async Task<ReadOnlyMemory<byte>> ReadBytesAsync(string path, int maxBytes, CancellationToken ct)
    {
        await using var stream = path == "-" ? Console.OpenStandardInput() : File.OpenRead(path);
        using var buffer = new MemoryStream();
        var chunk = new byte[81920];
        for (int n; (n = await stream.ReadAsync(chunk, ct)) > 0;)
        {
            buffer.Write(chunk, 0, n);
            if (buffer.Length > maxBytes)
            {
                throw new UsageException($"`{path}` is larger than {maxBytes >> 20} MiB");
            }
        }

        return buffer.GetBuffer().AsMemory(0, (int)buffer.Length);
    }

    /// <summary>The options that give a run its inputs.</summary>
    public sealed class InputOptions
    {
        public Option<string[]> Each { get; } = new("--input", "-i") { Description = "one input; the value is JSON if it reads as JSON, else text", HelpName = "name=value", AllowMultipleArgumentsPerToken = true };

        public Option<string?> File { get; } = new("--inputs") { Description = "a JSON file with all inputs; - for standard input", HelpName = "file" };

        /// <summary>The inputs object: the file's, with single ones laid over it.</summary>
        public async Task<JsonElement> ReadAsync(ParseResult parse, CancellationToken ct)
        {
            var members = new Dictionary<string, JsonElement>();
            if (parse.GetValue(File) is { } path)
            {
                using var document = Json(await Documents.ReadAsync(path, ct), path);
                if (document.RootElement.ValueKind != JsonValueKind.Object)
                {
                    throw new UsageException($"`{path}` must hold a JSON object");
                }

                foreach (var member in document.RootElement.EnumerateObject())
                {
                    members[member.Name] = member.Value.Clone();
                }
            }

            foreach (var pair in parse.GetValue(Each) ?? [])
            {
                var split = pair.IndexOf('=');
                if (split <= 0)
                {
                    throw new UsageException($"`{pair}` is not of the form name=value");
                }

                members[pair[..split]] = Value(pair[(split + 1)..]);
            }

            return JsonSerializer.SerializeToElement(members, CliJson.Default.DictionaryStringJsonElement);
        }
    }

    /// <summary>Parses JSON or says where it is wrong.</summary>
    public static JsonDocument Json(string text, string name)
    {
        try
        {
            return JsonDocument.Parse(text, new JsonDocumentOptions { MaxDepth = AnumateJson.MaxDepth, AllowDuplicateProperties = false });
        }
        catch (JsonException e)
        {
            throw new UsageException($"`{name}` is not JSON: {e.Message}");
        }
    }

    static JsonElement Value(string text)
    {
        try
        {
            using var document = JsonDocument.Parse(text, new JsonDocumentOptions { MaxDepth = AnumateJson.MaxDepth, AllowDuplicateProperties = false });
            return document.RootElement.Clone();
        }
        catch (JsonException)
        {
            return JsonSerializer.SerializeToElement(text, CliJson.Default.String);
        }
    }
}

/// <summary>Generated type information of what the command line makes itself.</summary>
[System.Text.Json.Serialization.JsonSerializable(typeof(Dictionary<string, JsonElement>))]
[System.Text.Json.Serialization.JsonSerializable(typeof(string))]
sealed partial class CliJson : System.Text.Json.Serialization.JsonSerializerContext;
