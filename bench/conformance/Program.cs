using Anumate.Bench;
using Anumate.Engines.Tests.Cel;
using Anumate.Engines.Tests.Schemas;

// Counts the published conformance cases the engines pass: `cel/<file>.passed` and `.total`, `jsonschema/<file>.passed` and `.total`.
// --failures lists the others on standard error. The cases are looked for upwards from here; exit code 1 without them.
string[] starts = [Directory.GetCurrentDirectory(), AppContext.BaseDirectory];
if (starts.Select(CelConformance.Find).FirstOrDefault(p => p is not null) is not { } cel
    || starts.Select(SchemaConformance.Find).FirstOrDefault(p => p is not null) is not { } suite)
{
    Console.Error.WriteLine("the cases are not here: shared/vectors/cel and shared/vectors/json-schema are expected beside the repository");
    return 1;
}

var report = new Report("conformance");
foreach (var (file, count) in CelConformance.Run(cel))
{
    Add($"cel/{file}", count.Passed, count.Total, count.Failures);
}

foreach (var (file, count) in SchemaConformance.Run(suite))
{
    Add($"jsonschema/{file}", count.Passed, count.Total, count.Failures);
}

report.Print(args);
return 0;

void Add(string name, int passed, int total, IReadOnlyList<string> failures)
{
    report.Figures[$"{name}.passed"] = passed;
    report.Figures[$"{name}.total"] = total;
    foreach (var failure in args.Contains("--failures") ? failures : [])
    {
        Console.Error.WriteLine($"{name}: {failure}");
    }
}
