using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;
using Anumate.Redaction.Paths;
using Anumate.Redaction.Recognition;

namespace Anumate.Redaction;

/// <summary>What became of a text.</summary>
enum Outcome
{
    Unchanged,
    Changed,
    Dropped,
    /// <summary>It could not be redacted and is dropped for that.</summary>
    Failed,
}

/// <summary>
/// Redacts texts, one after the other. Parts that are recognised are replaced until nothing is recognised any more: what is taken out can
/// make its neighbours look like something.
/// </summary>
sealed class TextRewriter
{
    // The second round finds something in a text made for it only, the third in none that was seen.
    const int MostRounds = 6;

    static readonly byte[][] Labels = [.. Recognisers.Names.Select(Encoding.UTF8.GetBytes)];

    static readonly Comparer<Finding> ByPlace = Comparer<Finding>.Create((a, b) => a.From.CompareTo(b.From));

    readonly RedactionKeys keys;
    readonly Predicate<Finding> isMarked;
    readonly List<Finding> found = [];
    readonly List<Finding> check = [];
    readonly ArrayBufferWriter<byte> piece = new();
    ArrayBufferWriter<byte> source = new(), target = new();
    // Where brackets stand that were put there: what they hold is not looked at again.
    List<Finding> marks = [], nextMarks = [];

    public TextRewriter(RedactionKeys keys) => (this.keys, isMarked) = (keys, IsMarked);

    /// <summary>Values and parts of texts that were redacted.</summary>
    public int Redacted { get; set; }

    /// <summary>How many of them were dropped because their operator failed.</summary>
    public int Failed { get; set; }

    /// <summary>The text after <see cref="Outcome.Changed"/>, until the next one.</summary>
    public ReadOnlySpan<byte> Result => source.WrittenSpan;

    public Outcome Rewrite(ReadOnlySpan<byte> text, Effect effect, Clue around)
    {
        found.Clear();
        if (effect.Wanted != 0)
        {
            Scanner.Scan(text, effect.Wanted, around, found);
        }

        if (effect.Whole is { } whole)
        {
            return RewriteWhole(text, whole, effect, around);
        }

        if (found.Count == 0)
        {
            return Outcome.Unchanged;
        }

        marks.Clear();
        source.ResetWrittenCount();
        source.Write(text);
        for (var round = 0; round < MostRounds; round++)
        {
            Replace(effect, around);
            found.Clear();
            Scanner.Scan(source.WrittenSpan, effect.Wanted, around, found);
            found.RemoveAll(isMarked);
            if (found.Count == 0)
            {
                return Outcome.Changed;
            }
        }

        Failed++;
        return Outcome.Failed;
    }

    bool IsMarked(Finding finding)
    {
        var at = marks.BinarySearch(finding, ByPlace);
        at = at >= 0 ? at : ~at - 1;
        return at >= 0 && finding.To <= marks[at].To;
    }

    /// <summary>What is recognised in a value can only make the operator for all of it stronger.</summary>
    Outcome RewriteWhole(ReadOnlySpan<byte> text, RedactionDemand whole, Effect effect, Clue around)
    {
        if (whole.Operator == RedactionOperator.PartialDate && found.Count > 0)
        {
            // It is no date, and a mask of it would be none either when it is redacted once more.
            Redacted++;
            Failed++;
            return Outcome.Failed;
        }

        foreach (var finding in found)
        {
            whole = Operators.Strongest(whole, effect.Within(finding.Recogniser));
        }

        Redacted++;
        if (whole.Operator == RedactionOperator.Drop)
        {
            return Outcome.Dropped;
        }

        source.ResetWrittenCount();
        if (TryApply(whole, text, effect.Wanted, around, source))
        {
            return Outcome.Changed;
        }

        Failed++;
        return Outcome.Failed;
    }

    /// <summary>A mask that leaves something recognisable open masks all.</summary>
    bool TryApply(RedactionDemand by, ReadOnlySpan<byte> text, uint wanted, Clue around, ArrayBufferWriter<byte> to)
    {
        if (!Operators.TryApply(by, text, keys, to))
        {
            return false;
        }

        if (by.Operator == RedactionOperator.Mask && by.First + by.Last > 0 && wanted != 0)
        {
            check.Clear();
            Scanner.Scan(to.WrittenSpan, wanted, around, check);
            if (check.Count > 0)
            {
                to.ResetWrittenCount();
                return Operators.TryApply(by with { First = 0, Last = 0 }, text, keys, to);
            }
        }

        return true;
    }

    /// <summary>Replaces what was found in the source, overlapping findings as one.</summary>
    void Replace(Effect effect, Clue around)
    {
        found.Sort(static (a, b) => a.From != b.From ? a.From.CompareTo(b.From) : b.To.CompareTo(a.To));
        target.ResetWrittenCount();
        nextMarks.Clear();
        var all = CollectionsMarshal.AsSpan(found);
        var (copied, mark) = (0, 0);
        for (var i = 0; i < all.Length;)
        {
            var (from, to, longest) = all[i];
            var (length, by) = (to - from, effect.Within(longest));
            for (i++; i < all.Length && all[i].From < to; i++)
            {
                by = Operators.Strongest(by, effect.Within(all[i].Recogniser));
                to = Math.Max(to, all[i].To);
                if (all[i].To - all[i].From > length)
                {
                    (length, longest) = (all[i].To - all[i].From, all[i].Recogniser);
                }
            }

            Copy(copied, from, ref mark);
            while (mark < marks.Count && marks[mark].From < to)
            {
                mark++;
            }

            Write(source.WrittenSpan[from..to], by, longest, effect.Wanted, around);
            copied = to;
        }

        Copy(copied, source.WrittenCount, ref mark);
        (source, target) = (target, source);
        (marks, nextMarks) = (nextMarks, marks);
    }

    void Copy(int from, int to, ref int mark)
    {
        for (; mark < marks.Count && marks[mark].From < to; mark++)
        {
            var moved = target.WrittenCount - from;
            nextMarks.Add(new(marks[mark].From + moved, marks[mark].To + moved, 0));
        }

        target.Write(source.WrittenSpan[from..to]);
    }

    void Write(ReadOnlySpan<byte> part, RedactionDemand by, int recogniser, uint wanted, Clue around)
    {
        Redacted++;
        piece.ResetWrittenCount();
        var isDone = by.Operator != RedactionOperator.Drop && TryApply(by, part, wanted, around, piece);
        if (isDone && by.Operator == RedactionOperator.Mask)
        {
            target.Write(piece.WrittenSpan);
            return;
        }

        Failed += isDone || by.Operator == RedactionOperator.Drop ? 0 : 1;
        var from = target.WrittenCount;
        target.Write("["u8);
        target.Write(Labels[recogniser]);
        if (isDone)
        {
            target.Write(":"u8);
            target.Write(piece.WrittenSpan);
        }

        target.Write("]"u8);
        nextMarks.Add(new(from, target.WrittenCount, 0));
    }
}
