namespace Anumate.Redaction.Paths;

/// <summary>What the demands that reach a value come to: the strongest operator for all of it, and one for each kind of match in it.</summary>
sealed class Effect
{
    public static readonly Effect Nothing = new();

    readonly RedactionDemand?[] within = new RedactionDemand?[Recognisers.Count];

    Effect()
    {
    }

    Effect(Effect within) => (this.within, Wanted) = (within.within, within.Wanted);

    /// <summary>The operator for the whole value.</summary>
    public RedactionDemand? Whole { get; private set; }

    /// <summary>The recognisers that have an operator here, one bit each.</summary>
    public uint Wanted { get; private set; }

    public bool IsNothing => Whole is null && Wanted == 0;

    public bool Drops => Whole?.Operator == RedactionOperator.Drop;

    /// <summary>The operator for what a recogniser finds.</summary>
    public RedactionDemand Within(int recogniser) => within[recogniser]!;

    /// <summary>The same for names of members: an operator for all of a value leaves its name.</summary>
    public Effect OfNames => Whole is null ? this : field ??= new Effect(this);

    public static Effect Of(IEnumerable<RedactionDemand> demands)
    {
        var effect = new Effect();
        foreach (var demand in demands)
        {
            if (demand.Recognisers.Count == 0)
            {
                effect.Whole = Both(effect.Whole, demand);
            }

            foreach (var name in demand.Recognisers)
            {
                var index = Recognisers.IndexOf(name);
                effect.within[index] = Both(effect.within[index], demand);
                effect.Wanted |= 1u << index;
            }
        }

        return effect.IsNothing ? Nothing : effect;
    }

    static RedactionDemand Both(RedactionDemand? a, RedactionDemand b) => a is null ? b : Operators.Strongest(a, b);
}
