using Anumate.Cel;
using Anumate.Schemas;
using Anumate.Schemas.Documents;

namespace Anumate.PlanEngine;

/// <summary>A place in a value that holds (part of) a sensitive field.</summary>
sealed record Taint(IReadOnlyList<string> Path, string Field, Sensitivity Sensitivity);

/// <summary>What sensitive fields reach a step, and what of them may be in what it gives.</summary>
sealed record StepLineage(
    IReadOnlyList<Taint> Arguments, IReadOnlyList<Taint> Compensation, IReadOnlyList<Taint> Output, IReadOnlyList<SensitivePath> SealedOutput)
{
    public static readonly StepLineage None = new([], [], [], []);
}

/// <summary>
/// Follows sensitive values through expressions and calls, without running anything, never less than what can happen: whatever is computed
/// from a sensitive field is taken to hold it, and whatever a tool answers that was given one, too, except what its output schema
/// marks <c>x-sensitivity: public</c> or <c>internal</c>. Conditions are not followed: that a step ran tells little.
/// </summary>
sealed class Lineage
{
    const string Everything = "**";
    readonly List<Taint> inputs;
    readonly Dictionary<string, StepDraft> seen = new(StringComparer.Ordinal);

    public Lineage(InputsDraft inputs) => this.inputs = [.. inputs.Sensitive.Select(s => new Taint(s.Tokens, Name("inputs", s.Tokens), s.Sensitivity))];

    public StepLineage Of(StepDraft step)
    {
        seen[step.Id] = step;
        var arguments = Of(step.Body, seen);
        if (step.Source.Kind is StepKind.Pure)
        {
            return new StepLineage([], [], arguments, Paths(arguments));
        }

        var marked = step.Tool?.SensitiveOutput.Select(s => new Taint(s.Tokens, Name($"steps.{step.Id}.output", s.Tokens), s.Sensitivity)).ToList() ?? [];
        var output = arguments.Count == 0 ? marked : [.. marked, .. Echo(step.Tool, arguments)];
        // The compensation reads the step's own output.
        var lineage = new StepLineage(arguments, [], output, arguments.Count == 0 ? Paths(marked) : [new SensitivePath([], arguments.Max(a => a.Sensitivity))]);
        return step.Compensation is { } compensation ? lineage with { Compensation = Of(compensation, seen, step.Id, output) } : lineage;
    }

    /// <summary>Where a value holds what sensitive fields.</summary>
    public IReadOnlyList<Taint> Of(ValueDraft value, IReadOnlyDictionary<string, StepDraft> steps, string? self = null, IReadOnlyList<Taint>? own = null)
    {
        var found = new List<Taint>();
        foreach (var (node, expression) in value.Expressions)
        {
            var at = Path(node, value.Node!);
            foreach (var reference in expression.References)
            {
                var (source, fields) = reference.Variable switch
                {
                    "inputs" => ((IReadOnlyList<Taint>)inputs, reference.Fields),
                    "steps" when reference.Fields is [var id, _, ..] =>
                        (id == self ? own! : steps.TryGetValue(id, out var step) ? step.Lineage.Output : [], [.. reference.Fields.Skip(2)]),
                    _ => ([], []),
                };
                found.AddRange(source.Select(t => Through(t, fields, at, IsPlain(expression, reference))).OfType<Taint>());
            }
        }

        return [.. found.DistinctBy(t => (string.Join('/', t.Path), t.Field)).OrderBy(t => string.Join('/', t.Path), StringComparer.Ordinal)
            .ThenBy(t => t.Field, StringComparer.Ordinal)];
    }

    public static IReadOnlyList<SensitivePath> Paths(IEnumerable<Taint> taints) =>
    [
        .. taints.GroupBy(t => JsonPointer.Join(t.Path), StringComparer.Ordinal).OrderBy(g => g.Key, StringComparer.Ordinal)
            .Select(g => new SensitivePath(g.First().Path, g.Max(t => t.Sensitivity))),
    ];

    /// <summary>What a tool answers may repeat what it was given, except where its schema says that it does not.</summary>
    static IEnumerable<Taint> Echo(ToolDraft? tool, IReadOnlyList<Taint> arguments)
    {
        var fields = tool?.OutputView.Properties ?? [];
        var places = fields.Where(f => tool!.OutputView.Property(f)?.Sensitivity is not (Sensitivity.Public or Sensitivity.Internal))
            .Select(f => (IReadOnlyList<string>)[f]).ToList();
        if (fields.Count == 0)
        {
            places.Add([]);
        }

        return from place in places
               from field in arguments.GroupBy(a => a.Field, StringComparer.Ordinal)
               select new Taint(place, field.Key, field.Max(a => a.Sensitivity));
    }

    /// <summary>Where a sensitive place of what is read ends up in the value; null when it is not touched.</summary>
    static Taint? Through(Taint source, IReadOnlyList<string> fields, IReadOnlyList<string> at, bool plain)
    {
        for (var i = 0; i < fields.Count; i++)
        {
            if (i >= source.Path.Count || source.Path[i] == Everything)
            {
                return source with { Path = at };
            }

            if (source.Path[i] != "*" && source.Path[i] != fields[i])
            {
                return null;
            }
        }

        // What is read contains the sensitive place. Handed on as it is, the place is known; computed with, it may be anywhere.
        return source with { Path = plain ? [.. at, .. source.Path.Skip(fields.Count)] : at };
    }

    static bool IsPlain(ExpressionDraft expression, CelPath reference) =>
        expression.Typed?.Parts is [{ IsExpression: true } part] && part.Text == reference.ToString();

    static List<string> Path(DocumentNode node, DocumentNode root)
    {
        var path = new List<string>();
        for (var n = node; n != root; n = n.Parent!)
        {
            path.Insert(0, n.Member?.Key ?? n.Index.ToString());
        }

        return path;
    }

    static string Name(string variable, IEnumerable<string> tokens) => string.Join('.', tokens.Prepend(variable));
}
