using System.Text.RegularExpressions;
using Anumate.Platform.Hosting;

namespace Anumate.Tests.Chaos;

/// <summary>docs/failures.md names what is there.</summary>
public sealed partial class FailureMatrixTests
{
    static string Root { get; } = Find(AppContext.BaseDirectory);

    static string Page { get; } = File.ReadAllText(Path.Combine(Root, "docs", "failures.md"));

    [Fact]
    public void Every_row_names_a_test_that_exists_or_an_issue()
    {
        var rows = Page.Split('\n').Where(l => l.StartsWith("| ", StringComparison.Ordinal)).Skip(1).ToList();
        Assert.True(rows.Count > 20);
        Assert.All(rows, row => Assert.True(Names().IsMatch(row) || row.Contains("issue ", StringComparison.Ordinal), row));
        var sources = Directory.EnumerateFiles(Path.Combine(Root, "test"), "*.cs", SearchOption.AllDirectories).Select(File.ReadAllText).ToList();
        Assert.All(Names().Matches(Page).Select(m => (Class: m.Groups[1].Value, Test: m.Groups[2].Value)),
            named => Assert.True(sources.Exists(s => s.Contains($"class {named.Class}", StringComparison.Ordinal) && s.Contains($" {named.Test}(", StringComparison.Ordinal)), $"{named}"));
    }

    [Fact]
    public void Every_commit_point_is_on_the_page() => Assert.All(KillPoint.Names.SelectMany(n => n.Split('.')), word => Assert.Contains(word, Page));

    static string Find(string from) => File.Exists(Path.Combine(from, "Anumate.slnx")) ? from : Find(Path.GetDirectoryName(from)!);

    [GeneratedRegex(@"`(\w+Tests)\.(\w+)`")]
    private static partial Regex Names();
}
