using System.Text.RegularExpressions;

namespace Anumate.Tests.Hosting;

/// <summary>What is generated from the program is what is committed; to renew it: <c>./anumate docs</c>.</summary>
public sealed partial class GeneratedDocsTests(TestServer server)
{
    const string Linter = "@redocly/cli", LinterVersion = "2.77.0";

    static string Root => NpmTool.Root;

    [Fact]
    public async Task Generated_pages_are_those_committed()
    {
        var pages = await DocsVerb.GenerateAsync(default);
        Assert.Equal(Services.All.Count(m => m.Map is not null) + 2, pages.Count);
        foreach (var (name, text) in pages)
        {
            var path = Path.Combine(Root, "docs", name);
            Assert.True(File.Exists(path), $"docs/{name} is missing; write it with: ./anumate docs");
            Assert.True(await File.ReadAllTextAsync(path) == text, $"docs/{name} is not what the program says; renew it with: ./anumate docs, and look at the difference");
        }

        var stale = Directory.GetFiles(Path.Combine(Root, "docs", "openapi")).Select(f => $"openapi/{Path.GetFileName(f)}").Where(f => !pages.ContainsKey(f));
        Assert.Empty(stale);
    }

    [Fact]
    public async Task The_server_gives_out_the_documents_and_the_reference_pages()
    {
        var s = await server.RunningAsync();
        var pages = await DocsVerb.GenerateAsync(default);
        foreach (var module in Services.All.Where(m => m.Map is not null))
        {
            Assert.Equal(pages[$"openapi/{module.Name}.json"].TrimEnd(), (await s.Http.GetStringAsync($"/openapi/{module.Name}.json")).ReplaceLineEndings("\n").TrimEnd());
        }

        var reference = await s.Http.GetAsync("/docs");
        Assert.Equal(System.Net.HttpStatusCode.OK, reference.StatusCode);
        var page = await reference.Content.ReadAsStringAsync();
        Assert.All(Services.All, m => Assert.Contains($"/{m.Name}", page));
        Assert.All(Scripts().Matches(page), script => Assert.DoesNotContain("//", script.Groups[1].Value));
        Assert.Contains("script-src 'self' 'nonce-", reference.Headers.GetValues("Content-Security-Policy").Single());
    }

    [Fact]
    public void Every_problem_in_the_sources_is_on_the_page()
    {
        var known = ProblemsPage.All.Select(p => p.Problem.Code).ToHashSet();
        // The command line has problems of its own, which no server answers.
        var made = Directory.EnumerateFiles(Path.Combine(Root, "src"), "*.cs", SearchOption.AllDirectories)
            .Where(f => !f.Contains("Anumate.Cli", StringComparison.Ordinal) && !f.EndsWith("Verb.cs", StringComparison.Ordinal))
            .SelectMany(f => Codes().Matches(File.ReadAllText(f)).Select(m => m.Groups[1].Value)).Distinct().ToList();
        Assert.Contains("invalid-request", made);
        Assert.Empty(made.Except(known));
        Assert.All(ProblemsPage.All, p =>
        {
            Assert.InRange(p.Problem.Status, 400, 599);
            Assert.NotEmpty(p.Meaning);
            Assert.Matches("^[a-z]+(-[a-z]+)*$", p.Problem.Code);
        });
    }

    [Fact]
    public async Task Api_documents_are_clean_under_a_public_linter()
    {
        var folder = await NpmTool.FolderAsync("redocly", Linter, LinterVersion);
        var program = Path.Combine(folder, "node_modules", ".bin", "redocly");
        await File.WriteAllTextAsync(Path.Combine(folder, "redocly.yaml"), "extends: [recommended]\n");
        var (result, report) = await NpmTool.RunAsync(folder, program,
            ["lint", "--config", Path.Combine(folder, "redocly.yaml"), .. Directory.GetFiles(Path.Combine(Root, "docs", "openapi"), "*.json").Order(StringComparer.Ordinal)]);
        Assert.True(result == 0 && !report.Contains("warning was generated", StringComparison.OrdinalIgnoreCase), report);
    }

    [GeneratedRegex("new Problem\\(\\s*\"([^\"]+)\"")]
    private static partial Regex Codes();

    [GeneratedRegex("<script[^>]+src=\"([^\"]+)\"")]
    private static partial Regex Scripts();
}
