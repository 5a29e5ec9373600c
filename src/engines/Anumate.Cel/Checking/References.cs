namespace Anumate.Cel;

/// <summary>
/// What an expression reads: a variable and the constant fields below it (<c>steps.order.output.status</c>). Whoever reads a path may
/// see everything below it; a field chosen at run time counts as reading all of what it is chosen from.
/// </summary>
public sealed record CelPath(string Variable, IReadOnlyList<string> Fields, Position Position)
{
    public bool Equals(CelPath? other) => other is not null && Variable == other.Variable && Fields.SequenceEqual(other.Fields);

    public override int GetHashCode() => HashCode.Combine(Variable, Fields.Count);

    /// <summary>The path with dots; fields that are no identifiers are quoted.</summary>
    public override string ToString() => Variable + string.Concat(Fields.Select(f => IsPlain(f) ? $".{f}" : $"[\"{f}\"]"));

    static bool IsPlain(string field) => field.All(c => char.IsAsciiLetterOrDigit(c) || c == '_');
}

/// <summary>Collects paths while the checker walks: a read of a field replaces the read of what it is read from.</summary>
sealed class References
{
    readonly List<(string Variable, string[] Fields, int At)> paths = [];
    readonly Dictionary<Typed, int> ofNode = [];
    readonly HashSet<int> tested = [];

    public Variable Add(Variable variable)
    {
        ofNode[variable] = paths.Count;
        paths.Add((variable.Name, [], variable.At));
        return variable;
    }

    /// <summary>A field was read from a part; when that part is a path itself, the path grows.</summary>
    public void Extend(Typed target, Typed read, string field)
    {
        if (read is not Failing && ofNode.TryGetValue(target, out var path))
        {
            var (variable, fields, at) = paths[path];
            paths[path] = (variable, [.. fields, field], at);
            ofNode[read] = path;
        }
    }

    /// <summary>A path was only asked for with <c>has</c>.</summary>
    public void Test(Typed target, Typed test, string field)
    {
        Extend(target, test, field);
        if (ofNode.TryGetValue(test, out var path))
        {
            tested.Add(path);
        }
    }

    public IReadOnlyList<CelPath> All(Findings findings) => Distinct(paths, findings);

    public IReadOnlyList<CelPath> Tested(Findings findings) =>
        tested.Count == 0 ? [] : Distinct(paths.Where((_, i) => tested.Contains(i)), findings);

    static CelPath[] Distinct(IEnumerable<(string Variable, string[] Fields, int At)> paths, Findings findings) =>
        [.. paths.Select(p => new CelPath(p.Variable, p.Fields, findings.PositionOf(p.At))).Distinct()];
}
