namespace Anumate.Cel;

/// <summary>Finds the known name an author most likely meant.</summary>
static class Suggestion
{
    const int LongestName = 64;
    const int MostCandidates = 1000;

    public static string? For(string name, IEnumerable<string> known)
    {
        if (name.Length > LongestName)
        {
            return null;
        }

        string? best = null;
        var least = Math.Max(1, name.Length / 3) + 1;
        foreach (var candidate in known.Take(MostCandidates))
        {
            if (Math.Abs(candidate.Length - name.Length) >= least)
            {
                continue;
            }

            var distance = string.Equals(candidate, name, StringComparison.OrdinalIgnoreCase) ? 0 : Distance(name, candidate);
            if (distance < least)
            {
                (best, least) = (candidate, distance);
            }
        }

        return best is null ? null : $"did you mean `{best}`?";
    }

    /// <summary>Edits, counting two swapped neighbours as one.</summary>
    static int Distance(string a, string b)
    {
        var rows = new int[a.Length + 1, b.Length + 1];
        for (var i = 0; i <= a.Length; i++)
        {
            for (var j = 0; j <= b.Length; j++)
            {
                rows[i, j] = i == 0 || j == 0 ? i + j : Cell(rows, a, b, i, j);
            }
        }

        return rows[a.Length, b.Length];
    }

    static int Cell(int[,] rows, string a, string b, int i, int j)
    {
        var cost = Math.Min(Math.Min(rows[i - 1, j], rows[i, j - 1]) + 1, rows[i - 1, j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1));
        return i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] ? Math.Min(cost, rows[i - 2, j - 2] + 1) : cost;
    }
}
