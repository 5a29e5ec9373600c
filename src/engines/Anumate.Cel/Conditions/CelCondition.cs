namespace Anumate.Cel;

/// <summary>What compiled code says of a condition. Where it is unsure, the expressions themselves decide.</summary>
public enum CelTruth
{
    No,
    Yes,
    Unsure,
}

/// <summary>A value that a condition looks at: a variable, by its index in the environment, and the fields below it.</summary>
public sealed record CelRead(int Variable, IReadOnlyList<string> Fields)
{
    public bool Equals(CelRead? other) =>
        other is not null && Variable == other.Variable && Fields.SequenceEqual(other.Fields, StringComparer.Ordinal);

    public override int GetHashCode() => Fields.Aggregate(Variable, HashCode.Combine);

    public override string ToString() => $"{Variable}{string.Concat(Fields.Select(f => $".{f.Length}:{f}"))}";
}

/// <summary>
/// Expressions that must all be true, in the form that compiled code is made from. The code says yes or no only where the expressions
/// would say so within their budget; an error, a value of an unexpected kind, or more than a little work makes it unsure. So errors and
/// budget are the business of one evaluator alone, and this one is as fast as the usual case is simple.
/// </summary>
public sealed class CelCondition
{
    CelCondition(Shape shape, CelRead[] reads, CelValue[] constants) => (Shape, Reads, Constants) = (shape, reads, constants);

    /// <summary>Of all conditions of this process: the shapes that wait to be compiled, in the background, and those that were.</summary>
    public static (int Waiting, int Compiled) Progress => Shape.Progress;

    internal Shape Shape { get; }

    /// <summary>What it looks at, in the order in which its code counts.</summary>
    public IReadOnlyList<CelRead> Reads { get; }

    internal CelValue[] Constants { get; }

    /// <summary>
    /// The condition; null where compiled code has nothing to say. Of operands that it cannot take in (loops, patterns) it is always unsure, but
    /// the others can still say no. <paramref name="named"/> gives the expression that a variable stands for, null when it is a plain one.
    /// </summary>
    public static CelCondition? Of(IReadOnlyList<CelExpression> operands, Func<int, CelExpression?> named)
    {
        var lowering = new Lowering(named);
        var parts = new List<Plain>(operands.Count + 1);
        foreach (var operand in operands)
        {
            if (lowering.Try(operand.Root) is { } part)
            {
                parts.Add(part);
            }
        }

        if (parts.Count == 0 && operands.Count > 0)
        {
            return null;
        }

        if (parts.Count < operands.Count)
        {
            parts.Add(Doubt.Instance);
        }

        var whole = parts.Count == 1 ? parts[0] : new Joint(IsAnd: true, [.. parts]);
        return new(Shape.Of(whole), [.. lowering.Reads], [.. lowering.Constants]);
    }
}
