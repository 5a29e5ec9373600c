namespace Anumate.Cel;

/// <summary>A part of a checked expression: names are resolved, macros expanded, the type is known. Evaluators are made from it.</summary>
abstract class Typed(int at, CelType type)
{
    public readonly int At = at;

    /// <summary>May hold type parameters until the checker has seen the whole expression.</summary>
    public readonly CelType Type = type;
}

sealed class Constant(int at, CelType type, CelValue value) : Typed(at, type)
{
    public readonly CelValue Value = value;
}

/// <summary>A declared variable, by its index in the bindings.</summary>
sealed class Variable(int at, CelType type, int index, string name) : Typed(at, type)
{
    public readonly int Index = index;
    public readonly string Name = name;
}

/// <summary>A variable of a macro, by its slot in the frame.</summary>
sealed class Local(int at, CelType type, int slot) : Typed(at, type)
{
    public readonly int Slot = slot;
}

sealed class FieldRead(int at, CelType type, Typed target, string field) : Typed(at, type)
{
    public readonly Typed Target = target;
    public readonly string Field = field;
}

/// <summary><c>has(target.field)</c>.</summary>
sealed class FieldTest(int at, Typed target, string field) : Typed(at, CelType.Bool)
{
    public readonly Typed Target = target;
    public readonly string Field = field;
}

/// <summary>A call of a function or operator.</summary>
sealed class Invoke(int at, CelType type, Function function, Typed[] arguments) : Typed(at, type)
{
    public readonly Function Function = function;
    public readonly Typed[] Arguments = arguments;
}

sealed class TypedLogic(int at, bool isAnd, Typed[] operands) : Typed(at, CelType.Bool)
{
    public readonly bool IsAnd = isAnd;
    public readonly Typed[] Operands = operands;
}

sealed class Choice(int at, CelType type, Typed condition, Typed then, Typed otherwise) : Typed(at, type)
{
    public readonly Typed Condition = condition;
    public readonly Typed Then = then;
    public readonly Typed Otherwise = otherwise;
}

sealed class NewList(int at, CelType type, Typed[] items, bool[]? optional = null) : Typed(at, type)
{
    /// <summary>Which items are left out where they are none; null when no item is.</summary>
    public readonly bool[]? Optional = optional;
    public readonly Typed[] Items = items;
}

sealed class NewMap(int at, CelType type, (Typed Key, Typed Value)[] entries, bool[]? optional = null) : Typed(at, type)
{
    public readonly bool[]? Optional = optional;
    public readonly (Typed Key, Typed Value)[] Entries = entries;
}

/// <summary>Parts joined to one string.</summary>
sealed class Joined(int at, Typed[] parts) : Typed(at, CelType.String)
{
    public readonly Typed[] Parts = parts;
}

enum LoopKind
{
    All,
    Exists,
    ExistsOne,
    Map,
    Filter,
    /// <summary>A map with the same keys and other values.</summary>
    MapValues,
    /// <summary>The entries of the maps that the result gives.</summary>
    MapEntries,
}

/// <summary>
/// A macro over the elements of a list or the keys of a map. With a second slot the first one holds the index or key, the second one
/// the element or value.
/// </summary>
sealed class Loop(int at, CelType type, LoopKind kind, Typed range, int slot, int valueSlot, Typed? test, Typed? result) : Typed(at, type)
{
    public const int None = -1;
    public readonly LoopKind Kind = kind;
    public readonly Typed Range = range;
    public readonly int Slot = slot;
    public readonly int ValueSlot = valueSlot;
    public readonly Typed? Test = test;
    public readonly Typed? Result = result;
}

/// <summary><c>cel.bind(name, value, body)</c>.</summary>
sealed class Let(int at, int slot, Typed value, Typed body) : Typed(at, body.Type)
{
    public readonly int Slot = slot;
    public readonly Typed Value = value;
    public readonly Typed Body = body;
}

/// <summary><c>a.or(b)</c> and <c>a.orValue(b)</c>: the second is evaluated only where the first is none.</summary>
sealed class OrElse(int at, CelType type, Typed first, Typed otherwise, bool isValue) : Typed(at, type)
{
    public readonly Typed First = first;
    public readonly Typed Otherwise = otherwise;
    public readonly bool IsValue = isValue;
}

/// <summary><c>a.optMap(x, …)</c> and <c>a.optFlatMap(x, …)</c>: what the body makes of the value, none where there is none.</summary>
sealed class OptionalMap(int at, CelType type, int slot, Typed target, Typed body, bool isFlat) : Typed(at, type)
{
    public readonly int Slot = slot;
    public readonly Typed Target = target;
    public readonly Typed Body = body;
    public readonly bool IsFlat = isFlat;
}

/// <summary>What is certain to fail at run time; only without checking does evaluation get this far.</summary>
sealed class Failing(int at, string code, string message) : Typed(at, CelType.Dyn)
{
    public readonly string Code = code;
    public readonly string Message = message;
}
