using System.Collections.Concurrent;

namespace Anumate.Cel;

/// <summary>
/// What many conditions over one environment have in common: each text among their constants is one object here, and so is a text read
/// from JSON that equals it; comparing them is then comparing addresses, and reading them makes no garbage.
/// </summary>
public sealed class CelVocabulary
{
    readonly CelEnvironment environment;
    readonly Dictionary<string, string> texts = new(StringComparer.Ordinal);
    readonly ConcurrentDictionary<string, SlotReader> readers = new(StringComparer.Ordinal);

    public CelVocabulary(CelEnvironment environment, IEnumerable<CelCondition> conditions)
    {
        this.environment = environment;
        foreach (var text in conditions.SelectMany(c => c.Constants).SelectMany(Texts))
        {
            texts.TryAdd(text, text);
        }
    }

    internal Dictionary<string, string>.AlternateLookup<ReadOnlySpan<char>> Known => texts.GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>A constant of one of the conditions, its text the common one.</summary>
    internal CelValue Shared(CelValue constant) =>
        constant.StringOrNull is { } text && texts.TryGetValue(text, out var known) ? CelValue.Of(known) : constant;

    /// <summary>What fills slots for these paths from JSON text; one for all who look at the same.</summary>
    internal SlotReader Reader(IReadOnlyList<CelRead> reads)
    {
        var key = string.Join('\n', reads);
        return readers.TryGetValue(key, out var known) ? known : readers.GetOrAdd(key, new SlotReader(reads, this, environment));
    }

    static IEnumerable<string> Texts(CelValue constant) =>
        constant.StringOrNull is { } text ? [text] : constant.As<ListPayload>() is { } list ? list.Select(i => i.StringOrNull).OfType<string>() : [];
}
