using System.Text.RegularExpressions;
using Anumate.PolicyEngine;

namespace Anumate.Engines.Tests.Policies;

/// <summary>Policies that lie in the repository: the sample, the documentation's examples, the corpus of what was ever stored.</summary>
public sealed partial class PolicyFilesTests
{
    public static string Root { get; } = FindRoot();

    static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Anumate.slnx")))
        {
            folder = folder.Parent!;
        }

        return folder.FullName;
    }

    static CompiledPolicy Sample { get; } = Ask.Compile(File.ReadAllText(Path.Combine(Root, "samples", "refund-order", "policy.pol")));

    [Theory]
    [InlineData("orders.get", "{\"id\":\"o-1\"}", "operator", "", Verdict.Allow)]
    [InlineData("payments.refund", "{\"charge\":\"c\",\"amount\":900}", "operator", "", Verdict.Allow)]
    [InlineData("payments.refund", "{\"charge\":\"c\",\"amount\":100000}", "admin", "", Verdict.Allow)]
    [InlineData("payments.refund", "{\"charge\":\"c\",\"amount\":100000.01}", "admin", "", Verdict.Deny)]
    [InlineData("payments.refund", "{\"charge\":\"c\"}", "admin", "", Verdict.Deny)]
    [InlineData("payments.cancel_refund", "{\"refund\":\"r\"}", "operator", "", Verdict.Allow)]
    [InlineData("comms.send_email", "{\"to\":\"a@example.com\"}", "operator", "", Verdict.Allow)]
    [InlineData("payments.refund", "{\"amount\":5}", "viewer", "", Verdict.Deny)]
    [InlineData("payments.refund", "{\"amount\":5}", "viewer", "payments", Verdict.Allow)]
    [InlineData("payments.payout", "{\"amount\":5}", "admin", "payments", Verdict.Deny)]
    public void The_sample_policy_decides_as_the_demo_shows(string tool, string arguments, string role, string group, Verdict verdict)
    {
        var decision = Ask.Tool(PolicySet.Of([Sample]), Ask.Call(arguments, tool, actor: Ask.Olga(group == "" ? [] : [group], [role])));
        Assert.True(verdict == decision.Verdict, decision.Reason);
    }

    [Fact]
    public void The_sample_policy_is_formatted() =>
        Assert.Equal(File.ReadAllText(Path.Combine(Root, "samples", "refund-order", "policy.pol")), Sample.Text);

    [Fact]
    public void Each_example_of_the_documentation_is_a_policy_in_its_one_form()
    {
        var examples = Fence().Matches(File.ReadAllText(Path.Combine(Root, "docs", "policy.md")));
        Assert.NotEmpty(examples);
        Assert.All(examples, e => Assert.Equal(e.Groups[1].Value, Ask.Compile(e.Groups[1].Value).Text));
    }

    // Digests are stored in plans and bundles, so what was once published must keep its digest, and its decisions theirs, for ever.
    [Fact]
    public void What_was_stored_by_earlier_versions_keeps_its_digest_and_decides_as_it_did()
    {
        var corpus = Path.Combine(Root, "test", "corpus", "policies");
        var recorded = File.ReadAllLines(Path.Combine(corpus, "digests.txt")).Select(l => l.Split("  "))
            .ToDictionary(l => l[2], l => (Policy: l[0], Decision: l[1]));
        var files = Directory.GetFiles(corpus, "*.pol");
        Assert.Equal(recorded.Keys.Order(), files.Select(f => Path.GetFileName(f)).Order());
        Assert.All(files, file =>
        {
            var policy = Ask.Compile(File.ReadAllText(file));
            var decision = Ask.Tool(PolicySet.Of([policy]), Ask.Call("""{"amount":9000,"country":"DE","note":"x"}"""));
            Assert.Equal(recorded[Path.GetFileName(file)], (policy.Digest, decision.Digest));
        });
    }

    [GeneratedRegex("^```policy\n(.*?)^```$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Fence();
}
