using System.Text;

namespace Anumate.Cel;

/// <summary>
/// A part of a condition as compiled code knows it. What is read and the constants are numbers here, so conditions that differ in these
/// alone print alike and share their code.
/// </summary>
abstract record Plain
{
    public abstract void Print(StringBuilder text);

    protected static void Print(StringBuilder text, string name, params ReadOnlySpan<Plain> parts)
    {
        text.Append(name).Append('(');
        foreach (var part in parts)
        {
            part.Print(text);
            text.Append(' ');
        }

        text.Append(')');
    }
}

/// <summary>The value in a slot.</summary>
sealed record Read(int Number) : Plain
{
    public override void Print(StringBuilder text) => text.Append('r').Append(Number);
}

sealed record Fixed(int Number) : Plain
{
    public override void Print(StringBuilder text) => text.Append('c').Append(Number);
}

/// <summary><c>has(…)</c> of what a slot stands for.</summary>
sealed record Has(int Number) : Plain
{
    public override void Print(StringBuilder text) => text.Append("has").Append(Number);
}

/// <summary><c>….?field.orValue(other)</c>.</summary>
sealed record Otherwise(int Number, Plain Other) : Plain
{
    public override void Print(StringBuilder text) => Print(text.Append("or").Append(Number), "", Other);
}

sealed record Apply(Function Function, Plain[] Arguments) : Plain
{
    public override void Print(StringBuilder text) => Print(text, Function.Name, Arguments);
}

sealed record Joint(bool IsAnd, Plain[] Operands) : Plain
{
    public override void Print(StringBuilder text) => Print(text, IsAnd ? "&&" : "||", Operands);
}

sealed record Either(Plain Test, Plain Then, Plain Else) : Plain
{
    public override void Print(StringBuilder text) => Print(text, "?:", Test, Then, Else);
}

/// <summary>Something that only the expressions can decide.</summary>
sealed record Doubt : Plain
{
    public static readonly Doubt Instance = new();

    public override void Print(StringBuilder text) => text.Append('?');
}
