using System.Text.Json;
using Anumate.Schemas;

namespace Anumate.Engines.Tests.Schemas;

/// <summary>
/// Runs the public JSON Schema test suite (draft 2020-12), file by file. Used by the tests and by the conformance count of bench/;
/// public API only.
/// </summary>
public static class SchemaConformance
{
    public sealed record Count(int Passed, int Total, IReadOnlyList<string> Failures);

    /// <summary>The folder of the suite, looked for upwards from a folder; null when it is not there.</summary>
    public static string? Find(string from)
    {
        for (var folder = new DirectoryInfo(from); folder is not null; folder = folder.Parent)
        {
            var suite = Path.Combine(folder.FullName, "shared", "vectors", "json-schema", "draft2020-12");
            if (Directory.Exists(suite))
            {
                return suite;
            }
        }

        return null;
    }

    /// <summary>Passed and total by file name, in order.</summary>
    public static IReadOnlyDictionary<string, Count> Run(string suite)
    {
        var counts = new SortedDictionary<string, Count>(StringComparer.Ordinal);
        foreach (var file in Directory.EnumerateFiles(suite, "*.json"))
        {
            counts[Path.GetFileNameWithoutExtension(file)] = RunFile(file);
        }

        return counts;
    }

    static Count RunFile(string file)
    {
        using var groups = JsonDocument.Parse(File.ReadAllBytes(file));
        var (passed, total) = (0, 0);
        var failures = new List<string>();
        foreach (var group in groups.RootElement.EnumerateArray())
        {
            var compilation = Schema.Compile(group.GetProperty("schema"), SchemaOptions.Standard);
            foreach (var test in group.GetProperty("tests").EnumerateArray())
            {
                total++;
                var why = Fails(compilation, test);
                passed += why is null ? 1 : 0;
                if (why is not null)
                {
                    failures.Add($"{group.GetProperty("description")} / {test.GetProperty("description")}: {why}");
                }
            }
        }

        return new Count(passed, total, failures);
    }

    static string? Fails(SchemaCompilation compilation, JsonElement test)
    {
        if (!compilation.IsValid)
        {
            return string.Join("; ", compilation.Diagnostics);
        }

        var (data, expected) = (test.GetProperty("data"), test.GetProperty("valid").GetBoolean());
        var errors = compilation.Schema.Validate(data);
        return compilation.Schema.IsValid(data) != (errors.Count == 0) ? "the two ways of validating disagree"
            : errors.Count == 0 == expected ? null
            : expected ? string.Join("; ", errors.Select(e => e.Message))
            : "accepted";
    }
}
