using System.Text.Json;
using System.Text.RegularExpressions;
using Anumate.Proofs;
using Anumate.Schemas;

namespace Anumate.Connectors;

/// <summary>What a connector document must be, and what a tool's digest covers.</summary>
static partial class ConnectorRules
{
    const int MaxTools = 500, MaxExamples = 20, MaxText = 1000;

    /// <summary>The tools of a checked document.</summary>
    /// <exception cref="ProblemException"><c>connector-invalid</c> with every finding.</exception>
    public static IReadOnlyList<Tool> Check(PutConnector request, Id<Connector> id)
    {
        var found = new List<Diagnostic>();
        if (!ConnectorName().IsMatch(request.Name))
        {
            Add(found, "connector.name", $"`{request.Name}` is not a connector name", "/name", "1 to 63 characters: a-z, 0-9 and - inside");
        }

        if (!Uri.TryCreate(request.BaseUrl, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https") || url.UserInfo.Length > 0
            || url.Query.Length > 0 || url.Fragment.Length > 0)
        {
            Add(found, "connector.base-url", $"`{request.BaseUrl}` is not an address of a tool server", "/base_url", "http or https, without user, query and fragment");
        }

        if (request.Tools.Count is 0 or > MaxTools)
        {
            Add(found, "connector.tools", $"a connector has 1 to {MaxTools} tools, not {request.Tools.Count}", "/tools", null);
        }

        var tools = request.Tools.Take(MaxTools).Select((tool, i) => Check(tool, id, $"/tools/{i}", found)).ToList();
        foreach (var twice in tools.GroupBy(t => t.Name).Where(g => g.Count() > 1))
        {
            Add(found, "connector.tool-twice", $"tool `{twice.Key}` stands there twice", "/tools", null);
        }

        return found.Count == 0 ? tools : throw ConnectorProblems.Invalid(found);
    }

    static Tool Check(NewTool tool, Id<Connector> connector, string at, List<Diagnostic> found)
    {
        if (tool.Name.Length > 127 || !ToolName().IsMatch(tool.Name))
        {
            Add(found, "connector.tool-name", $"`{tool.Name}` is not a tool name", at + "/name", "object.verb, e.g. payments.refund: a-z, 0-9 and _ in parts joined by .");
        }

        CheckPath(tool.Path, at + "/path", found);
        if (tool.LookupPath is { } lookup)
        {
            CheckPath(lookup, at + "/lookup_path", found);
        }

        if (tool.Description is { Length: > MaxText })
        {
            Add(found, "connector.description", $"a description has at most {MaxText} characters", at + "/description", null);
        }

        CheckSchema(tool.InputSchema, at + "/input_schema", found);
        var output = CheckSchema(tool.OutputSchema, at + "/output_schema", found);
        var examples = tool.Examples ?? [];
        if (examples.Count > MaxExamples)
        {
            Add(found, "connector.examples", $"a tool has at most {MaxExamples} examples", at + "/examples", null);
        }

        for (var i = 0; i < examples.Count && output is not null; i++)
        {
            foreach (var error in output.Validate(examples[i]))
            {
                Add(found, "connector.example", error.Message, $"{at}/examples/{i}{error.InstancePath}", "an example is an output that fits the output schema");
            }
        }

        return new Tool(tool.Name, connector, tool.Path, tool.Effect, tool.InputSchema, tool.OutputSchema, tool.Description, tool.LookupPath, examples,
            found.Count == 0 ? DigestOf(tool) : "");
    }

    static void CheckPath(string path, string at, List<Diagnostic> found)
    {
        if (path.Length > 500 || !ToolPath().IsMatch(path) || path.Contains("..", StringComparison.Ordinal) || path.Contains("//", StringComparison.Ordinal))
        {
            Add(found, "connector.path", $"`{path}` is not a path", at, "begins with /, no empty or .. segment, no query");
        }
    }

    static Schema? CheckSchema(JsonElement schema, string at, List<Diagnostic> found)
    {
        var compiled = Schema.Compile(schema, SchemaOptions.Strict);
        found.AddRange(compiled.Diagnostics.Where(d => d.Severity == Severity.Error).Select(d => d with { Path = at + d.Path, Line = 0, Column = 0 }));
        return compiled.Schema;
    }

    // What a plan pins: a tool that does something else, or takes or gives something else, is another tool.
    static string DigestOf(NewTool tool)
    {
        var buffer = new System.Buffers.ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            writer.WriteString("name", tool.Name);
            writer.WriteString("effect", tool.Effect switch { ToolEffect.ReadOnly => "read_only", ToolEffect.Idempotent => "idempotent", _ => "effect" });
            writer.WritePropertyName("input_schema");
            tool.InputSchema.WriteTo(writer);
            writer.WritePropertyName("output_schema");
            tool.OutputSchema.WriteTo(writer);
            writer.WriteEndObject();
        }

        return Digest.Of(CanonicalJson.Write(buffer.WrittenMemory)).ToString();
    }

    static void Add(List<Diagnostic> found, string code, string message, string path, string? suggestion) =>
        found.Add(Diagnostic.Error(code, message, path, suggestion: suggestion));

    [GeneratedRegex("^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex ConnectorName();

    [GeneratedRegex(@"^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+$", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex ToolName();

    [GeneratedRegex(@"^/[A-Za-z0-9._~/-]*$", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex ToolPath();
}
