namespace Anumate.Schemas.Examples;

/// <summary>SplitMix64: a small generator whose sequence is ours to keep, on every runtime.</summary>
sealed class Dice(ulong seed)
{
    ulong state = seed;

    /// <summary>A number from 0 to just below <paramref name="sides"/>.</summary>
    public int Roll(int sides) => sides <= 1 ? 0 : (int)(Next() % (uint)sides);

    public long Between(long low, long high) => high <= low ? low : low + (long)(Next() % ((ulong)(high - low) + 1));

    public T Pick<T>(IReadOnlyList<T> items) => items[Roll(items.Count)];

    ulong Next()
    {
        state += 0x9E3779B97F4A7C15;
        var z = state;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
