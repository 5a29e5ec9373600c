using Anumate.Cel;

namespace Anumate.PolicyEngine;

/// <summary>Why a rule could not be decided: the code of the error and the clause, never a value (they may be secret).</summary>
readonly record struct Failure(string Code, string Clause)
{
    public override string ToString() => $"{Code} in `{Clause}`";
}

/// <summary>
/// One policy asked about one set of facts. Its variables are put together when the first expression needs them, named values computed at most
/// once, when needed.
/// </summary>
struct Evaluation(PolicyScope scope, PolicyFacts facts)
{
    static readonly SortedDictionary<string, string> NoValues = [];

    CelBindings? bindings;
    bool[]? computed;

    /// <summary>Whether this is of the policy.</summary>
    public readonly bool IsOf(PolicyScope other) => ReferenceEquals(scope, other);

    CelBindings Bindings => bindings ??= scope.Lets.Length == 0 ? facts.At(scope.Point) : facts.Fill(scope.Environment.Bind(), scope.Point);

    /// <summary>
    /// Whether all clauses hold. As with CEL's <c>&amp;&amp;</c>, of which they are the operands, a clause that is false decides even when
    /// another fails. With a record every clause is evaluated and noted, with the values it looked at or without; the answer is the same.
    /// </summary>
    public (bool Matches, Failure? Failure) Test(CompiledRule rule, List<ExplainedClause>? record = null, bool withValues = true)
    {
        Compute(rule);
        Failure? failure = null;
        var isFalse = false;
        foreach (var clause in rule.Clauses)
        {
            var (holds, failed) = Test(clause);
            record?.Add(new ExplainedClause(clause.Text, holds, failed?.Code, withValues ? Values(clause) : NoValues));
            if (!holds && failed is null)
            {
                if (record is null)
                {
                    return (false, null);
                }

                isFalse = true;
            }

            failure ??= failed;
        }

        return isFalse ? (false, null) : (failure is null, failure);
    }

    /// <summary>The key under which a limit counts, as a digest; or why there is none.</summary>
    public (string Key, Failure? Failure) KeyOf(LimitTerms limit)
    {
        if (limit.Key is not { } key)
        {
            return (LimitTerms.NoKey, null);
        }

        var result = key.Evaluate(Bindings);
        return result.Error is { } error ? ("", new Failure(error.Code, key.Text))
            : LimitTerms.DigestOf(result.Value) is { } digest ? (digest, null)
            : ("", new Failure(CelErrors.NotJson, key.Text));
    }

    (bool Holds, Failure? Failure) Test(Expression clause)
    {
        var result = clause.Evaluate(Bindings);
        return result.IsTrue ? (true, null)
            : result.Error is { } error ? (false, new Failure(error.Code, clause.Text))
            : result.Value.Kind == CelKind.Bool ? (false, null)
            : (false, new Failure(CelErrors.TypeMismatch, clause.Text));
    }

    void Compute(CompiledRule rule)
    {
        foreach (var i in rule.Needs)
        {
            computed ??= new bool[scope.Lets.Length];
            if (!computed[i])
            {
                computed[i] = true;
                Bindings.Set(scope.Lets[i].Slot, scope.Lets[i].Value.Evaluate(Bindings));
            }
        }
    }

    SortedDictionary<string, string> Values(Expression clause)
    {
        var values = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var path in clause.Code.References)
        {
            values.TryAdd(path.ToString(), Bindings.Read(path) is { IsError: false } value ? value.ToString() : "");
        }

        return values;
    }
}
