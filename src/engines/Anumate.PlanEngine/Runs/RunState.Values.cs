using System.Collections;
using System.Diagnostics.CodeAnalysis;
using Anumate.Cel;

namespace Anumate.PlanEngine;

public sealed partial class RunState
{
    CelBindings? bindings;

    /// <summary>The values expressions read, made when first needed. Always from the journaled bytes, so that a replay computes the same.</summary>
    internal CelBindings Bindings => bindings ??= ExpressionScope.Base.Bind()
        .Set(ExpressionScope.Inputs, CelValue.FromJson(Inputs.ToElement(), Plan.InputsType))
        .Set(ExpressionScope.Steps, CelValue.Map(new StepsValue(this)));

    /// <summary><c>steps</c>: each completed step with its <c>output</c>, any other without.</summary>
    sealed class StepsValue(RunState state) : IReadOnlyDictionary<string, CelValue>
    {
        readonly StepValue?[] steps = new StepValue?[state.Plan.Steps.Count];

        public int Count => steps.Length;

        public IEnumerable<string> Keys => state.Plan.Steps.Select(s => s.Id);

        public IEnumerable<CelValue> Values => Keys.Select(k => this[k]);

        public CelValue this[string key] => TryGetValue(key, out var value) ? value : throw new KeyNotFoundException();

        public bool ContainsKey(string key) => state.Plan.Find(key) is not null;

        public bool TryGetValue(string key, [MaybeNullWhen(false)] out CelValue value)
        {
            if (state.Plan.Find(key) is not { } step)
            {
                value = default;
                return false;
            }

            value = (steps[step.Index] ??= new StepValue(state, step)).Self;
            return true;
        }

        public IEnumerator<KeyValuePair<string, CelValue>> GetEnumerator() => Keys.Select(k => KeyValuePair.Create(k, this[k])).GetEnumerator();

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
    }

    /// <summary><c>steps.x</c>: one field, present once the step is completed.</summary>
    sealed class StepValue : IReadOnlyDictionary<string, CelValue>
    {
        readonly RunState state;
        readonly PlanStep step;
        CelValue? output;

        public StepValue(RunState state, PlanStep step)
        {
            (this.state, this.step) = (state, step);
            Self = CelValue.Map(this);
        }

        public CelValue Self { get; }

        public int Count => state.StepOutputs[step.Index].IsAbsent ? 0 : 1;

        public IEnumerable<string> Keys => Count == 0 ? [] : [ExpressionScope.Output];

        public IEnumerable<CelValue> Values => Keys.Select(k => this[k]);

        public CelValue this[string key] => TryGetValue(key, out var value) ? value : throw new KeyNotFoundException();

        public bool ContainsKey(string key) => TryGetValue(key, out _);

        public bool TryGetValue(string key, [MaybeNullWhen(false)] out CelValue value)
        {
            if (key != ExpressionScope.Output || Count == 0)
            {
                value = default;
                return false;
            }

            value = output ??= CelValue.FromJson(state.StepOutputs[step.Index].ToElement(), step.OutputType);
            return true;
        }

        public IEnumerator<KeyValuePair<string, CelValue>> GetEnumerator() => Keys.Select(k => KeyValuePair.Create(k, this[k])).GetEnumerator();

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
    }
}
