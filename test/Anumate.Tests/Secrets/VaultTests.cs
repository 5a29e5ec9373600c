using System.Text;
using Anumate.Platform.Secrets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using static Anumate.Tests.Hosting.Processes;

namespace Anumate.Tests.Secrets;

/// <summary>Our client of Vault against the stand-in, a process of its own; what it finds there, <c>node-vault</c> confirms.</summary>
public sealed class VaultTests : IAsyncLifetime
{
    static readonly Id<Tenant> Acme = Id<Tenant>.New(TimeProvider.System);

    readonly FakeTimeProvider _time = new(DateTimeOffset.UnixEpoch.AddYears(60));
    readonly List<IDisposable> _used = [];
    StandIn _vault = null!;

    public async ValueTask InitializeAsync() => _vault = await StandIn.StartAsync();

    public async ValueTask DisposeAsync()
    {
        _used.ForEach(u => u.Dispose());
        await _vault.DisposeAsync();
    }

    async Task<(VaultAccess Access, VaultClient Client, VaultSecretStore Store)> OpenAsync(
        string? addresses = null, Action<VaultOptions>? change = null, int ttl = 600, int maxTtl = 3600)
    {
        var access = await _vault.AccessAsync(ttl, maxTtl);
        var options = access.Options(addresses, change);
        var client = VaultAccess.Client(options, _time);
        _used.AddRange([client, access]);
        return (access, client, new VaultSecretStore(client, options, _time));
    }

    static Task<int> PutAsync(VaultSecretStore store, string name, string value) => store.PutAsync(Acme, name, Encoding.UTF8.GetBytes(value), null, default);

    static async Task<string?> TextAsync(VaultSecretStore store, string name) =>
        await store.GetAsync(Acme, name, default) is { } secret ? Encoding.UTF8.GetString(secret.Value) : null;

    static async Task<string> RefusedAsync(Func<Task> act)
    {
        var problem = (await Assert.ThrowsAsync<ProblemException>(act)).Problem;
        Assert.Equal((503, "unavailable"), (problem.Status, problem.Code));
        return problem.Detail;
    }

    int Logins => _vault.Count("POST auth/approle/login 200");

    int Renewals => _vault.Count("POST auth/token/renew-self 200");

    [Fact]
    public async Task An_independent_client_reads_what_we_write_and_we_read_what_it_writes()
    {
        var (access, _, store) = await OpenAsync();
        await PutAsync(store, "stripe/key", "sk_live_1");
        var seen = await _vault.NodeAsync("read", $"secret/data/{access.Name}/{Acme}/stripe~2fkey");
        Assert.Equal("sk_live_1", seen.GetProperty("data").GetProperty("data").GetProperty("value").GetString());
        await _vault.NodeAsync("write", $"secret/data/{access.Name}/{Acme}/by-hand", new { data = new { value = "put by an operator" } });
        Assert.Equal("put by an operator", await TextAsync(store, "by-hand"));

        // Deleted there, it is gone here; a new one is the next version, not the first.
        await _vault.NodeAsync("delete", $"secret/data/{access.Name}/{Acme}/by-hand");
        Assert.Null(await TextAsync(store, "by-hand"));
        Assert.Equal(2, await PutAsync(store, "by-hand", "again"));
        var refused = await _vault.NodeAsync("write", $"secret/data/{access.Name}/{Acme}/by-hand", new { options = new { cas = 1 }, data = new { value = "late" } });
        Assert.Equal(400, refused.GetProperty("error").GetProperty("status").GetInt32());
        var login = await _vault.NodeAsync("approle", "", new { role_id = access.Role, secret_id = (await File.ReadAllTextAsync(access.SecretIdFile)).Trim() });
        Assert.Equal(600, login.GetProperty("auth").GetProperty("lease_duration").GetInt32());
    }

    [Fact]
    public async Task Renews_its_token_after_two_thirds_of_the_lease()
    {
        var (_, _, store) = await OpenAsync(ttl: 600);
        await PutAsync(store, "key", "value");
        _time.Advance(TimeSpan.FromSeconds(399));
        Assert.Equal("value", await TextAsync(store, "key"));
        Assert.Equal((1, 0), (Logins, Renewals));
        _time.Advance(TimeSpan.FromSeconds(2));
        await UntilAsync(() => Renewals == 1, "the token is renewed");
        for (var renewed = 2; renewed < 5; renewed++)
        {
            await UntilAsync(() => { _time.Advance(TimeSpan.FromSeconds(100)); return Renewals >= renewed; }, "it is renewed again");
        }

        Assert.Equal(1, Logins);
    }

    [Fact]
    public async Task Signs_in_again_when_the_token_cannot_be_renewed_further()
    {
        var (_, _, store) = await OpenAsync(ttl: 600, maxTtl: 100);
        await PutAsync(store, "key", "value");
        _time.Advance(TimeSpan.FromSeconds(401));
        await UntilAsync(() => Logins == 2, "it signs in again");
        Assert.Equal("value", await TextAsync(store, "key"));
    }

    [Fact]
    public async Task Signs_in_again_when_its_token_is_refused()
    {
        var (_, _, store) = await OpenAsync();
        await PutAsync(store, "key", "value");
        _time.Advance(TimeSpan.FromSeconds(10));
        foreach (var accessor in (await _vault.NodeAsync("list", "auth/token/accessors")).GetProperty("data").GetProperty("keys").EnumerateArray().Skip(1))
        {
            await _vault.NodeAsync("write", "auth/token/revoke-accessor", new { accessor });
        }

        Assert.Equal("value", await TextAsync(store, "key"));
        Assert.Equal(2, Logins);
        Assert.Equal(1, _vault.Requests.Count(r => r.EndsWith("/key 403", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task What_vault_refuses_is_not_given_from_memory_and_does_not_load_it_with_logins()
    {
        var (access, _, store) = await OpenAsync(change: o => o.UsableFor = TimeSpan.FromHours(1));
        await PutAsync(store, "key", "value");
        Assert.Equal("value", await TextAsync(store, "key"));
        await _vault.NodeAsync("policy", access.Name, new { policy = "path \"nothing\" { capabilities = [\"read\"] }" });
        _time.Advance(TimeSpan.FromSeconds(10));
        for (var i = 0; i < 20; i++)
        {
            Assert.Contains("refuses this installation", await RefusedAsync(() => store.GetAsync(Acme, "key", default)), StringComparison.Ordinal);
        }

        Assert.Equal(2, Logins);
        await _vault.SealAsync();
        await RefusedAsync(() => store.GetAsync(Acme, "key", default));
    }

    [Fact]
    public async Task A_role_or_secret_id_that_is_wrong_is_a_refusal_and_a_new_one_needs_no_restart()
    {
        var (access, _, store) = await OpenAsync();
        await File.WriteAllTextAsync(access.SecretIdFile, "wrong");
        Assert.Contains("refuses this installation", await RefusedAsync(() => store.GetAsync(Acme, "key", default)), StringComparison.Ordinal);
        File.Delete(access.SecretIdFile);
        await RefusedAsync(() => store.GetAsync(Acme, "key", default));
        await access.NewSecretIdAsync();
        Assert.Null(await store.GetAsync(Acme, "key", default));
    }

    [Fact]
    public async Task Sealed_it_gives_what_it_knows_for_a_while_refuses_the_rest_and_writes_nothing()
    {
        var (_, client, store) = await OpenAsync(change: o => o.UsableFor = TimeSpan.FromMinutes(15));
        await PutAsync(store, "known", "value");
        await PutAsync(store, "other", "value");
        await store.DeleteAsync(Acme, "other", default);
        Assert.Null(await client.TroubleAsync(default));
        await _vault.SealAsync();
        Assert.Contains("sealed", await client.TroubleAsync(default), StringComparison.Ordinal);
        Assert.Equal("value", await TextAsync(store, "known"));
        await RefusedAsync(() => store.GetAsync(Acme, "unknown", default));
        await RefusedAsync(() => store.GetAsync(Acme, "other", default));
        await RefusedAsync(() => store.DeleteAsync(Acme, "other", default));
        _time.Advance(TimeSpan.FromMinutes(14));
        Assert.Equal("value", await TextAsync(store, "known"));
        _time.Advance(TimeSpan.FromMinutes(2));
        await RefusedAsync(() => store.GetAsync(Acme, "known", default));
        await _vault.UnsealAsync();
        Assert.Equal("value", await TextAsync(store, "known"));

        // After a write whose end is not known, what is remembered may be old: it is not given.
        await _vault.SealAsync();
        await RefusedAsync(() => PutAsync(store, "known", "new"));
        await RefusedAsync(() => store.GetAsync(Acme, "known", default));
    }

    [Fact]
    public async Task A_standby_leads_to_its_leader_and_a_node_that_is_gone_or_sealed_is_passed_over()
    {
        await using var standby = await StandIn.StartAsync(_vault.Address);
        await using var closed = await StandIn.StartAsync();
        await closed.SealAsync();
        var (_, _, store) = await OpenAsync($"http://127.0.0.1:9,{closed.Address},{standby.Address},{_vault.Address}");
        await PutAsync(store, "key", "value");
        Assert.Equal("value", await TextAsync(store, "key"));
        Assert.Contains(standby.Requests, r => r.EndsWith("307", StringComparison.Ordinal));

        // Once it knows who leads, it asks there first.
        var asked = standby.Requests.Count;
        Assert.Equal("value", await TextAsync(store, "key"));
        Assert.Equal(asked, standby.Requests.Count);
    }

    [Fact]
    public async Task A_redirect_to_a_node_that_is_not_configured_is_not_followed()
    {
        await using var stranger = await StandIn.StartAsync();
        await using var standby = await StandIn.StartAsync(stranger.Address);
        var (_, client, store) = await OpenAsync(standby.Address);
        await RefusedAsync(() => store.GetAsync(Acme, "key", default));
        Assert.DoesNotContain(stranger.Requests, r => r.Contains("login", StringComparison.Ordinal));
        Assert.Contains("not configured", (await Assert.ThrowsAsync<VaultException>(() => client.GetAsync("secret/data/x", default))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Works_inside_a_namespace_and_sees_nothing_outside()
    {
        var (access, _, outside) = await OpenAsync();
        await PutAsync(outside, "key", "outside");
        await _vault.NodeAsync("write", "sys/namespaces/team");
        await _vault.NodeAsync("mount", "secret", new { type = "kv-v2" }, ns: "team");
        await _vault.NodeAsync("auth", "approle", new { type = "approle" }, ns: "team");
        await _vault.NodeAsync("policy", access.Name, new { policy = VaultServer.PolicyOf(access.Name) }, ns: "team");
        await _vault.NodeAsync("write", $"auth/approle/role/{access.Name}", new { token_policies = access.Name }, ns: "team");
        var role = (await _vault.NodeAsync("read", $"auth/approle/role/{access.Name}/role-id", ns: "team")).GetProperty("data").GetProperty("role_id").GetString()!;
        var secret = (await _vault.NodeAsync("write", $"auth/approle/role/{access.Name}/secret-id", ns: "team")).GetProperty("data").GetProperty("secret_id").GetString()!;
        await File.WriteAllTextAsync(access.SecretIdFile, secret);
        var options = access.Options(change: o => (o.Namespace, o.Role) = ("team", role));
        using var client = VaultAccess.Client(options, _time);
        var inside = new VaultSecretStore(client, options, _time);
        Assert.Null(await TextAsync(inside, "key"));
        await PutAsync(inside, "key", "inside");
        Assert.Equal("inside", await TextAsync(inside, "key"));
        Assert.Equal("outside", await TextAsync(outside, "key"));
    }

    [Fact]
    public async Task Signs_in_as_a_service_account_of_kubernetes()
    {
        // The cluster's TokenReview API: it alone knows the account's token.
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        await using var cluster = builder.Build();
        cluster.MapPost("/apis/authentication.k8s.io/v1/tokenreviews", (System.Text.Json.Nodes.JsonObject review) => Results.Json(new
        {
            status = review["spec"]!["token"]!.ToString() == "the-pods-token"
                ? (object)new { authenticated = true, user = new { username = "system:serviceaccount:anumate:server" } }
                : new { authenticated = false },
        }));
        await cluster.StartAsync();
        var access = await _vault.AccessAsync();
        _used.Add(access);
        await _vault.NodeAsync("auth", "kubernetes", new { type = "kubernetes" });
        await _vault.NodeAsync("write", "auth/kubernetes/config", new { kubernetes_host = cluster.Urls.First(), token_reviewer_jwt = "reviewer" });
        await _vault.NodeAsync("write", "auth/kubernetes/role/anumate",
            new { bound_service_account_names = "server", bound_service_account_namespaces = "anumate", token_policies = access.Name, token_ttl = "600s" });
        var file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, "the-pods-token\n");
        var options = access.Options(change: o => (o.Login, o.Role, o.TokenFile) = (VaultLoginKind.Kubernetes, "anumate", file));
        using var client = VaultAccess.Client(options, _time);
        var store = new VaultSecretStore(client, options, _time);
        await PutAsync(store, "key", "value");
        Assert.Equal("value", await TextAsync(store, "key"));
        Assert.Equal(1, _vault.Count("POST auth/kubernetes/login 200"));

        await File.WriteAllTextAsync(file, "another-pods-token");
        using var stranger = VaultAccess.Client(options, _time);
        await RefusedAsync(() => new VaultSecretStore(stranger, options, _time).GetAsync(Acme, "key", default));
        File.Delete(file);
    }

    [Fact]
    public async Task Transit_wraps_for_one_context_and_rewraps_without_showing_what_it_wraps()
    {
        var (access, client, _) = await OpenAsync();
        var master = new VaultMasterKey(client, access.Options(), _time, null);
        byte[] key = [.. Enumerable.Range(1, 32).Select(i => (byte)i)];
        var text = await master.SealAsync(key, "tenant-key/a", default);
        Assert.StartsWith("vault:v1:", text, StringComparison.Ordinal);
        Assert.Equal(key, await master.OpenAsync(text, "tenant-key/a", default));
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await master.OpenAsync(text, "tenant-key/b", default));
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await master.OpenAsync(text[..^4] + "AAA=", "tenant-key/a", default));
        Assert.Equal(text, await master.ResealAsync(text, "tenant-key/a", default));

        await _vault.NodeAsync("write", $"transit/keys/{access.Name}/rotate");
        var fresh = await master.ResealAsync(text, "tenant-key/a", default);
        Assert.StartsWith("vault:v2:", fresh, StringComparison.Ordinal);
        Assert.Equal(key, await master.OpenAsync(fresh, "tenant-key/a", default));
        var byNode = await _vault.NodeAsync("decrypt", access.Name, new { ciphertext = fresh, context = Convert.ToBase64String("tenant-key/a"u8) });
        Assert.Equal(key, byNode.GetProperty("data").GetProperty("plaintext").GetBytesFromBase64()[^32..]);

        await _vault.NodeAsync("write", $"transit/keys/{access.Name}/config", new { min_decryption_version = 2 });
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await master.OpenAsync(text, "tenant-key/a", default));
    }

    [Fact]
    public async Task A_transit_key_that_is_not_derived_opens_nothing_for_another_context_either()
    {
        var (access, client, _) = await OpenAsync(change: o => o.TransitKey = "");
        var plain = access.Name + "-plain";
        await _vault.NodeAsync("write", $"transit/keys/{plain}");
        await _vault.NodeAsync("policy", access.Name, new { policy = VaultServer.PolicyOf(plain) });
        var master = new VaultMasterKey(client, access.Options(change: o => o.TransitKey = plain), _time, null);
        var text = await master.SealAsync("secret"u8.ToArray(), "tenant-key/a", default);
        Assert.Equal("secret"u8.ToArray(), await master.OpenAsync(text, "tenant-key/a", default));
        var e = await Assert.ThrowsAsync<InvalidOperationException>(async () => await master.OpenAsync(text, "tenant-key/b", default));
        Assert.Contains("for something else", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_a_key_file_sealed_moves_to_vault_by_a_rewrap()
    {
        var (access, client, _) = await OpenAsync();
        var folder = Directory.CreateTempSubdirectory("anumate-keys-");
        var file = MasterKey.OpenOrCreate(Path.Combine(folder.FullName, "master.key"));
        byte[] key = [.. Enumerable.Range(1, 32).Select(i => (byte)i)];
        var context = MasterKey.TenantKeyContext + Acme;
        var before = await file.SealAsync(key, context, default);
        var moving = new VaultMasterKey(client, access.Options(), _time, file);
        Assert.Equal(key, await moving.OpenAsync(before, context, default));
        var after = await moving.ResealAsync(before, context, default);
        Assert.StartsWith("vault:v1:", after, StringComparison.Ordinal);
        var moved = new VaultMasterKey(client, access.Options(), _time, null);
        Assert.Equal(key, await moved.OpenAsync(after, context, default));
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await moved.OpenAsync(before, context, default));
        folder.Delete(recursive: true);
    }

    [Fact]
    public async Task Keeps_no_more_values_in_memory_than_it_may()
    {
        var options = new VaultOptions { CacheSize = 3 };
        var cache = new VaultCache<int, string>(TimeSpan.FromMinutes(1), options, _time);
        var fetched = 0;
        Task<string?> ValueAsync(int key) => cache.GetAsync(key, () => { fetched++; return Task.FromResult<string?>($"{key}"); });
        for (var round = 0; round < 2; round++)
        {
            for (var key = 0; key < 3; key++)
            {
                Assert.Equal($"{key}", await ValueAsync(key));
            }
        }

        Assert.Equal(3, fetched);
        await ValueAsync(3);
        await ValueAsync(0);
        Assert.Equal(5, fetched);
    }

    [Theory]
    [InlineData("http://vault.example.org:8200", "no https address")]
    [InlineData("vault:8200", "no https address")]
    [InlineData("https://vault:8200", "SecretIdFile")]
    public void Refuses_settings_that_would_send_a_token_in_the_clear_or_cannot_work(string addresses, string says)
    {
        var options = new SecretsOptions { Store = SecretKeeper.Vault, KeyFile = "x", Vault = new VaultOptions { Addresses = addresses, Role = "r" } };
        Assert.Contains(says, new SecretsOptionsValidator().Validate(null, options).FailureMessage, StringComparison.Ordinal);
    }
}
