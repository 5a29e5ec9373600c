using System.Diagnostics;
using System.Text.Json;
using Anumate.Cli;

namespace Anumate.Tests.Policies;

/// <summary><c>anumate policy push|list|replay</c> as a program, against a server.</summary>
public sealed class PolicyPushTests(TestServer server) : IDisposable
{
    const string Source = "policy a version 1 {\n  at tool.before\n\n  rule small allow when call.args.amount <= 100\n}\n";

    readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("anumate-policy-");
    ServerTenant tenant = null!;
    string? key;

    public void Dispose() => folder.Delete(recursive: true);

    [Fact]
    public async Task Push_publishes_and_list_shows_it()
    {
        tenant = await server.NewTenantAsync();
        Assert.Equal(ExitCode.NotSignedIn, (await RunAsync(Source, "push", "-")).Code);
        await ActAsAsync("ada");
        var pushed = await RunAsync(Source, "push", "-", "--tenant-wide");
        Assert.Equal((ExitCode.Ok, ""), (pushed.Code, pushed.Error));
        Assert.StartsWith("published policy a@1  sha256:", pushed.Out, StringComparison.Ordinal);
        var stored = await StoredAsync();
        Assert.Equal((PolicyBinding.Tenant, Source), (stored.Binding, stored.Source));
        Assert.Contains("a\t1\ttenant\t", (await RunAsync("", "list", "--name", "a")).Out, StringComparison.Ordinal);
        Assert.Equal(stored.Id.ToString(), JsonElement.Parse(System.Text.Encoding.UTF8.GetBytes((await RunAsync("", "list", "-o", "json")).Out)).GetProperty("items")[0].GetProperty("id").GetString());
    }

    [Fact]
    public async Task Push_says_where_a_document_is_wrong_and_who_may_not()
    {
        tenant = await server.NewTenantAsync();
        await ActAsAsync("ada");
        var broken = await RunAsync("policy b version 1 {\n  at tool.before\n  rule x alow\n}\n", "push", "-");
        Assert.Equal(ExitCode.Error, broken.Code);
        Assert.Contains("-:3:10", broken.Error, StringComparison.Ordinal);
        await ActAsAsync("vera");
        Assert.Contains("forbidden", (await RunAsync(Source, "push", "-")).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Replay_tries_a_version_by_name_number_or_id()
    {
        tenant = await server.NewTenantAsync();
        await ActAsAsync("ada");
        await RunAsync(Source, "push", "-");
        Assert.Contains("forbidden", (await RunAsync("", "replay", "a")).Error, StringComparison.Ordinal);
        await ActAsAsync("alma");
        foreach (var named in new[] { "a", "a@1", (await StoredAsync()).Id.ToString() })
        {
            var replayed = await RunAsync("", "replay", named, "--most", "10", "--point", "tool.before", "--from", "2026-01-01T00:00:00Z", "--check");
            Assert.Equal((ExitCode.Ok, "a@1  0 of 0 recorded decisions would change (0 more cannot be made again)\n"), (replayed.Code, replayed.Out));
        }

        Assert.Contains("policy-not-found", (await RunAsync("", "replay", "b")).Error, StringComparison.Ordinal);
        Assert.Contains("invalid-request", (await RunAsync("", "replay", "a", "--most", "0")).Error, StringComparison.Ordinal);
    }

    async Task ActAsAsync(string person) => key = (await (await tenant.ClientAsync(person)).Identity.CreateApiKeyAsync(Caller.Self, new NewApiKey("cli"), default)).Secret;

    async Task<PolicyVersion> StoredAsync() => Assert.Single((await (await tenant.ClientAsync("vera")).Policies.ListAsync(Caller.Self, "a", false, new(), default)).Items);

    async Task<(int Code, string Out, string Error)> RunAsync(string input, params string[] arguments)
    {
        var info = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "anumate"), ["policy", .. arguments])
        {
            RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = folder.FullName,
        };
        info.Environment["ANUMATE_DATA"] = Path.Combine(folder.FullName, "no-profile");
        if (key is not null)
        {
            (info.Environment["ANUMATE_SERVER"], info.Environment["ANUMATE_API_KEY"]) = (tenant.Server.Address.ToString(), key);
        }

        using var process = Process.Start(info)!;
        await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        var (read, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        return (process.ExitCode, await read, await error);
    }
}
