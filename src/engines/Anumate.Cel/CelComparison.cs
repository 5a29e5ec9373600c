namespace Anumate.Cel;

/// <summary>
/// An expression of the plain form <c>path op constant</c>, for those who reason about conditions. <see cref="Operator"/> is one of
/// <c>== != &lt; &lt;= &gt; &gt;= in</c> and <c>not in</c>; only the last two have other than one constant.
/// </summary>
public sealed record CelComparison(string Path, string Operator, IReadOnlyList<CelValue> Constants)
{
    /// <summary>The opposite.</summary>
    public CelComparison Negated => this with
    {
        Operator = Operator switch
        {
            "==" => "!=",
            "!=" => "==",
            "<" => ">=",
            ">=" => "<",
            ">" => "<=",
            "<=" => ">",
            "in" => "not in",
            _ => "in",
        },
    };

    internal static CelComparison? Of(Node node) => node switch
    {
        Unary unary when unary.Operator == Cel.Operator.Not => Of(unary.Operand)?.Negated,
        Binary binary when binary.Operator == Cel.Operator.In =>
            PathOf(binary.Left) is { } path && binary.Right is ListNode { Optional: null } list && Constant(list.Items) is { } items ? new(path, "in", items) : null,
        Binary { Operator.Symbol: "==" or "!=" or "<" or "<=" or ">" or ">=" } binary =>
            PathOf(binary.Left) is { } path && Constant(binary.Right) is { } right ? new(path, binary.Operator.Symbol, [right])
            : PathOf(binary.Right) is { } other && Constant(binary.Left) is { } left ? new(other, Flipped(binary.Operator.Symbol), [left])
            : null,
        _ => PathOf(node) is { } flag ? new(flag, "==", [CelValue.True]) : null,
    };

    /// <summary>The literals below a node, and the money that is made of one.</summary>
    internal static IEnumerable<CelValue> Literals(Node node) => node switch
    {
        Literal literal => [literal.Value],
        Call call => Constant(call) is { } made ? [made, .. Inner(call)] : Inner(call),
        Select select => Literals(select.Target),
        Index index => Literals(index.Target).Concat(Literals(index.Key)),
        Unary unary => Literals(unary.Operand),
        Binary binary => Literals(binary.Left).Concat(Literals(binary.Right)),
        Logic logic => logic.Operands.SelectMany(Literals),
        Conditional c => Literals(c.Condition).Concat(Literals(c.Then)).Concat(Literals(c.Otherwise)),
        ListNode list => list.Items.SelectMany(Literals),
        MapNode map => map.Entries.SelectMany(e => Literals(e.Key).Concat(Literals(e.Value))),
        _ => [],
    };

    static IEnumerable<CelValue> Inner(Call call) => (call.Target is null ? [] : Literals(call.Target)).Concat(call.Arguments.SelectMany(Literals));

    static string Flipped(string op) => op switch { "<" => ">", "<=" => ">=", ">" => "<", ">=" => "<=", _ => op };

    static string? PathOf(Node node) => node switch
    {
        Name name => name.Text,
        Select { IsOptional: false } select => PathOf(select.Target) is { } path ? $"{path}.{select.Field}" : null,
        Index { IsOptional: false, Key: Literal { Value.StringOrNull: { } key } } index => PathOf(index.Target) is { } path ? $"{path}.{key}" : null,
        _ => null,
    };

    static CelValue[]? Constant(Node[] nodes)
    {
        var values = new CelValue[nodes.Length];
        for (var i = 0; i < nodes.Length; i++)
        {
            if (Constant(nodes[i]) is not { } value)
            {
                return null;
            }

            values[i] = value;
        }

        return values;
    }

    static CelValue? Constant(Node node) => node switch
    {
        Literal literal => literal.Value,
        Call { Target: null, Function: "money", Arguments: [Literal { Value.StringOrNull: { } text }] } =>
            CelMoney.TryParse(text, out var money) ? (CelValue?)CelValue.Of(money) : null,
        Call { Target: null, Function: "timestamp", Arguments: [Literal { Value.StringOrNull: { } text }] } =>
            CelTimestamp.TryParse(text, out var time) ? (CelValue?)CelValue.Of(time) : null,
        _ => null,
    };
}
