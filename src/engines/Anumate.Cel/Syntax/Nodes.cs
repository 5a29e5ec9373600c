namespace Anumate.Cel;

/// <summary>A part of an expression as it was written; macros are ordinary calls here. Positions are offsets into the source.</summary>
abstract class Node(int at, int depth)
{
    public readonly int At = at;

    /// <summary>How many nodes deep this one is; bounded by the parser, so that everything that walks the tree may recurse.</summary>
    public readonly int Depth = depth;

    protected static int Deepest(IEnumerable<Node> nodes)
    {
        var depth = 0;
        foreach (var node in nodes)
        {
            depth = Math.Max(depth, node.Depth);
        }

        return depth + 1;
    }
}

/// <summary>Where something could not be parsed; a finding says why.</summary>
sealed class Broken(int at) : Node(at, 1);

sealed class Literal(int at, CelValue value) : Node(at, 1)
{
    public readonly CelValue Value = value;
}

/// <summary>An identifier; rooted when written with a leading dot, which skips the container and local variables.</summary>
sealed class Name(int at, string text, bool rooted) : Node(at, 1)
{
    public readonly string Text = text;
    public readonly bool Rooted = rooted;
}

/// <summary><c>target.field</c>, or with <c>.?</c> an optional read.</summary>
sealed class Select(int at, Node target, string field, bool isOptional = false) : Node(at, target.Depth + 1)
{
    public readonly bool IsOptional = isOptional;
    public readonly Node Target = target;
    public readonly string Field = field;
}

/// <summary><c>target[key]</c>, or with <c>[?</c> an optional read.</summary>
sealed class Index(int at, Node target, Node key, bool isOptional = false) : Node(at, Math.Max(target.Depth, key.Depth) + 1)
{
    public readonly bool IsOptional = isOptional;
    public readonly Node Target = target;
    public readonly Node Key = key;
}

/// <summary>A call of a function or of a macro, with or without a receiver.</summary>
sealed class Call(int at, Node? target, string function, bool rooted, Node[] arguments)
    : Node(at, Math.Max(target?.Depth ?? 0, Deepest(arguments) - 1) + 1)
{
    public readonly Node? Target = target;
    public readonly string Function = function;
    public readonly bool Rooted = rooted;
    public readonly Node[] Arguments = arguments;
}

/// <summary><c>!x</c> or <c>-x</c>; a minus before a number literal is part of the literal.</summary>
sealed class Unary(int at, Operator op, Node operand) : Node(at, operand.Depth + 1)
{
    public readonly Operator Operator = op;
    public readonly Node Operand = operand;
}

sealed class Binary(int at, Operator op, Node left, Node right) : Node(at, Math.Max(left.Depth, right.Depth) + 1)
{
    public readonly Operator Operator = op;
    public readonly Node Left = left;
    public readonly Node Right = right;
}

/// <summary><c>&amp;&amp;</c> or <c>||</c> of two or more operands; chains are one node, since the order does not matter.</summary>
sealed class Logic(int at, Operator op, Node[] operands) : Node(at, Deepest(operands))
{
    public readonly Operator Operator = op;
    public readonly Node[] Operands = operands;
}

sealed class Conditional(int at, Node condition, Node then, Node otherwise)
    : Node(at, Deepest([condition, then, otherwise]))
{
    public readonly Node Condition = condition;
    public readonly Node Then = then;
    public readonly Node Otherwise = otherwise;
}

/// <summary>A list; items written with <c>?</c> are left out where they are none.</summary>
sealed class ListNode(int at, Node[] items, bool[]? optional = null) : Node(at, Deepest(items))
{
    /// <summary>Which items are optional; null when none is.</summary>
    public readonly bool[]? Optional = optional;
    public readonly Node[] Items = items;
}

/// <summary>A map; entries written with <c>?</c> are left out where their value is none.</summary>
sealed class MapNode(int at, (Node Key, Node Value)[] entries, bool[]? optional = null) : Node(at, Deepest(entries.SelectMany(e => new[] { e.Key, e.Value })))
{
    public readonly (Node Key, Node Value)[] Entries = entries;

    /// <summary>Which entries are optional; null when none is.</summary>
    public readonly bool[]? Optional = optional;
}

/// <summary>Text with <c>${{ … }}</c> parts in it; always two parts or more.</summary>
sealed class Template(int at, Node[] parts) : Node(at, Deepest(parts))
{
    public readonly Node[] Parts = parts;
}

/// <summary>An operator: how it is written, how tightly it binds, and the function it stands for.</summary>
sealed record Operator(string Symbol, int Precedence, string Function)
{
    public static readonly Operator Or = new("||", 1, "_||_");
    public static readonly Operator And = new("&&", 2, "_&&_");
    public static readonly Operator Not = new("!", 6, "!_");
    public static readonly Operator Negate = new("-", 6, "-_");
    public static readonly Operator In = new("in", 3, "@in");

    public static readonly Operator[] Infix =
    [
        Or, And, In,
        new("==", 3, "_==_"), new("!=", 3, "_!=_"), new("<", 3, "_<_"), new("<=", 3, "_<=_"), new(">", 3, "_>_"), new(">=", 3, "_>=_"),
        new("+", 4, "_+_"), new("-", 4, "_-_"), new("*", 5, "_*_"), new("/", 5, "_/_"), new("%", 5, "_%_"),
    ];
}
