namespace Anumate.Cel;

/// <summary>What one evaluation works on. A struct on the caller's stack: an expression without macros allocates nothing here.</summary>
struct Frame(CelValue[] variables, CelValue[] locals, long steps)
{
    public readonly CelValue[] Variables = variables;

    /// <summary>The variables of macros, by slot.</summary>
    public readonly CelValue[] Locals = locals;

    /// <summary>What is left of the budget; below zero the evaluation is over and every loop ends.</summary>
    public long Steps = steps;

    public readonly bool IsExhausted => Steps < 0;

    /// <summary>Takes steps off the budget; false when they exceed it.</summary>
    public bool Charge(long steps)
    {
        Steps -= steps;
        return Steps >= 0;
    }

    public static CelValue Exhausted() => CelValue.Fail(CelErrors.CostExceeded, "the evaluation took more steps than its budget allows");
}

/// <summary>A compiled part of an expression.</summary>
delegate CelValue Code(ref Frame frame);
