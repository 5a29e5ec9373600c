namespace Anumate.Cel;

/// <summary>
/// What an evaluation costs in steps. The straight-line part is charged once when evaluation begins, the body of a loop at each
/// turn, and what depends on the size of data by the functions themselves; so the run-time count holds whatever the data are.
/// </summary>
static class Costs
{
    /// <summary>How many elements the estimate takes a list of unknown length to have.</summary>
    const long AssumedSize = 100;

    const long Most = long.MaxValue / 4;

    /// <summary>The steps of one evaluation of a part, without the turns of the loops in it.</summary>
    public static long Straight(Typed part) => Sum(part, inLoops: false);

    /// <summary>The steps to expect when every list of unknown length has 100 elements.</summary>
    public static long Estimate(Typed part) => Sum(part, inLoops: true);

    static long Sum(Typed part, bool inLoops)
    {
        long Of(Typed? p) => p is null ? 0 : Sum(p, inLoops);
        return Math.Min(Most, 1 + part switch
        {
            FieldRead p => Of(p.Target),
            FieldTest p => Of(p.Target),
            Invoke p => 1 + Total(p.Arguments, inLoops),
            TypedLogic p => Total(p.Operands, inLoops),
            Choice p => Of(p.Condition) + Of(p.Then) + Of(p.Otherwise),
            NewList p => Total(p.Items, inLoops),
            NewMap p => p.Entries.Sum(e => Of(e.Key) + Of(e.Value)),
            Let p => Of(p.Value) + Of(p.Body),
            OrElse p => Of(p.First) + Of(p.Otherwise),
            OptionalMap p => Of(p.Target) + Of(p.Body),
            Joined p => Total(p.Parts, inLoops),
            Loop p => Of(p.Range) + (inLoops ? Times(Size(p.Range), Of(p.Test) + Of(p.Result) + 1) : 0),
            _ => 0,
        });
    }

    static long Total(Typed[] parts, bool inLoops)
    {
        long sum = 0;
        foreach (var part in parts)
        {
            sum = Math.Min(Most, sum + Sum(part, inLoops));
        }

        return sum;
    }

    static long Size(Typed range) => range switch
    {
        NewList list => list.Items.Length,
        NewMap map => map.Entries.Length,
        Loop { Kind: LoopKind.Map or LoopKind.Filter or LoopKind.MapValues or LoopKind.MapEntries } loop => Size(loop.Range),
        Constant { Value.Kind: CelKind.List } list => list.Value.AsList.Count,
        _ => AssumedSize,
    };

    static long Times(long a, long b) => a == 0 || b <= Most / a ? a * b : Most;
}
