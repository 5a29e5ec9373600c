using Anumate.Platform.Secrets;
using Anumate.Tests.Hosting;
using Anumate.Tests.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Anumate.Tests.Secrets;

public sealed class KeyRotationTests(TestDatabase database)
{
    [Fact]
    public async Task The_master_key_is_rotated_under_running_processes_and_nothing_is_lost()
    {
        await using var schema = await TestSchema.MakeAsync(database.Server, TimeProvider.System);
        var folder = Directory.CreateTempSubdirectory("anumate-keys-");
        var path = Path.Combine(folder.FullName, "master.key");
        var running = MasterKey.OpenOrCreate(path);
        File.Copy(path, path + ".old");
        Id<Tenant>[] tenants = [.. Enumerable.Range(0, 3).Select(_ => Id<Tenant>.New(TimeProvider.System)), default];
        ISecretStore StoreOf(IMasterKey master) => new SealedSecretStore(new TenantKeys(schema.Db, master, TimeProvider.System), TimeProvider.System);
        SigningKeys KeysOf(IMasterKey master) => new(schema.Db, master, TimeProvider.System);
        foreach (var tenant in tenants)
        {
            await StoreOf(running).PutAsync(tenant, "key", "value"u8.ToArray(), null, default);
        }

        var kid = (await KeysOf(running).CurrentAsync(SigningPurpose.AccessToken, default)).Kid;
        Assert.Equal(0, await new KeyRotation(schema.Db, running).RewrapAsync(default));

        MasterKey.AddTo(path);
        Assert.Equal(5, await new KeyRotation(schema.Db, MasterKey.Open(path)).RewrapAsync(default));
        Assert.Equal(0, await new KeyRotation(schema.Db, running).RewrapAsync(default));
        await AllThereAsync(running);
        Assert.Equal(1, MasterKey.Prune(path));
        await AllThereAsync(running);
        await AllThereAsync(MasterKey.Open(path));

        // The old file opens nothing any more.
        var e = await Assert.ThrowsAsync<InvalidOperationException>(() => StoreOf(MasterKey.Open(path + ".old")).GetAsync(tenants[0], "key", default));
        Assert.Contains("not in the key file", e.Message, StringComparison.Ordinal);
        folder.Delete(recursive: true);

        async Task AllThereAsync(IMasterKey master)
        {
            foreach (var tenant in tenants)
            {
                Assert.Equal("value"u8.ToArray(), (await StoreOf(master).GetAsync(tenant, "key", default))!.Value);
            }

            Assert.Equal(kid, (await KeysOf(master).CurrentAsync(SigningPurpose.AccessToken, default)).Kid);
        }
    }

    [Fact]
    public async Task Another_tenants_key_put_in_place_of_ones_own_is_found_out()
    {
        await using var schema = await TestSchema.MakeAsync(database.Server, TimeProvider.System);
        var folder = Directory.CreateTempSubdirectory("anumate-keys-");
        var master = MasterKey.OpenOrCreate(Path.Combine(folder.FullName, "master.key"));
        var (one, other) = (Id<Tenant>.New(TimeProvider.System), Id<Tenant>.New(TimeProvider.System));
        TenantKeys Fresh() => new(schema.Db, master, TimeProvider.System);
        await Fresh().GetAsync(one, default);
        await Fresh().GetAsync(other, default);
        await schema.ExecuteAsync($"update platform.tenant_key set wrapped = (select wrapped from platform.tenant_key where tenant_id = '{one.Value}') where tenant_id = '{other.Value}'");
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await Fresh().GetAsync(other, default));
        folder.Delete(recursive: true);
    }

    [Fact]
    public async Task A_platform_whose_keys_are_in_vault_works_and_while_vault_is_sealed_stays_safe()
    {
        await using var vault = await StandIn.StartAsync();
        using var access = await vault.AccessAsync();
        await using var schema = await TestSchema.MakeAsync(database.Server, TimeProvider.System);
        await using var server = await RunningServer.StartAsync(schema.Options, new()
        {
            ["Anumate:Secrets:Store"] = "vault", ["Anumate:Secrets:MasterKey"] = "vault", ["Anumate:Secrets:KeyFile"] = "", ["Anumate:Secrets:Vault:CacheFor"] = "00:00:00",
            ["Anumate:Secrets:Vault:Timeout"] = "00:00:30",
            ["Anumate:Secrets:Vault:Addresses"] = vault.Address, ["Anumate:Secrets:Vault:Role"] = access.Role, ["Anumate:Secrets:Vault:SecretIdFile"] = access.SecretIdFile,
            ["Anumate:Secrets:Vault:KvFolder"] = access.Name, ["Anumate:Secrets:Vault:TransitKey"] = access.Name,
        });
        var (t, later) = (await server.NewTenantAsync(), await server.NewTenantAsync());
        using var olga = await t.HttpAsync("olga");
        var runs = server.Services.GetRequiredService<RunVault>();
        var run = Id<Run>.New(TimeProvider.System);
        await runs.CreateDataKeyAsync(t.Id, run, default);
        Assert.StartsWith("vault:v1:", await schema.ValueAsync<string>($"select wrapped from platform.tenant_key where tenant_id = '{t.Id.Value}'"), StringComparison.Ordinal);
        Assert.StartsWith("vault:v1:", await schema.ValueAsync<string>("select convert_from(private_key, 'UTF8') from platform.signing_key limit 1"), StringComparison.Ordinal);
        Assert.Contains("\"name\":\"vault\",\"status\":\"ok\"", await HealthAsync(server), StringComparison.Ordinal);

        await vault.SealAsync();
        await Processes.UntilAsync(async () => (await HealthAsync(server)).Contains("\"name\":\"vault\",\"status\":\"degraded\"", StringComparison.Ordinal), "it says that it is degraded");
        Assert.Equal(200, (await olga.AskAsync("/v1/me")).Status);
        Assert.NotNull(await runs.GetAsync(t.Id, run, default));
        await runs.CreateDataKeyAsync(t.Id, Id<Run>.New(TimeProvider.System), default);

        // A tenant without a key gets none, and nothing of it is stored unprotected.
        var e = await Assert.ThrowsAsync<ProblemException>(() => runs.CreateDataKeyAsync(later.Id, Id<Run>.New(TimeProvider.System), default));
        Assert.Equal("unavailable", e.Problem.Code);
        Assert.Equal(0, await schema.ValueAsync<long>($"select count(*) from platform.tenant_key where tenant_id = '{later.Id.Value}'"));
        await vault.UnsealAsync();
        await runs.CreateDataKeyAsync(later.Id, Id<Run>.New(TimeProvider.System), default);
        Assert.DoesNotContain(server.Logs.All, l => l.Message.Contains("hvs.", StringComparison.Ordinal));
    }

    static async Task<string> HealthAsync(RunningServer server) => System.Text.Encoding.UTF8.GetString((await server.Http.AskAsync("/health/ready")).Body);
}
