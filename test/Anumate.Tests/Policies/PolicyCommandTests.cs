using System.Diagnostics;
using System.Text.Json;
using System.Xml.Linq;
using Anumate.Cli;

namespace Anumate.Tests.Policies;

/// <summary>The verbs of <c>anumate policy</c>, as typed.</summary>
public sealed class PolicyCommandTests(TestServer server) : IDisposable
{
    const string Sound = """
        policy a version 1 {
          at tool.before

          rule small allow when call.args.amount <= 100
          rule large approval 1 of "finance" within 1h when call.args.amount > 50
        }

        test a "amounts" {
          given call.tool = "a.b"
          table
            | call.args.amount | expect            |
            | 10               | allow             |
            | 60               | approval by large |
            | 101              | deny              |
        }

        """;

    readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("anumate-policy-");

    readonly Dictionary<string, string> environment = [];

    public void Dispose() => folder.Delete(recursive: true);

    sealed record Ended(int Code, string Out, string Error)
    {
        public JsonElement Json => JsonDocument.Parse(Out).RootElement;
    }

    async Task<Ended> RunAsync(string? input, params string[] arguments)
    {
        var info = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "anumate"), ["policy", .. arguments])
        {
            RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = folder.FullName,
        };
        info.Environment["ANUMATE_DATA"] = Path.Combine(folder.FullName, "data");
        foreach (var (name, value) in environment)
        {
            info.Environment[name] = value;
        }

        using var process = Process.Start(info)!;
        await process.StandardInput.WriteAsync(input ?? "");
        process.StandardInput.Close();
        var (said, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        return new Ended(process.ExitCode, await said, await error);
    }

    Task<Ended> RunAsync(params string[] arguments) => RunAsync(null, arguments);

    string File(string name, string text)
    {
        System.IO.File.WriteAllText(Path.Combine(folder.FullName, name), text);
        return name;
    }

    [Fact]
    public async Task Check_says_what_is_wrong_and_where()
    {
        var sound = await RunAsync("check", File("a.pol", Sound));
        Assert.Equal((ExitCode.Ok, ""), (sound.Code, sound.Error));
        Assert.StartsWith("sound a@1  a.pol  sha256:", sound.Out);
        Assert.Equal(ExitCode.Ok, (await RunAsync(Sound, "check", "-")).Code);

        var broken = await RunAsync("check", "a.pol", File("b.pol", "policy b version 1 {\n  at tool.before\n  rule x alow\n}\n"));
        Assert.Equal(ExitCode.Error, broken.Code);
        Assert.Contains("b.pol:3:10", broken.Out + broken.Error);
        Assert.Contains("did you mean", broken.Out + broken.Error);

        var json = (await RunAsync("check", "a.pol", "b.pol", "-o", "json")).Json;
        Assert.Equal(["a", null], json.EnumerateArray().Select(c => c.TryGetProperty("name", out var name) ? name.GetString() : null));
        Assert.Equal((3, 10), (json[1].GetProperty("diagnostics")[0].GetProperty("line").GetInt32(), json[1].GetProperty("diagnostics")[0].GetProperty("column").GetInt32()));
    }

    [Fact]
    public async Task Check_looks_at_the_world_and_strict_makes_warnings_errors()
    {
        File("a.pol", "policy a version 1 {\n  at tool.before\n  on tool in [\"a.c\"]\n  rule open allow\n}\n");
        File("world.json", """{"tools":[{"name":"a.b"}],"groups":{}}""");
        var warned = await RunAsync("check", "a.pol", "--world", "world.json");
        Assert.Equal(ExitCode.Ok, warned.Code);
        Assert.Contains("policy.unknown-tool", warned.Out + warned.Error);
        Assert.Equal(ExitCode.Error, (await RunAsync("check", "a.pol", "--world", "world.json", "--strict")).Code);
        Assert.Equal(ExitCode.Ok, (await RunAsync("check", "a.pol", "--strict")).Code);
        Assert.Equal(ExitCode.Usage, (await RunAsync("check", "a.pol", "--world", File("none.json", "{\"tools\":3}"))).Code);
        Assert.Equal(ExitCode.Error, (await RunAsync("check", "missing.pol")).Code);
    }

    [Fact]
    public async Task Fmt_prints_checks_and_writes_the_one_form()
    {
        File("a.pol", "policy a version 1 { at tool.before rule x allow }");
        var printed = await RunAsync("fmt", "a.pol");
        Assert.Equal(ExitCode.Ok, printed.Code);
        Assert.StartsWith("policy a version 1 {\n  at tool.before\n", printed.Out);
        var unlike = await RunAsync("fmt", "a.pol", "--check");
        Assert.Equal((ExitCode.Error, "a.pol\n"), (unlike.Code, unlike.Out));
        Assert.Equal(ExitCode.Ok, (await RunAsync("fmt", "a.pol", "--write")).Code);
        Assert.Equal(printed.Out, System.IO.File.ReadAllText(Path.Combine(folder.FullName, "a.pol")));
        Assert.Equal((ExitCode.Ok, ""), (await RunAsync("fmt", "a.pol", "--check")) is var like ? (like.Code, like.Out) : default);
        Assert.False((await RunAsync("fmt", "a.pol", "-o", "json")).Json[0].GetProperty("changed").GetBoolean());

        var broken = await RunAsync("policy a", "fmt", "-");
        Assert.Equal(ExitCode.Error, broken.Code);
        Assert.Contains("policy-invalid", broken.Error);
    }

    [Fact]
    public async Task Test_runs_what_stands_in_the_document_and_suites()
    {
        File("a.pol", Sound);
        var passed = await RunAsync("test", "a.pol", "--junit", "out.xml");
        Assert.Equal(ExitCode.Ok, passed.Code);
        Assert.Contains("a@1: 3 passed, 0 failed; the rows reach 2 of 2 rules and give 1 deny, 1 approval, 1 allow", passed.Out);
        Assert.Equal("3", XDocument.Load(Path.Combine(folder.FullName, "out.xml")).Descendants("testsuite").Single().Attribute("tests")!.Value);

        File("suite.pol", "test a \"more\" {\n  given call.tool = \"a.b\"\n  table\n    | call.args.amount | expect |\n    | 10               | deny   |\n  never allow when call.args.amount > 100\n}\n");
        var failed = await RunAsync("test", "a.pol", "--suite", "suite.pol", "--inputs", "50");
        Assert.Equal(ExitCode.Error, failed.Code);
        Assert.Contains("a.pol:5:", failed.Out);
        Assert.Contains("expected deny, got allow", failed.Out);
        var json = (await RunAsync("test", "a.pol", "--suite", "suite.pol", "-o", "json")).Json[0];
        Assert.Equal((1, 1), (json.GetProperty("passed").GetInt32(), json.GetProperty("failed").GetInt32()));
        Assert.Equal(ExitCode.Usage, (await RunAsync("test", "a.pol", "--inputs", "0")).Code);
        Assert.Equal(ExitCode.Error, (await RunAsync("test", "a.pol", "--suite", File("bad.pol", "test b \"x\" {}"))).Code);
    }

    [Theory]
    [InlineData(10, ExitCode.Ok, "allow")]
    [InlineData(60, ExitCode.ApprovalPending, "approval")]
    [InlineData(101, ExitCode.PolicyDenied, "deny")]
    public async Task Explain_decides_and_shows_how(int amount, int code, string verdict)
    {
        File("a.pol", Sound);
        var facts = $$"""{"call":{"tool":"a.b","args":{"amount":{{amount}}}}}""";
        var explained = await RunAsync(facts, "explain", "a.pol", "--facts", "-");
        Assert.Equal(code, explained.Code);
        Assert.StartsWith($"{verdict}  ", explained.Out);
        Assert.Contains($"[call.args.amount = {amount}.0]", explained.Out);
        var json = (await RunAsync(facts, "explain", "a.pol", "--facts", "-", "-o", "json")).Json;
        Assert.Equal((verdict, 2), (json.GetProperty("verdict").GetString(), json.GetProperty("explanation").GetProperty("rules").GetArrayLength()));
    }

    [Fact]
    public async Task Explain_refuses_what_makes_no_sense()
    {
        File("a.pol", Sound);
        Assert.Equal(ExitCode.Usage, (await RunAsync("{}", "explain", "a.pol", "--facts", "-", "--point", "tool.never")).Code);
        Assert.Equal(ExitCode.Error, (await RunAsync("{}", "explain", "a.pol", "--facts", "-")).Code);
        Assert.Equal(ExitCode.Error, (await RunAsync("nonsense", "explain", "a.pol", "--facts", "-")).Code);
        Assert.NotEqual(ExitCode.Ok, (await RunAsync("explain", "a.pol")).Code);
    }

    [Fact]
    public async Task Push_publishes_and_list_shows_it()
    {
        var t = await server.NewTenantAsync();
        Assert.Equal(ExitCode.NotSignedIn, (await RunAsync("push", File("a.pol", Sound))).Code);
        environment["ANUMATE_SERVER"] = t.Server.Address.ToString();
        environment["ANUMATE_API_KEY"] = (await (await t.ClientAsync("ada")).Identity.CreateApiKeyAsync(Caller.Self, new NewApiKey("cli"), default)).Secret;

        var pushed = await RunAsync("push", "a.pol", "--tenant-wide");
        Assert.Equal((ExitCode.Ok, ""), (pushed.Code, pushed.Error));
        Assert.StartsWith("published policy a@1  sha256:", pushed.Out);
        var stored = Assert.Single((await (await t.ClientAsync("vera")).Policies.ListAsync(Caller.Self, "a", false, new(), default)).Items);
        Assert.Equal((PolicyBinding.Tenant, Sound), (stored.Binding, stored.Source));
        var listed = await RunAsync("list", "--name", "a");
        Assert.Contains($"a\t1\ttenant\t", listed.Out);
        Assert.Equal(stored.Id.ToString(), (await RunAsync("list", "-o", "json")).Json.GetProperty("items")[0].GetProperty("id").GetString());

        Assert.Contains("forbidden", (await RunAsync("replay", "a")).Error);
        environment["ANUMATE_API_KEY"] = (await (await t.ClientAsync("alma")).Identity.CreateApiKeyAsync(Caller.Self, new NewApiKey("cli"), default)).Secret;
        foreach (var named in new[] { "a", "a@1", stored.Id.ToString() })
        {
            var replayed = await RunAsync("replay", named, "--most", "10", "--point", "tool.before", "--from", "2026-01-01T00:00:00Z", "--check");
            Assert.Equal((ExitCode.Ok, "a@1  0 of 0 recorded decisions would change (0 more cannot be made again)\n"), (replayed.Code, replayed.Out));
        }

        Assert.Equal(0, (await RunAsync("replay", "a", "-o", "json")).Json.GetProperty("tried").GetInt32());
        Assert.Contains("policy-not-found", (await RunAsync("replay", "b")).Error);

        var broken = await RunAsync("policy b version 1 {\n  at tool.before\n  rule x alow\n}\n", "push", "-");
        Assert.Equal(ExitCode.Error, broken.Code);
        Assert.Contains("-:3:10", broken.Error);
        environment["ANUMATE_API_KEY"] = (await (await t.ClientAsync("vera")).Identity.CreateApiKeyAsync(Caller.Self, new NewApiKey("cli"), default)).Secret;
        Assert.Contains("forbidden", (await RunAsync("push", "a.pol")).Error);
    }
}
