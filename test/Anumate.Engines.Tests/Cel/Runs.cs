namespace Anumate.Engines.Tests.Cel;

/// <summary>How often a property is tried: few times in an ordinary run, as many times more as ANUMATE_FUZZ says in a long one.</summary>
static class Runs
{
    static readonly int Factor = int.TryParse(Environment.GetEnvironmentVariable("ANUMATE_FUZZ"), out var factor) ? factor : 1;

    public static long Of(long times) => times * Factor;
}
