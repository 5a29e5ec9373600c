namespace Anumate.Cel;

/// <summary>Collects diagnostics of one source, placing offsets as lines and columns of the document around it.</summary>
sealed class Findings(string source, Position start)
{
    const int Most = 50;
    readonly List<Diagnostic> all = [];
    int[]? lines;

    public IReadOnlyList<Diagnostic> All => all;

    public bool HasErrors { get; private set; }

    public bool IsFull => all.Count >= Most;

    public void Error(string code, int at, string message, string? suggestion = null)
    {
        HasErrors = true;
        Add(Diagnostic.Error(code, message, "", PositionOf(at), suggestion));
    }

    public void Warning(string code, int at, string message, string? suggestion = null) =>
        Add(Diagnostic.Warning(code, message, "", PositionOf(at), suggestion));

    void Add(Diagnostic finding)
    {
        if (!IsFull)
        {
            all.Add(finding);
        }
    }

    public Position PositionOf(int at)
    {
        lines ??= [0, .. Enumerable.Range(0, source.Length).Where(i => source[i] == '\n').Select(i => i + 1)];
        var found = Array.BinarySearch(lines, at);
        var line = found >= 0 ? found : ~found - 1;
        var column = at - lines[line] + 1;
        return start == default ? new(line + 1, column)
            : line == 0 ? new(start.Line, start.Column + column - 1)
            : new(start.Line + line, column);
    }
}
