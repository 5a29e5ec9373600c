using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json;
using Anumate.Platform.Secrets;
using Microsoft.Extensions.Logging.Abstractions;

namespace Anumate.Tests.Secrets;

/// <summary>A Vault to test against, and <c>node-vault</c> to look at it with: the stand-in, or the server that VAULT_ADDR names.</summary>
abstract class VaultServer : IAsyncDisposable
{
    readonly SemaphoreSlim _turn = new(1);
    Process? _node;

    public abstract string Address { get; }

    public abstract string RootToken { get; }

    /// <summary>Asks Vault by a client that is not ours, one process for all questions.</summary>
    public async Task<JsonElement> NodeAsync(string verb, string path, object? body = null, string? ns = null)
    {
        await _turn.WaitAsync();
        try
        {
            _node ??= StartNode();
            await _node.StandardInput.WriteLineAsync(JsonSerializer.Serialize(new { verb, path, body, ns }));
            return JsonElement.Parse(await _node.StandardOutput.ReadLineAsync() ?? throw new InvalidOperationException("node-vault ended"));
        }
        finally
        {
            _turn.Release();
        }
    }

    Process StartNode()
    {
        var info = new ProcessStartInfo("node", ["vault.mjs"]) { WorkingDirectory = Node, RedirectStandardInput = true, RedirectStandardOutput = true };
        info.Environment["VAULT_ADDR"] = Address;
        info.Environment["VAULT_TOKEN"] = RootToken;
        return Process.Start(info)!;
    }

    /// <summary>An AppRole of the test's own with rights on a folder and a transit key of its own, all set up by node-vault.</summary>
    public async Task<VaultAccess> AccessAsync(int ttl = 600, int maxTtl = 3600)
    {
        var name = $"t{Convert.ToHexStringLower(System.Security.Cryptography.RandomNumberGenerator.GetBytes(6))}";
        await NodeAsync("mount", "transit", new { type = "transit" });
        await NodeAsync("auth", "approle", new { type = "approle" });
        await NodeAsync("write", $"transit/keys/{name}", new { derived = true });
        await NodeAsync("policy", name, new { policy = PolicyOf(name) });
        await NodeAsync("write", $"auth/approle/role/{name}", new { token_policies = name, token_ttl = $"{ttl}s", token_max_ttl = $"{maxTtl}s" });
        var role = (await NodeAsync("read", $"auth/approle/role/{name}/role-id")).GetProperty("data").GetProperty("role_id").GetString()!;
        var access = new VaultAccess(this, name, role, Path.GetTempFileName());
        await access.NewSecretIdAsync();
        return access;
    }

    public static string PolicyOf(string name) => $$"""
        path "secret/data/{{name}}/*" { capabilities = ["create", "read", "update"] }
        path "secret/metadata/{{name}}/*" { capabilities = ["read", "delete"] }
        path "transit/encrypt/{{name}}" { capabilities = ["update"] }
        path "transit/decrypt/{{name}}" { capabilities = ["update"] }
        path "transit/rewrap/{{name}}" { capabilities = ["update"] }
        """;

    public virtual async ValueTask DisposeAsync()
    {
        if (_node is not null)
        {
            _node.StandardInput.Close();
            await _node.WaitForExitAsync();
            _node.Dispose();
        }

        _turn.Dispose();
    }

    /// <summary><c>test/node</c>, where the test script installs the clients.</summary>
    static string Node
    {
        get
        {
            var folder = new DirectoryInfo(AppContext.BaseDirectory);
            while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "test", "node", "vault.mjs")))
            {
                folder = folder.Parent;
            }

            var node = Path.Combine(folder!.FullName, "test", "node");
            Assert.True(Directory.Exists(Path.Combine(node, "node_modules", "node-vault")), $"node-vault is not installed; run: npm install --prefix {node}");
            return node;
        }
    }
}

/// <summary>What our side needs to sign in.</summary>
sealed record VaultAccess(VaultServer Server, string Name, string Role, string SecretIdFile) : IDisposable
{
    public VaultOptions Options(string? addresses = null, Action<VaultOptions>? change = null)
    {
        var options = new VaultOptions
        {
            Addresses = addresses ?? Server.Address, Role = Role, SecretIdFile = SecretIdFile, KvFolder = Name, TransitKey = Name, CacheFor = TimeSpan.Zero,
            Timeout = TimeSpan.FromSeconds(30), // A busy machine is no lost Vault.
        };
        change?.Invoke(options);
        return options;
    }

    public async Task NewSecretIdAsync() => await File.WriteAllTextAsync(SecretIdFile,
        (await Server.NodeAsync("write", $"auth/approle/role/{Name}/secret-id")).GetProperty("data").GetProperty("secret_id").GetString()! + "\n");

    public static VaultClient Client(VaultOptions options, TimeProvider? time = null) =>
        new(options, time ?? TimeProvider.System, NullLogger<VaultClient>.Instance);

    public void Dispose() => File.Delete(SecretIdFile);
}

/// <summary>The stand-in as a process; a standby of another one where asked.</summary>
sealed class StandIn : VaultServer
{
    readonly Process _process;
    readonly TaskCompletionSource<string> _listening = new();

    StandIn(Process process, string rootToken) => (_process, RootToken) = (process, rootToken);

    public override string Address => _listening.Task.IsCompletedSuccessfully ? _listening.Task.GetAwaiter().GetResult() : "";

    public override string RootToken { get; }

    public string UnsealKey { get; private set; } = "";

    /// <summary>What it was asked: method, path, status.</summary>
    public ConcurrentQueue<string> Requests { get; } = new();

    public static async Task<StandIn> StartAsync(string? standbyOf = null)
    {
        const string Root = "hvs.root-of-the-test";
        var tests = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd('/'));
        var program = Path.Combine(tests.Parent!.Parent!.FullName, "Anumate.VaultStandIn", tests.Name, "Anumate.VaultStandIn");
        string[] arguments = ["--root-token", Root, .. standbyOf is null ? Array.Empty<string>() : ["--standby-of", standbyOf]];
        var server = new StandIn(Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true })!, Root);
        server._process.OutputDataReceived += (_, e) => server.Hear(e.Data);
        server._process.BeginOutputReadLine();
        await server._listening.Task;
        return server;
    }

    public int Count(string request) => Requests.Count(r => r == request);

    public Task SealAsync() => NodeAsync("seal", "");

    public Task UnsealAsync() => NodeAsync("unseal", "", new { secret_shares = 1, key = UnsealKey });

    public override async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
        await base.DisposeAsync();
    }

    void Hear(string? line)
    {
        switch (line?.Split(": "))
        {
            case null:
                _listening.TrySetException(new InvalidOperationException("the stand-in ended"));
                break;
            case ["unseal key", var key]:
                UnsealKey = key;
                break;
            default:
                if (line.StartsWith("listening at ", StringComparison.Ordinal))
                {
                    _listening.TrySetResult(line[13..]);
                }

                Requests.Enqueue(line);
                break;
        }
    }
}

/// <summary>A real server, by VAULT_ADDR and VAULT_TOKEN (a root token of a server made for tests).</summary>
sealed class RealVault : VaultServer
{
    public static bool IsGiven => !string.IsNullOrEmpty(Environment.GetEnvironmentVariable("VAULT_ADDR"));

    public override string Address { get; } = Environment.GetEnvironmentVariable("VAULT_ADDR") ?? "";

    public override string RootToken { get; } = Environment.GetEnvironmentVariable("VAULT_TOKEN") ?? "";
}
