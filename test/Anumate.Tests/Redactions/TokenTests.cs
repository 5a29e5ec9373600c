using Anumate.Platform.Secrets;
using Microsoft.Extensions.DependencyInjection;

namespace Anumate.Tests.Redactions;

/// <summary>Tokens that redactions left, turned back by those who may.</summary>
public sealed class TokenTests(TestServer server)
{
    static Caller Self => Caller.Self;

    static async Task<(Crm Crm, Run Run, string Token)> TokenAsync(TestServer server)
    {
        var crm = await Crm.MakeAsync(await server.NewTenantAsync());
        await crm.PublishAsync("tool.before", "rule people redact result.email with token");
        var run = await crm.RunAsync();
        return (crm, run, (await crm.EntryAsync(run, "attempt_completed", "find")).GetProperty("output").GetProperty("email").GetString()!);
    }

    [Fact]
    public async Task Who_may_see_sensitive_values_turns_a_token_back_and_leaves_a_record()
    {
        var (crm, _, token) = await TokenAsync(server);
        await using var _ = crm;
        var none = "t1." + new string('A', 24);
        var alma = await crm.Tenant.ClientAsync("alma");
        Assert.Equal([new(token, Crm.Email), new(none, null)], await alma.Policies.RevealAsync(Self, new RevealTokens([token, none, token]), default));

        var trail = (await (await crm.Tenant.ClientAsync("amir")).Receipts.ListAuditAsync(Self, token, new PageRequest(), default)).Items;
        var record = Assert.Single(trail).Record;
        Assert.Equal("token.revealed", record.GetProperty("action").GetString());
        Assert.Equal(crm.Tenant.Person("alma").Id.ToString(), record.GetProperty("actor").GetProperty("id").GetString());
        Assert.DoesNotContain(Crm.Email, record.GetRawText());
        Assert.Single((await (await crm.Tenant.ClientAsync("amir")).Receipts.ListAuditAsync(Self, none, new PageRequest(), default)).Items);
    }

    [Fact]
    public async Task Nobody_else_does_and_no_other_tenant()
    {
        var (crm, _, token) = await TokenAsync(server);
        await using var _ = crm;
        foreach (var person in new[] { "vera", "ada", "olga", "finn", "amir" })
        {
            var client = await crm.Tenant.ClientAsync(person);
            Assert.Equal("forbidden", await PlatformTenant.RefusalAsync(() => client.Policies.RevealAsync(Self, new RevealTokens([token]), default)));
        }

        var stranger = await (await server.NewTenantAsync()).ClientAsync("alma");
        Assert.Equal([new(token, null)], await stranger.Policies.RevealAsync(Self, new RevealTokens([token]), default));
        Assert.Empty((await (await crm.Tenant.ClientAsync("amir")).Receipts.ListAuditAsync(Self, token, new PageRequest(), default)).Items);
    }

    [Theory]
    [InlineData("")]
    [InlineData("t1.")]
    [InlineData("t1.AAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("t1.AAAAAAAAAAAAAAAAAAAAAAA'")]
    [InlineData("t2.AAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("[EMAIL:t1.AAAAAAAAAAAAAAAAAAAAAAAA]")]
    public async Task What_is_no_token_is_refused(string text)
    {
        var alma = await (await server.NewTenantAsync()).ClientAsync("alma");
        Assert.Equal("invalid-request", await PlatformTenant.RefusalAsync(() => alma.Policies.RevealAsync(Self, new RevealTokens([text]), default)));
        Assert.Equal("invalid-request", await PlatformTenant.RefusalAsync(() => alma.Policies.RevealAsync(Self, new RevealTokens([]), default)));
        var many = Enumerable.Range(10, 21).Select(i => $"t1.{i}AAAAAAAAAAAAAAAAAAAAAA");
        Assert.Equal("invalid-request", await PlatformTenant.RefusalAsync(() => alma.Policies.RevealAsync(Self, new RevealTokens([.. many]), default)));
    }

    [Fact]
    public async Task Erasing_the_keys_of_a_run_erases_what_its_tokens_stand_for()
    {
        var (crm, run, token) = await TokenAsync(server);
        await using var _ = crm;
        await ((ServerTenant)crm.Tenant).Server.Services.GetRequiredService<RunVault>().EraseAsync(crm.Tenant.Id, run.Id, default);
        Assert.Equal([new(token, null)], await (await crm.Tenant.ClientAsync("alma")).Policies.RevealAsync(Self, new RevealTokens([token]), default));
    }
}
