using System.Collections.Frozen;

namespace Anumate.Cel;

/// <summary>A variable an expression may read.</summary>
public readonly record struct CelVariable(string Name, CelType Type);

/// <summary>What compiling gave: the expression when there is no error among the diagnostics.</summary>
public sealed record CelCompilation(CelExpression? Expression, IReadOnlyList<Diagnostic> Diagnostics);

/// <summary>
/// What expressions are compiled against: the declared variables and the standard functions. Immutable; expressions compiled in one
/// environment are evaluated with bindings made by it.
/// </summary>
public sealed class CelEnvironment
{
    readonly FrozenDictionary<string, int> indexes;

    public CelEnvironment(params IEnumerable<CelVariable> variables)
    {
        Variables = [.. variables];
        indexes = Variables.Select((v, i) => KeyValuePair.Create(v.Name, i)).ToFrozenDictionary(StringComparer.Ordinal);
        HasDottedNames = Variables.Any(v => v.Name.Contains('.'));
    }

    /// <summary>The variables in the order of their indexes.</summary>
    public IReadOnlyList<CelVariable> Variables { get; }

    internal bool HasDottedNames { get; }

    /// <summary>Names are looked for in the container first, then outwards, as in protocol buffers.</summary>
    internal string Container { get; init; } = "";

    /// <summary>The optional fields that are known to be there.</summary>
    internal IReadOnlyList<string> Assumed { get; init; } = [];

    /// <summary>This environment with one variable more; it takes the next index, so bindings can be filled alike.</summary>
    public CelEnvironment With(string name, CelType type) =>
        new(Variables.Append(new(name, type))) { Container = Container, Assumed = Assumed };

    /// <summary>
    /// This environment where a condition is known to be true: the optional fields it tests with <c>has()</c> need no guard of their
    /// own. For expressions that are evaluated only after the condition was, such as a step's arguments after its <c>when</c>.
    /// </summary>
    public CelEnvironment Assuming(CelExpression condition) =>
        new(Variables) { Container = Container, Assumed = [.. Assumed, .. condition.Facts] };

    /// <summary>The index of a variable in the bindings, −1 when there is none.</summary>
    public int IndexOf(string name) => indexes.GetValueOrDefault(name, -1);

    /// <summary>Empty bindings for one evaluation or several.</summary>
    public CelBindings Bind() => new(this);

    /// <summary>
    /// Parses, checks and compiles an expression. <paramref name="start"/> is where it begins in the document around it, so that
    /// diagnostics and errors point there; <paramref name="expected"/> the type its result must fit.
    /// </summary>
    public CelCompilation Compile(string source, Position start = default, CelType? expected = null)
    {
        var findings = new Findings(source, start);
        return Compile(source, Parser.Parse(source, findings), findings, expected);
    }

    /// <summary>
    /// Compiles text with <c>${{ … }}</c> in it. A single part with nothing around it keeps its type; otherwise the result is a
    /// string. <c>$${{</c> stands for <c>${{</c>.
    /// </summary>
    public CelCompilation CompileTemplate(string text, Position start = default, CelType? expected = null)
    {
        var findings = new Findings(text, start);
        return Compile(text, Parser.ParseTemplate(text, findings), findings, expected, isTemplate: true);
    }

    internal CelCompilation CompileUnchecked(string source)
    {
        var findings = new Findings(source, default);
        return Compile(source, Parser.Parse(source, findings), findings, null, isChecked: false);
    }

    CelCompilation Compile(
        string source, Node? node, Findings findings, CelType? expected, bool isTemplate = false, bool isChecked = true)
    {
        if (node is null || findings.IsFull)
        {
            return new(null, findings.All);
        }

        var outcome = Checker.Check(node, this, findings, isChecked);
        if (expected is not null && !findings.HasErrors && !new Unifier().Assign(outcome.Type, expected))
        {
            findings.Error("cel.type", node.At, $"the result must be {expected}, not {outcome.Type}");
        }

        var expression = findings.HasErrors ? null : new CelExpression(source, node, isTemplate, outcome, findings);
        return new(expression, findings.All);
    }

    /// <summary>The full names that a name may stand for, innermost first.</summary>
    internal IEnumerable<string> Candidates(string name, bool rooted)
    {
        for (var scope = rooted ? "" : Container; scope != ""; scope = scope.Contains('.') ? scope[..scope.LastIndexOf('.')] : "")
        {
            yield return $"{scope}.{name}";
        }

        yield return name;
    }
}

/// <summary>The values of an environment's variables. Not safe for use by several threads while it is being filled.</summary>
public sealed class CelBindings
{
    readonly CelEnvironment environment;

    internal CelBindings(CelEnvironment environment)
    {
        this.environment = environment;
        Values = environment.Variables.Count == 0 ? [] : new CelValue[environment.Variables.Count];
    }

    internal CelValue[] Values { get; }

    /// <summary>Sets a variable by its index in the environment.</summary>
    public CelBindings Set(int index, CelValue value)
    {
        Values[index] = value;
        return this;
    }

    /// <summary>Sets a variable to an outcome: reading an error gives that error.</summary>
    public CelBindings Set(int index, CelResult result) => Set(index, result.Raw);

    /// <summary>Sets a variable to JSON, read as the type it is declared with.</summary>
    public CelBindings Set(int index, System.Text.Json.JsonElement json) =>
        Set(index, CelValue.FromJson(json, environment.Variables[index].Type));

    /// <summary>Sets a variable by name.</summary>
    public CelBindings Set(string name, CelValue value) => Set(IndexOf(name), value);

    /// <summary>Sets a variable by name to JSON, read as the type it is declared with.</summary>
    public CelBindings Set(string name, System.Text.Json.JsonElement json) => Set(IndexOf(name), json);

    /// <summary>The value at the end of a path; the error it has, or none is bound, where there is none.</summary>
    public CelValue Read(CelPath path)
    {
        var value = environment.IndexOf(path.Variable) is var index and >= 0 ? Values[index] : default;
        foreach (var field in path.Fields)
        {
            value = value.TryGetField(field, out var inner) ? inner : default;
        }

        return value;
    }

    int IndexOf(string name) => environment.IndexOf(name) is var index and >= 0
        ? index
        : throw new ArgumentException($"the environment declares no variable `{name}`", nameof(name));
}
