using System.Text.Json;
using Anumate.Cel;

namespace Anumate.Engines.Tests.Cel;

/// <summary>
/// Runs the public CEL conformance cases (cel-spec, as JSON). A case counts as passed when the expression compiles to the type the
/// reference checker gives it and evaluates to exactly the value asked for, or fails where failing is asked for. Cases that need
/// protocol buffers are left out of the totals.
/// </summary>
static class CelConformance
{
    public sealed record Count(int Passed, int Total, IReadOnlyList<string> Failures);

    /// <summary>The data file, found by walking up from a folder; null when it is absent.</summary>
    public static string? Find(string from)
    {
        for (var folder = new DirectoryInfo(from); folder is not null; folder = folder.Parent)
        {
            var shared = Path.Combine(folder.FullName, "shared", "vectors", "cel", "cel-conformance.json");
            if (File.Exists(shared))
            {
                return shared;
            }
        }

        return null;
    }

    public static SortedDictionary<string, Count> Run(string path)
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(path));
        var counts = new SortedDictionary<string, Count>(StringComparer.Ordinal);
        foreach (var test in document.RootElement.EnumerateArray().Where(t => !t.GetProperty("needsProto").GetBoolean()))
        {
            var file = test.GetProperty("file").GetString()!;
            var before = counts.GetValueOrDefault(file) ?? new(0, 0, []);
            var failure = Try(test);
            counts[file] = new(before.Passed + (failure is null ? 1 : 0), before.Total + 1, failure is null ? before.Failures : [.. before.Failures, failure]);
        }

        foreach (var (file, count) in CelOtherCases.Run(Path.GetDirectoryName(path)!))
        {
            counts[file] = count;
        }

        return counts;
    }

    /// <summary>What went wrong; null when nothing did.</summary>
    static string? Try(JsonElement test)
    {
        var name = $"{test.GetProperty("section").GetString()}/{test.GetProperty("name").GetString()}: {test.GetProperty("expr").GetString()}";
        return Check(test) is { } reason ? $"{name}: {reason}" : null;
    }

    static string? Check(JsonElement test)
    {
        var source = test.GetProperty("expr").GetString()!;
        if (Environment(test) is not { } environment)
        {
            return "declares a function or a type this engine does not know";
        }

        var isChecked = !Flag(test, "disableCheck");
        var compiled = isChecked ? environment.Compile(source) : environment.CompileUnchecked(source);
        if (compiled.Expression is not { } expression)
        {
            return $"did not compile: {string.Join("; ", compiled.Diagnostics)}";
        }

        if (isChecked && ExpectedType(test) is { } type && type != expression.ResultType.ToString())
        {
            return $"type {expression.ResultType} instead of {type}";
        }

        return Flag(test, "checkOnly") ? null : Compare(test, expression.Evaluate(Bind(environment, test)));
    }

    static string? Compare(JsonElement test, CelResult result)
    {
        if (test.GetProperty("evalError").GetBoolean())
        {
            // A library that is absent fails every call; that is not the error such a case asks for.
            var isAbsent = result.Error?.Code == CelErrors.Unknown && test.GetProperty("file").GetString()!.EndsWith("_ext", StringComparison.Ordinal);
            return result.IsError && !isAbsent ? null : $"{result} instead of an error";
        }

        if (!result.TryGetValue(out var actual, out var error))
        {
            return error.ToString();
        }

        // A case that names no value asks for true.
        return Expected(test) is not { } expected ? actual.IsTrue ? null : $"{actual} instead of true"
            : Matches(expected, actual) ? null
            : $"{actual} instead of {expected}";
    }

    static JsonElement? Expected(JsonElement test) =>
        test.TryGetProperty("value", out var value) ? value
        : test.TryGetProperty("typedResult", out var typed) && typed.TryGetProperty("result", out var result) ? result
        : null;

    static bool Flag(JsonElement test, string name) => test.TryGetProperty(name, out var flag) && flag.GetBoolean();

    static string? ExpectedType(JsonElement test) =>
        test.TryGetProperty("typedResult", out var typed) && typed.TryGetProperty("deducedType", out var deduced) ? TypeOf(deduced)?.ToString()
        : test.TryGetProperty("celGoType", out var type) ? type.GetString()
        : null;

    static CelEnvironment? Environment(JsonElement test)
    {
        var variables = new List<CelVariable>();
        if (test.TryGetProperty("typeEnv", out var declarations))
        {
            foreach (var declaration in declarations.EnumerateArray())
            {
                if (!declaration.TryGetProperty("ident", out var ident) || TypeOf(ident.GetProperty("type")) is not { } type)
                {
                    return null;
                }

                variables.Add(new(declaration.GetProperty("name").GetString()!, type));
            }
        }

        return new(variables) { Container = test.TryGetProperty("container", out var container) ? container.GetString()! : "" };
    }

    public static CelType? TypeOf(JsonElement type)
    {
        var property = type.EnumerateObject().Single();
        return property.Name switch
        {
            "dyn" => CelType.Dyn,
            "null" => CelType.Null,
            "primitive" => property.Value.GetString() switch
            {
                "BOOL" => CelType.Bool,
                "INT64" => CelType.Int,
                "UINT64" => CelType.Uint,
                "DOUBLE" => CelType.Double,
                "STRING" => CelType.String,
                "BYTES" => CelType.Bytes,
                _ => null,
            },
            "listType" => TypeOf(property.Value.GetProperty("elemType")) is { } element ? CelType.List(element) : null,
            "mapType" => TypeOf(property.Value.GetProperty("keyType")) is { } key && TypeOf(property.Value.GetProperty("valueType")) is { } value
                ? CelType.Map(key, value)
                : null,
            "abstractType" when property.Value.GetProperty("name").GetString() == "optional_type"
                => TypeOf(property.Value.GetProperty("parameterTypes")[0]) is { } held ? CelType.Optional(held) : null,
            _ => null,
        };
    }

    static CelBindings Bind(CelEnvironment environment, JsonElement test)
    {
        var bindings = environment.Bind();
        if (test.TryGetProperty("bindings", out var values))
        {
            foreach (var binding in values.EnumerateObject())
            {
                // Some cases bind what they do not declare, to show that it is not seen.
                if (environment.IndexOf(binding.Name) >= 0)
                {
                    bindings.Set(binding.Name, ValueOf(binding.Value.GetProperty("value")));
                }
            }
        }

        return bindings;
    }

    static CelValue ValueOf(JsonElement value)
    {
        var property = value.EnumerateObject().Single();
        return property.Name switch
        {
            "boolValue" => CelValue.Of(property.Value.GetBoolean()),
            "int64Value" => CelValue.Of(long.Parse(property.Value.GetString()!)),
            "uint64Value" => CelValue.Of(ulong.Parse(property.Value.GetString()!)),
            "doubleValue" => CelValue.Of(DoubleOf(property.Value)),
            "stringValue" => CelValue.Of(property.Value.GetString()!),
            "bytesValue" => CelValue.Of(property.Value.GetBytesFromBase64()),
            "nullValue" => CelValue.Null,
            "listValue" => CelValue.List([.. Items(property.Value, "values").Select(ValueOf)]),
            "mapValue" => MapOf(property.Value),
            _ => throw new InvalidDataException($"unknown value {property.Name}"),
        };
    }

    static double DoubleOf(JsonElement value) => value.ValueKind is JsonValueKind.Number
        ? value.GetDouble()
        : value.GetString() switch { "NaN" => double.NaN, "Infinity" => double.PositiveInfinity, _ => double.NegativeInfinity };

    static CelValue MapOf(JsonElement map) => CelValue.Map(
        Items(map, "entries").ToDictionary(e => ValueOf(e.GetProperty("key")).AsString, e => ValueOf(e.GetProperty("value"))));

    static JsonElement.ArrayEnumerator Items(JsonElement of, string name) => of.TryGetProperty(name, out var items) ? items.EnumerateArray() : default;

    /// <summary>Equal in type as well as in value: the int 1 is not the double 1.0 here, and NaN is NaN.</summary>
    static bool Matches(JsonElement expected, CelValue actual)
    {
        var property = expected.EnumerateObject().Single();
        switch (property.Name)
        {
            case "typeValue":
                return actual.Kind is CelKind.Type && actual.ToString() == property.Value.GetString();
            case "doubleValue":
                return actual.Kind is CelKind.Double && actual.AsDouble.Equals(DoubleOf(property.Value));
            case "listValue":
                var items = Items(property.Value, "values").ToList();
                return actual.Kind is CelKind.List && actual.AsList.Count == items.Count && items.Zip(actual.AsList).All(p => Matches(p.First, p.Second));
            case "mapValue":
                var entries = Items(property.Value, "entries").ToList();
                return actual.Kind is CelKind.Map && actual.AsMap.Count() == entries.Count && entries.All(e => actual.AsMap.Any(a =>
                    Matches(e.GetProperty("key"), a.Key) && Matches(e.GetProperty("value"), a.Value)));
            case "objectValue":
                return false;
            default:
                var value = ValueOf(expected);
                return value.Kind == actual.Kind && value.Equals(actual);
        }
    }
}
