using System.Text;
using Anumate.Platform.Secrets;

namespace Anumate.Tests.Secrets;

/// <summary>What every secret store does, tried on each.</summary>
public abstract class SecretStoreContract
{
    private protected abstract Task<ISecretStore> StoreAsync();

    static Id<Tenant> NewId() => Id<Tenant>.New(TimeProvider.System);

    static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    static async Task<string?> TextAsync(ISecretStore store, Id<Tenant> tenant, string name) =>
        await store.GetAsync(tenant, name, default) is { } secret ? $"{Encoding.UTF8.GetString(secret.Value)} v{secret.Version}" : null;

    [Fact]
    public async Task Gives_back_what_was_put_and_counts_versions()
    {
        var (store, tenant) = (await StoreAsync(), NewId());
        Assert.Null(await store.GetAsync(tenant, "stripe", default));
        Assert.Equal(1, await store.PutAsync(tenant, "stripe", Bytes("sk_1"), null, default));
        Assert.Equal("sk_1 v1", await TextAsync(store, tenant, "stripe"));
        Assert.Equal(2, await store.PutAsync(tenant, "stripe", Bytes("sk_2 ü"), null, default));
        Assert.Equal("sk_2 ü v2", await TextAsync(store, tenant, "stripe"));
        await store.DeleteAsync(tenant, "stripe", default);
        await store.DeleteAsync(tenant, "stripe", default);
        Assert.Null(await store.GetAsync(tenant, "stripe", default));
        Assert.Equal(1, await store.PutAsync(tenant, "stripe", Bytes("sk_3"), 0, default));
    }

    [Fact]
    public async Task Keeps_bytes_that_are_no_text_and_the_empty_value()
    {
        var (store, tenant) = (await StoreAsync(), NewId());
        byte[] all = [.. Enumerable.Range(0, 256).Select(i => (byte)i)];
        await store.PutAsync(tenant, "binary", all, null, default);
        Assert.Equal(all, (await store.GetAsync(tenant, "binary", default))!.Value);
        await store.PutAsync(tenant, "empty", Array.Empty<byte>(), null, default);
        Assert.Empty((await store.GetAsync(tenant, "empty", default))!.Value);
    }

    [Fact]
    public async Task Replaces_only_the_version_that_was_named()
    {
        var (store, tenant) = (await StoreAsync(), NewId());
        await store.PutAsync(tenant, "key", Bytes("a"), 0, default);
        await ConflictsAsync(() => store.PutAsync(tenant, "key", Bytes("b"), 0, default));
        Assert.Equal(2, await store.PutAsync(tenant, "key", Bytes("c"), 1, default));
        await ConflictsAsync(() => store.PutAsync(tenant, "key", Bytes("d"), 1, default));
        await ConflictsAsync(() => store.PutAsync(tenant, "key", Bytes("d"), 7, default));
        Assert.Equal("c v2", await TextAsync(store, tenant, "key"));
    }

    [Fact]
    public async Task Of_many_writers_of_one_version_one_wins()
    {
        var (store, tenant) = (await StoreAsync(), NewId());
        await store.PutAsync(tenant, "key", Bytes("first"), 0, default);
        var won = 0;
        await Task.WhenAll(Enumerable.Range(0, 16).Select(async i =>
        {
            try
            {
                await store.PutAsync(tenant, "key", Bytes($"writer {i}"), 1, default);
                Interlocked.Increment(ref won);
            }
            catch (ProblemException e)
            {
                Assert.Equal("version-conflict", e.Problem.Code);
            }
        }));
        Assert.Equal(1, won);
        Assert.EndsWith("v2", await TextAsync(store, tenant, "key"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a/b")]
    [InlineData("../secret")]
    [InlineData("..")]
    [InlineData(".")]
    [InlineData("a%2Fb")]
    [InlineData("%2e%2e")]
    [InlineData("a?version=1")]
    [InlineData("a#b")]
    [InlineData("a~2fb")]
    [InlineData("ends.")]
    [InlineData("//")]
    public async Task T9_A_name_leads_nowhere_but_to_its_own_secret(string name)
    {
        var (store, tenant) = (await StoreAsync(), NewId());
        await store.PutAsync(tenant, "a", Bytes("other"), null, default);
        Assert.Null(await store.GetAsync(tenant, name, default));
        await store.PutAsync(tenant, name, Bytes("mine"), 0, default);
        Assert.Equal("mine v1", await TextAsync(store, tenant, name));
        await store.DeleteAsync(tenant, name, default);
        Assert.Equal("other v1", await TextAsync(store, tenant, "a"));
    }

    [Fact]
    public async Task T1_A_tenant_sees_no_other_tenants_secret()
    {
        var (store, one, other) = (await StoreAsync(), NewId(), NewId());
        await store.PutAsync(one, "key", Bytes("of one"), null, default);
        Assert.Null(await store.GetAsync(other, "key", default));
        Assert.Null(await store.GetAsync(other, $"../{one}/key", default));
        await store.DeleteAsync(other, "key", default);
        Assert.Equal("of one v1", await TextAsync(store, one, "key"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("has space")]
    [InlineData("ünïcode")]
    [InlineData("new\nline")]
    public async Task Refuses_names_that_are_no_visible_ascii(string name)
    {
        var (store, tenant) = (await StoreAsync(), NewId());
        var e = await Assert.ThrowsAsync<ProblemException>(() => store.GetAsync(tenant, name, default));
        Assert.Equal("invalid-request", e.Problem.Code);
        await Assert.ThrowsAsync<ProblemException>(() => store.PutAsync(tenant, name, Bytes("x"), null, default));
    }

    [Fact]
    public async Task Refuses_a_value_over_64_KiB()
    {
        var (store, tenant) = (await StoreAsync(), NewId());
        await store.PutAsync(tenant, "large", new byte[64 * 1024], null, default);
        var e = await Assert.ThrowsAsync<ProblemException>(() => store.PutAsync(tenant, "large", new byte[(64 * 1024) + 1], null, default));
        Assert.Equal("too-large", e.Problem.Code);
    }

    static async Task ConflictsAsync(Func<Task> put) => Assert.Equal("version-conflict", (await Assert.ThrowsAsync<ProblemException>(put)).Problem.Code);
}

/// <summary>The sealed store in the database.</summary>
public sealed class SealedSecretStoreTests(TestDatabase database) : SecretStoreContract
{
    private protected override Task<ISecretStore> StoreAsync() =>
        Task.FromResult<ISecretStore>(new SealedSecretStore(new TenantKeys(database.Db, TestKeys.Of(database), TimeProvider.System), TimeProvider.System));
}

/// <summary>Vault's stand-in.</summary>
public sealed class VaultSecretStoreTests(VaultSecretStoreTests.Server server) : SecretStoreContract, IClassFixture<VaultSecretStoreTests.Server>
{
    private protected override Task<ISecretStore> StoreAsync() => Task.FromResult(server.Store);

    public sealed class Server : IAsyncLifetime
    {
        StandIn _vault = null!;
        VaultStore _store = null!;

        internal ISecretStore Store => _store.Store;

        public async ValueTask InitializeAsync()
        {
            _vault = await StandIn.StartAsync();
            _store = await VaultStore.OfAsync(_vault);
        }

        public async ValueTask DisposeAsync()
        {
            _store.Dispose();
            await _vault.DisposeAsync();
        }
    }
}

/// <summary>A real Vault, where VAULT_ADDR names one.</summary>
public sealed class RealVaultSecretStoreTests : SecretStoreContract, IAsyncDisposable
{
    readonly RealVault _vault = new();
    VaultStore? _store;

    private protected override async Task<ISecretStore> StoreAsync()
    {
        Assert.SkipUnless(RealVault.IsGiven, "VAULT_ADDR names no Vault");
        return (_store ??= await VaultStore.OfAsync(_vault)).Store;
    }

    public async ValueTask DisposeAsync()
    {
        _store?.Dispose();
        await _vault.DisposeAsync();
    }
}

sealed record VaultStore(VaultAccess Access, VaultClient Client, ISecretStore Store) : IDisposable
{
    public static async Task<VaultStore> OfAsync(VaultServer server)
    {
        var access = await server.AccessAsync();
        var client = VaultAccess.Client(access.Options());
        return new VaultStore(access, client, new VaultSecretStore(client, access.Options(), TimeProvider.System));
    }

    public void Dispose()
    {
        Client.Dispose();
        Access.Dispose();
    }
}

/// <summary>One key file for the assembly's database.</summary>
static class TestKeys
{
    static MasterKey? made;

    public static MasterKey Of(TestDatabase database)
    {
        lock (typeof(TestKeys))
        {
            return made ??= Make(database);
        }
    }

    static MasterKey Make(TestDatabase database)
    {
        Assert.NotEmpty(database.Server);
        return MasterKey.OpenOrCreate(Path.Combine(Directory.CreateTempSubdirectory("anumate-keys-").FullName, "master.key"));
    }
}
