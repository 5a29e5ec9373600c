namespace Anumate.Cel;

/// <summary>
/// Conditions that are asked together: what they read has one slot each, and what belongs to one of them lies beside what belongs to the
/// next, so that asking touches little memory. Immutable.
/// </summary>
public sealed class CelConditions
{
    readonly Entry[] entries;
    readonly int[] places;
    readonly CelValue[] constants;
    readonly CelRead[] reads;

    readonly record struct Entry(Shape? Shape, int Place, int Constant);

    /// <summary>Of a condition that is null it is always unsure.</summary>
    public CelConditions(IReadOnlyList<CelCondition?> conditions, CelVocabulary vocabulary)
    {
        var slots = new Dictionary<CelRead, int>();
        foreach (var read in conditions.SelectMany(c => c?.Reads ?? []).Distinct().OrderBy(r => r.ToString(), StringComparer.Ordinal))
        {
            slots[read] = slots.Count;
        }

        reads = [.. slots.Keys];
        var (flatPlaces, flatConstants) = (new List<int>(), new List<CelValue>());
        entries = new Entry[conditions.Count];
        for (var i = 0; i < entries.Length; i++)
        {
            if (conditions[i] is { } condition)
            {
                entries[i] = new(condition.Shape, flatPlaces.Count, flatConstants.Count);
                flatPlaces.AddRange(condition.Reads.Select(r => slots[r]));
                flatConstants.AddRange(condition.Constants.Select(vocabulary.Shared));
            }
        }

        (places, constants) = ([.. flatPlaces], [.. flatConstants]);
        Reader = vocabulary.Reader(reads);
    }

    internal int Count => reads.Length;

    internal SlotReader Reader { get; }

    /// <summary>Asks one of the conditions.</summary>
    public CelTruth Test(int index, CelValue[] slots)
    {
        ref readonly var entry = ref entries[index];
        return entry.Shape is { } shape ? shape.Test(slots, places, entry.Place, constants, entry.Constant) : CelTruth.Unsure;
    }

    /// <summary>The slots for these values.</summary>
    public CelValue[] Slots(CelBindings bindings)
    {
        var slots = reads.Length == 0 ? [] : new CelValue[reads.Length];
        for (var i = 0; i < slots.Length; i++)
        {
            slots[i] = Find(bindings.Values[reads[i].Variable], reads[i].Fields);
        }

        return slots;
    }

    /// <summary>The value at the end of a path; unbound where there is none, but for a last field that its map does not have.</summary>
    static CelValue Find(CelValue value, IReadOnlyList<string> fields)
    {
        for (var i = 0; i < fields.Count; i++)
        {
            if (!value.TryGetField(fields[i], out var inner))
            {
                return i == fields.Count - 1 && value.As<MapPayload>() is not null ? Truths.Absent : default;
            }

            value = inner;
        }

        return value;
    }
}
