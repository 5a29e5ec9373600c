using System.Text.Json;
using Anumate.Engines.Tests.Cel;

// Counts the conformance cases of the CEL engine and prints {"figures": {"cel/<file>.passed": n, "cel/<file>.total": n, …}}.
// Arguments: [--failures] [path of cel-conformance.json]; without a path it is looked for upwards from here. Exit code 1 without data.
var showFailures = args.Contains("--failures");
var path = args.FirstOrDefault(a => !a.StartsWith('-')) ?? CelConformance.Find(Directory.GetCurrentDirectory()) ?? CelConformance.Find(AppContext.BaseDirectory);
if (path is null || !File.Exists(path))
{
    Console.Error.WriteLine("cel-conformance.json is not here: it is expected in shared/vectors/cel beside the repository");
    return 1;
}

using var output = Console.OpenStandardOutput();
using var json = new Utf8JsonWriter(output, new() { Indented = true });
json.WriteStartObject();
json.WriteStartObject("figures");
foreach (var (file, count) in CelConformance.Run(path))
{
    json.WriteNumber($"cel/{file}.passed", count.Passed);
    json.WriteNumber($"cel/{file}.total", count.Total);
    foreach (var failure in showFailures ? count.Failures : [])
    {
        Console.Error.WriteLine($"{file}: {failure}");
    }
}

json.WriteEndObject();
json.WriteEndObject();
return 0;
