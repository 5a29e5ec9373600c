using System.Text.Json;
using Anumate.Engines.Tests.Cel;
using Anumate.Engines.Tests.Schemas;

// Counts the published conformance cases the engines pass and prints {"figures": {"cel/<file>.passed": n, "cel/<file>.total": n,
// "jsonschema/<file>.passed": n, …}}. Argument: [--failures]. The data is looked for upwards from here; exit code 1 without it.
var showFailures = args.Contains("--failures");
string[] starts = [Directory.GetCurrentDirectory(), AppContext.BaseDirectory];
if (starts.Select(CelConformance.Find).FirstOrDefault(p => p is not null) is not { } cel
    || starts.Select(SchemaConformance.Find).FirstOrDefault(p => p is not null) is not { } suite)
{
    Console.Error.WriteLine("the cases are not here: shared/vectors/cel and shared/vectors/json-schema are expected beside the repository");
    return 1;
}

using var output = Console.OpenStandardOutput();
using var json = new Utf8JsonWriter(output, new() { Indented = true });
json.WriteStartObject();
json.WriteStartObject("figures");
foreach (var (file, count) in CelConformance.Run(cel))
{
    Write($"cel/{file}", count.Passed, count.Total, count.Failures);
}

foreach (var (file, count) in SchemaConformance.Run(suite))
{
    Write($"jsonschema/{file}", count.Passed, count.Total, count.Failures);
}

json.WriteEndObject();
json.WriteEndObject();
return 0;

void Write(string name, int passed, int total, IReadOnlyList<string> failures)
{
    json.WriteNumber($"{name}.passed", passed);
    json.WriteNumber($"{name}.total", total);
    foreach (var failure in showFailures ? failures : [])
    {
        Console.Error.WriteLine($"{name}: {failure}");
    }
}
