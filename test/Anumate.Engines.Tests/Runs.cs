namespace Anumate.Engines.Tests;

/// <summary>
/// How often a property is tried, and how large the large inputs are: little in an ordinary run, so that it takes seconds, and as many
/// times more as ANUMATE_FUZZ says in a long one (<c>ANUMATE_FUZZ=10</c> takes about a minute).
/// </summary>
static class Runs
{
    static readonly int Factor = int.TryParse(Environment.GetEnvironmentVariable("ANUMATE_FUZZ"), out var factor) ? factor : 1;

    public static long Of(long times) => times * Factor;

    /// <summary>A size that grows with the factor up to the one that is promised.</summary>
    public static int UpTo(int most, int ordinary) => (int)Math.Min(most, (long)ordinary * Factor);

    /// <summary>The distance between the places tried, which shrinks to the finest one.</summary>
    public static int Step(int finest, int ordinary) => Math.Max(finest, ordinary / Factor);
}
