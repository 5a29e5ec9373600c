namespace Anumate.PolicyEngine;

/// <summary>Finds what somebody probably meant.</summary>
static class Suggest
{
    /// <summary>The word nearest to <paramref name="wrong"/> by edit distance, if it is near enough to be a slip.</summary>
    public static string? Closest(string wrong, IEnumerable<string> words)
    {
        if (wrong.Length > 64)
        {
            return null;
        }

        return words.Select(word => (word, distance: Distance(wrong, word)))
            .Where(w => w.distance <= Math.Max(1, w.word.Length / 3))
            .OrderBy(w => w.distance).ThenBy(w => w.word, StringComparer.Ordinal)
            .Select(w => w.word).FirstOrDefault();
    }

    static int Distance(string a, string b)
    {
        var row = Enumerable.Range(0, b.Length + 1).ToArray();
        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var next = Math.Min(Math.Min(row[j], row[j - 1]) + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1));
                (diagonal, row[j]) = (row[j], next);
            }
        }

        return row[^1];
    }
}
