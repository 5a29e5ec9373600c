namespace Anumate.Cel;

/// <summary>From checked expressions to plain parts, with what they read and their constants. Equal reads are one.</summary>
sealed class Lowering(Func<int, CelExpression?> named)
{
    /// <summary>The parts of a condition, named values written out.</summary>
    const int MaxParts = 256;

    /// <summary>
    /// The steps one part may take before it is unsure. INVARIANT: all parts together stay far below any budget a condition is evaluated
    /// with, so that compiled code is never sure of what the expressions would not finish.
    /// </summary>
    public const long StepsPerPart = 256;

    int parts;

    public List<CelRead> Reads { get; } = [];

    public List<CelValue> Constants { get; } = [];

    /// <summary>The parts of an expression; null, with nothing added, where it has others.</summary>
    public Plain? Try(Typed root)
    {
        var (counted, reads, constants) = (parts, Reads.Count, Constants.Count);
        var lowered = Of(root);
        if (lowered is null)
        {
            parts = counted;
            Reads.RemoveRange(reads, Reads.Count - reads);
            Constants.RemoveRange(constants, Constants.Count - constants);
        }

        return lowered;
    }

    Plain? Of(Typed node)
    {
        if (++parts > MaxParts)
        {
            return null;
        }

        return Known(node) is { } value ? Fixed(value) : PathOf(node) is { } path ? Read(path) : node switch
        {
            Variable variable => named(variable.Index) is { } expression ? Of(expression.Root) : null,
            FieldTest test => PathOf(test.Target) is { } target ? new Has(Slot(Below(target, test.Field))) : null,
            OrElse { IsValue: true, First: Invoke { Function.Name: Optionals.Select } read } or => OfOrElse(read, or.Otherwise),
            Invoke { Function.Name: "@in" } call when Known(call.Arguments[1])?.As<ListPayload>() is { } list => OfMembership(call, list),
            Invoke { Arguments.Length: 1 or 2 } call => All(call.Arguments) is { } arguments ? new Apply(call.Function, arguments) : null,
            TypedLogic logic => All(logic.Operands) is { } operands ? new Joint(logic.IsAnd, operands) : null,
            Choice c => All([c.Condition, c.Then, c.Otherwise]) is [var test, var then, var other] ? new Either(test, then, other) : null,
            _ => null,
        };
    }

    Plain[]? All(Typed[] nodes)
    {
        var lowered = new Plain[nodes.Length];
        for (var i = 0; i < nodes.Length; i++)
        {
            if (Of(nodes[i]) is not { } part)
            {
                return null;
            }

            lowered[i] = part;
        }

        return lowered;
    }

    Otherwise? OfOrElse(Invoke read, Typed otherwise) =>
        PathOf(read.Arguments[0]) is { } target && read.Arguments[1] is Constant { Value.StringOrNull: { } field } && Of(otherwise) is { } other
            ? new Otherwise(Slot(Below(target, field)), other)
            : null;

    Apply? OfMembership(Invoke call, ListPayload list) =>
        Of(call.Arguments[0]) is { } item ? new Apply(call.Function, [item, Fixed(new(HashedPayload.Of(list)))]) : null;

    Fixed Fixed(CelValue value)
    {
        Constants.Add(value);
        return new(Constants.Count - 1);
    }

    Read Read(CelRead path) => new(Slot(path));

    int Slot(CelRead path)
    {
        var known = Reads.IndexOf(path);
        if (known < 0)
        {
            known = Reads.Count;
            Reads.Add(path);
        }

        return known;
    }

    static CelRead Below(CelRead path, string field) => new(path.Variable, [.. path.Fields, field]);

    /// <summary>The path a part reads, by field or by constant key; null when it is computed.</summary>
    CelRead? PathOf(Typed node) => node switch
    {
        Variable variable => named(variable.Index) is null ? new(variable.Index, []) : null,
        FieldRead read => PathOf(read.Target) is { } target ? Below(target, read.Field) : null,
        Invoke { Function.Name: "_[_]", Arguments: [var target, Constant { Value.StringOrNull: { } key }] } =>
            PathOf(target) is { } path ? Below(path, key) : null,
        _ => null,
    };

    /// <summary>The value of a part that is the same every time; null when it is not, or fails.</summary>
    static CelValue? Known(Typed node) => node switch
    {
        Constant constant => constant.Value,
        NewList { Optional: null } list => Known(list.Items) is { } items ? CelValue.List(items) : null,
        Invoke { Arguments.Length: 1 or 2 } call =>
            Known(call.Arguments) is { } arguments && Truths.Call(call.Function, arguments) is { IsError: false } value ? value : null,
        _ => null,
    };

    static CelValue[]? Known(Typed[] nodes)
    {
        var values = new CelValue[nodes.Length];
        for (var i = 0; i < nodes.Length; i++)
        {
            if (Known(nodes[i]) is not { } value)
            {
                return null;
            }

            values[i] = value;
        }

        return values;
    }
}
