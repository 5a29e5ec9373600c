namespace Anumate.PlanEngine;

/// <summary>What an evaluation gave: a value, or the error that stands in its place.</summary>
readonly record struct Evaluated(Json Json, string? Error);

/// <summary>A value with expressions in it, compiled: the arguments of a call, the value of a pure step, the outputs.</summary>
abstract class Template
{
    public abstract Evaluated Evaluate(RunState state);
}

/// <summary>A compiled condition.</summary>
abstract class Condition
{
    public abstract (bool Holds, string? Error) Test(RunState state);
}
