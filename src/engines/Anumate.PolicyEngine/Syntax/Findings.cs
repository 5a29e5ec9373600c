namespace Anumate.PolicyEngine.Syntax;

/// <summary>A stretch of the source text, in UTF-16 code units: from <see cref="Start"/> up to, not including, <see cref="End"/>.</summary>
public readonly record struct Span(int Start, int End)
{
    public int Length => End - Start;

    public string Of(string source) => source[Start..End];
}

/// <summary>Collects diagnostics with line and column, at most <see cref="PolicyLimits.Findings"/>.</summary>
sealed class Findings(string source)
{
    readonly List<Diagnostic> found = [];
    readonly HashSet<(string, string, int, int)> taken = [];
    readonly int[] lineStarts = LineStarts(source);

    public IReadOnlyList<Diagnostic> All => found;

    public bool HasErrors => found.Exists(d => d.Severity == Severity.Error);

    public bool Full => found.Count >= PolicyLimits.Findings;

    public void Error(string code, string message, Span at, string? suggestion = null, string path = "") =>
        Add(Diagnostic.Error(code, message, path, PositionOf(at.Start), suggestion));

    public void Warning(string code, string message, Span at, string? suggestion = null, string path = "") =>
        Add(Diagnostic.Warning(code, message, path, PositionOf(at.Start), suggestion));

    /// <summary>Takes over findings that are placed already. The same one again, from another point of the policy, is left out.</summary>
    public void Add(IEnumerable<Diagnostic> findings, string prefix)
    {
        foreach (var finding in findings)
        {
            if (taken.Add((finding.Code, finding.Message, finding.Line, finding.Column)))
            {
                Add(finding with { Message = prefix + finding.Message });
            }
        }
    }

    public Position PositionOf(int offset)
    {
        var line = Array.BinarySearch(lineStarts, offset);
        line = line < 0 ? ~line - 1 : line;
        return new Position(line + 1, offset - lineStarts[line] + 1);
    }

    void Add(Diagnostic finding)
    {
        if (!Full)
        {
            found.Add(finding);
        }
    }

    static int[] LineStarts(string source)
    {
        var starts = new List<int> { 0 };
        for (var i = 0; i < source.Length; i++)
        {
            if (source[i] == '\n' || (source[i] == '\r' && (i + 1 == source.Length || source[i + 1] != '\n')))
            {
                starts.Add(i + 1);
            }
        }

        return [.. starts];
    }
}
