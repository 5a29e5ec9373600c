namespace Anumate.Engines.Tests.Cel;

public sealed class CelConformanceTests
{
    /// <summary>How many cases of each file pass at least; a number here may only rise.</summary>
    static readonly Dictionary<string, int> Least = new()
    {
        ["basic"] = 43,
        ["comparisons"] = 334,
        ["conversions"] = 109,
        ["fields"] = 60,
        ["fp_math"] = 30,
        ["integer_math"] = 64,
        ["lists"] = 39,
        ["logic"] = 30,
        ["macros"] = 44,
        ["namespace"] = 3,
        ["parse"] = 193,
        ["plumbing"] = 5,
        ["string"] = 51,
        ["timestamps"] = 71,
        ["bindings_ext"] = 5,
        ["encoders_ext"] = 4,
        ["macros2"] = 46,
        ["string_ext"] = 205,
        ["optionals"] = 59,
        ["checking"] = 64,
        ["comprehension"] = 32,
        ["parsing"] = 149,
        ["type_deductions"] = 21,
    };

    [Fact]
    public void Passes_the_published_cases()
    {
        var path = CelConformance.Find(AppContext.BaseDirectory);
        if (path is null)
        {
            Assert.Skip("shared/vectors/cel/cel-conformance.json is not here");
        }

        var counts = CelConformance.Run(path);
        foreach (var (file, least) in Least)
        {
            Assert.True(counts[file].Passed >= least, $"{file}: {counts[file].Passed} of {least}\n{string.Join('\n', counts[file].Failures)}");
        }
    }
}
