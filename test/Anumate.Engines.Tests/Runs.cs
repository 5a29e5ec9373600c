using System.Globalization;

namespace Anumate.Engines.Tests;

/// <summary>
/// How often a property is tried, and how large the large inputs are: little in an ordinary run, so that it takes seconds, as many times
/// more as ANUMATE_FUZZ says in a long one (<c>ANUMATE_FUZZ=10</c> takes about a minute), and a part of it in the fast lane (<c>0.1</c>).
/// </summary>
static class Runs
{
    static readonly double Factor =
        double.TryParse(Environment.GetEnvironmentVariable("ANUMATE_FUZZ"), NumberStyles.Float, CultureInfo.InvariantCulture, out var factor) && factor > 0 ? factor : 1;

    public static long Of(long times) => Math.Max(1, (long)(times * Factor));

    /// <summary>A size that grows with the factor up to the one that is promised.</summary>
    public static int UpTo(int most, int ordinary) => (int)Math.Clamp(ordinary * Factor, 1, most);

    /// <summary>The distance between the places tried, which shrinks to the finest one.</summary>
    public static int Step(int finest, int ordinary) => Math.Max(finest, (int)(ordinary / Factor));
}
