using System.Diagnostics;
using System.Text.Json;
using System.Xml.Linq;

namespace Anumate.Tests.Policies;

/// <summary><c>anumate policy check|fmt|test|explain</c> as a program, on files, with no server and no profile.</summary>
public sealed class PolicyCommandTests : IDisposable
{
    const string Tiers = """
        policy payments.tiers version 1 {
          at tool.before
          on tool in ["payments.refund"]

          let amount = money(call.args.amount)

          rule finance allow when "finance" in actor.groups
          rule foreign deny when call.tenant != actor.tenant
          rule large approval 2 of "controller" distinct_from actor within 4h when amount > money("5000 EUR")
        }

        test payments.tiers "tiers" {
          given actor.groups = ["finance"]
          given actor.tenant = "t1"
          given call.tenant = "t1"
          table
            | call.args.amount | actor.groups | expect            |
            | "10 EUR"         | ["finance"]  | allow             |
            | "5000.01 EUR"    | ["finance"]  | approval by large |
            | "10 EUR"         | []           | deny              |
        }

        """;

    readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("anumate-policy-");

    public void Dispose() => folder.Delete(recursive: true);

    [Fact]
    public async Task Check_says_that_a_document_is_sound_or_what_is_wrong_where_and_what_to_do()
    {
        var sound = await RunAsync("policy", "check", File("tiers.pol", Tiers));
        Assert.Equal((0, ""), (sound.Code, sound.Error));
        Assert.Contains("payments.tiers@1", sound.Out, StringComparison.Ordinal);

        var wrong = await RunAsync("policy", "check", File("wrong.pol", Tiers.Replace("call.args.amount)", "cal.args.amount)", StringComparison.Ordinal)), "-o", "json");
        Assert.Equal(1, wrong.Code);
        var finding = Assert.Single(wrong.Json[0].GetProperty("diagnostics").EnumerateArray());
        Assert.Equal((5, 22), (finding.GetProperty("line").GetInt32(), finding.GetProperty("column").GetInt32()));
        Assert.Contains("`call`", finding.GetProperty("suggestion").GetString(), StringComparison.Ordinal);
        Assert.False(wrong.Json[0].TryGetProperty("digest", out var digest) && digest.ValueKind == JsonValueKind.String);
    }

    [Fact]
    public async Task Check_takes_several_files_and_standard_input_and_fails_by_warnings_only_when_strict()
    {
        var closed = Tiers.Replace("  rule finance allow", "  rule finance deny", StringComparison.Ordinal);
        var both = await WithInputAsync(closed, "policy", "check", File("tiers.pol", Tiers), "-", "-o", "json");
        Assert.Equal((0, 2), (both.Code, both.Json.GetArrayLength()));
        Assert.Equal("warning", Assert.Single(both.Json[1].GetProperty("diagnostics").EnumerateArray()).GetProperty("severity").GetString());
        Assert.Equal(1, (await WithInputAsync(closed, "policy", "check", "-", "--strict")).Code);
    }

    [Fact]
    public async Task Check_against_a_world_knows_its_tools_and_says_when_it_is_none()
    {
        var policy = File("tiers.pol", Tiers);
        var world = File("world.json", """{"tools":[{"name":"payments.pay","input_schema":{"type":"object"}}],"groups":{"controller":["a","b"]}}""");
        var unknown = await RunAsync("policy", "check", policy, "--world", world, "-o", "json");
        Assert.Contains(unknown.Json[0].GetProperty("diagnostics").EnumerateArray(), d => d.GetProperty("message").GetString()!.Contains("payments.refund", StringComparison.Ordinal));
        var none = await RunAsync("policy", "check", policy, "--world", File("none.json", "7"));
        Assert.Equal(64, none.Code);
        Assert.Contains("is no world", none.Error, StringComparison.Ordinal);
        Assert.Equal(1, (await RunAsync("policy", "check", Path.Combine(folder.FullName, "absent.pol"))).Code);
    }

    [Fact]
    public async Task Fmt_prints_the_one_form_tells_who_is_not_in_it_and_writes_it()
    {
        var messy = File("messy.pol", Tiers.Replace("  rule finance allow when", "rule   finance\n allow   when", StringComparison.Ordinal));
        var printed = await RunAsync("policy", "fmt", messy);
        Assert.Equal((0, Tiers), (printed.Code, printed.Out));
        var told = await RunAsync("policy", "fmt", "--check", messy);
        Assert.Equal((1, messy), (told.Code, told.Out.Trim()));
        Assert.Equal(0, (await RunAsync("policy", "fmt", "--write", messy)).Code);
        Assert.Equal(Tiers, await System.IO.File.ReadAllTextAsync(messy));
        Assert.Equal(0, (await RunAsync("policy", "fmt", "--check", messy)).Code);

        var broken = File("broken.pol", "policy {");
        Assert.Equal(1, (await RunAsync("policy", "fmt", "--write", broken)).Code);
        Assert.Equal("policy {", await System.IO.File.ReadAllTextAsync(broken));
    }

    [Fact]
    public async Task Test_reports_each_case_and_writes_JUnit()
    {
        var junit = Path.Combine(folder.FullName, "report.xml");
        var passed = await RunAsync("policy", "test", File("tiers.pol", Tiers), "--junit", junit, "-o", "json");
        Assert.Equal((0, 3, 0), (passed.Code, passed.Json[0].GetProperty("passed").GetInt32(), passed.Json[0].GetProperty("failed").GetInt32()));
        Assert.Equal(3, XDocument.Load(junit).Descendants("testcase").Count());

        var failing = await RunAsync("policy", "test", File("failing.pol", Tiers.Replace("[]           | deny ", "[]           | allow", StringComparison.Ordinal)), "--junit", junit);
        Assert.Equal(1, failing.Code);
        Assert.Contains("failing.pol:20:", failing.Out, StringComparison.Ordinal);
        Assert.Single(XDocument.Load(junit).Descendants("failure"));
        Assert.Equal(64, (await RunAsync("policy", "test", File("tiers.pol", Tiers), "--inputs", "0")).Code);
    }

    [Theory]
    [InlineData("""["finance"]""", "10 EUR", 0, "allow")]
    [InlineData("""["finance"]""", "6000 EUR", 2, "approval")]
    [InlineData("""["others"]""", "10 EUR", 3, "deny")]
    public async Task Explain_decides_shows_how_and_ends_with_the_code_of_its_verdict(string groups, string amount, int code, string verdict)
    {
        var facts = File("facts.json", $$"""
            {"actor":{"id":"a","groups":{{groups}},"roles":[],"tenant":"t1"},"call":{"tool":"payments.refund","tenant":"t1","args":{"amount":"{{amount}}" } } }
            """);
        var policy = File("tiers.pol", Tiers);
        var told = await RunAsync("policy", "explain", policy, "--facts", facts);
        Assert.Equal(code, told.Code);
        Assert.StartsWith(verdict, told.Out, StringComparison.Ordinal);
        Assert.Contains("payments.tiers/large", told.Out, StringComparison.Ordinal);
        var json = await RunAsync("policy", "explain", policy, "--facts", facts, "-o", "json");
        Assert.Equal(verdict, json.Json.GetProperty("verdict").GetString());
        Assert.Equal(3, json.Json.GetProperty("explanation").GetProperty("rules").GetArrayLength());
    }

    [Fact]
    public async Task Explain_refuses_facts_that_are_none_and_a_point_that_is_not_there()
    {
        var policy = File("tiers.pol", Tiers);
        Assert.Equal(1, (await RunAsync("policy", "explain", policy, "--facts", File("facts.json", """{"call":7}"""))).Code);
        var point = await RunAsync("policy", "explain", policy, "--facts", File("facts.json", "{}"), "--point", "tool.befor");
        Assert.Equal(64, point.Code);
        Assert.Contains("tool.before", point.Error, StringComparison.Ordinal);
    }

    string File(string name, string text)
    {
        var path = Path.Combine(folder.FullName, name);
        System.IO.File.WriteAllText(path, text);
        return path;
    }

    Task<Ended> RunAsync(params string[] arguments) => WithInputAsync("", arguments);

    async Task<Ended> WithInputAsync(string input, params string[] arguments)
    {
        var info = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "anumate"), arguments)
        {
            RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = folder.FullName,
        };
        info.Environment["ANUMATE_DATA"] = Path.Combine(folder.FullName, "no-profile");
        using var process = Process.Start(info)!;
        await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        var (read, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        return new Ended(process.ExitCode, await read, await error);
    }

    sealed record Ended(int Code, string Out, string Error)
    {
        public JsonElement Json => JsonElement.Parse(System.Text.Encoding.UTF8.GetBytes(Out));
    }
}
