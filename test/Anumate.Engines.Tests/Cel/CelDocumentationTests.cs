using System.Reflection;
using System.Text.RegularExpressions;
using Anumate.Cel;

namespace Anumate.Engines.Tests.Cel;

public sealed partial class CelDocumentationTests
{
    static DirectoryInfo Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Anumate.slnx")))
        {
            folder = folder.Parent ?? throw new DirectoryNotFoundException("the tests run outside of the repository");
        }

        return folder;
    }

    [Fact]
    public void Every_function_and_code_is_documented()
    {
        var page = File.ReadAllText(Path.Combine(Root().FullName, "docs", "expressions.md"));
        var sources = Path.Combine(Root().FullName, "src", "engines", "Anumate.Cel");
        var findings = Directory.EnumerateFiles(sources, "*.cs", SearchOption.AllDirectories)
            .SelectMany(f => Code().Matches(File.ReadAllText(f)).Select(m => m.Groups[1].Value)).Where(c => c != "cel.bind").Distinct().ToList();
        var errors = typeof(CelErrors).GetFields(BindingFlags.Public | BindingFlags.Static).Select(f => (string)f.GetRawConstantValue()!);
        Assert.InRange(findings.Count, 15, 100);
        Assert.DoesNotContain(Standard.Callable, f => !page.Contains($"{f}(") && !page.Contains($"`{f}`"));
        Assert.DoesNotContain(findings.Concat(errors), c => !page.Contains($"`{c}`"));
    }

    [GeneratedRegex("\"(cel\\.[a-z-]+)\"")]
    private static partial Regex Code();
}
