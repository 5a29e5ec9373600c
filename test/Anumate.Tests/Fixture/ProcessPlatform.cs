using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Anumate.Client;
using Anumate.Platform.Data;
using Anumate.Platform.Hosting;
using Anumate.Platform.Secrets;
using Anumate.Tests;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

[assembly: AssemblyFixture(typeof(OtherProcess))]

namespace Anumate.Tests;

/// <summary>
/// The whole platform as two processes beside this one, started when a test first asks. People call with their own tokens, services with
/// <c>svc+jwt</c>, and each of the two processes calls the other.
/// </summary>
public sealed class OtherProcess : Form
{
    readonly Lazy<Task<ProcessPlatform>> _platform = new(async () =>
    {
        string[] deciding = ["identity", "policies", "ghostruns", "connectors", "captokens", "registry"];
        var platform = await ProcessPlatform.StartAsync("other", [string.Join(',', deciding), string.Join(',', Services.Words.Except(deciding))]);
        TestDatabase.Current.Outlives(platform);
        return platform;
    });

    public override async Task<PlatformTenant> MakeTenantAsync() => await (await _platform.Value).NewTenantAsync();

    public Task<ProcessPlatform> PlatformAsync() => _platform.Value;
}

/// <summary>
/// <c>anumate serve --services …</c> in several processes on a database of their own, each with a login role that is a member of its
/// services' roles alone, and with the passwords it needs.
/// </summary>
public sealed class ProcessPlatform : IAsyncDisposable
{
    static readonly string[] Timers = ["approvals", "orchestrator"];

    readonly TestSchema _schema;
    readonly DirectoryInfo _folder;
    readonly WebApplication _self;
    readonly Dictionary<string, Uri> _addresses = [];
    readonly Dictionary<string, Served> _processes = [];
    readonly IReadOnlyDictionary<string, string> _settings;
    readonly SocketsHttpHandler _handler = new();

    ProcessPlatform(TestSchema schema, DirectoryInfo folder, WebApplication self, IReadOnlyDictionary<string, string> settings)
    {
        (_schema, _folder, _self, _settings) = (schema, folder, self, settings);
        Http = NewHttp();
    }

    public Db Db => _schema.Db;

    /// <summary>Connection string of the superuser.</summary>
    public string Admin => _schema.Admin;

    /// <summary>Finds the service of each route, as a reverse proxy in front of the processes does.</summary>
    public HttpClient Http { get; }

    public HttpClient NewHttp() => new(new RouteToService(AddressOf) { InnerHandler = _handler }, disposeHandler: false) { BaseAddress = new Uri("http://platform/") };

    /// <summary>Every endpoint of every service, as this process, which serves none, would map them.</summary>
    public IEnumerable<RouteEndpoint> Endpoints => ((IEndpointRouteBuilder)_self).DataSources.SelectMany(d => d.Endpoints).OfType<RouteEndpoint>();

    /// <summary>The key of this process, enrolled for every service.</summary>
    public ProcessKey Key => _self.Services.GetRequiredService<ProcessKey>();

    /// <summary>The Identity of this process, on the same database.</summary>
    public IIdentity Identity => _self.Services.GetRequiredService<IIdentity>();

    /// <param name="name">A word for the login roles.</param>
    /// <param name="groups">The services of each process, parted by commas.</param>
    /// <param name="settings">For every process, beyond its own.</param>
    public static async Task<ProcessPlatform> StartAsync(string name, IReadOnlyList<string> groups, IReadOnlyDictionary<string, string>? settings = null)
    {
        var schema = await TestSchema.MakeAsync(TestDatabase.Current.Server, TimeProvider.System);
        var folder = Directory.CreateTempSubdirectory("anumate-processes-");
        var keyFile = Path.Combine(folder.FullName, "master.key");
        MasterKey.OpenOrCreate(keyFile);
        var self = AnumateHost.Build(Services.All, new ConfigurationBuilder().AddInMemoryCollection([new("Anumate:Secrets:KeyFile", keyFile), new("Anumate:Identity:CredentialCache", "00:00:00")]).Build(), schema.Options, TimeProvider.System);
        var platform = new ProcessPlatform(schema, folder, self, settings ?? new Dictionary<string, string>());
        await platform.Key.StartingAsync(default);
        foreach (var words in groups.Select(g => g.Split(',')))
        {
            var address = new Uri($"http://127.0.0.1:{FreePort()}/");
            foreach (var word in words)
            {
                platform._addresses[word] = address;
            }
        }

        // Some at a time: twelve at once on two cores would all be too slow for their own time limits.
        foreach (var some in groups.Index().Chunk(3))
        {
            foreach (var (i, group) in some)
            {
                var options = schema.Options with { AppRole = $"anumate_{name}_{i}" };
                await Bootstrap.AddLoginAsync(TestDatabase.Current.Server, options, group.Split(','), default);
                platform._processes[group] = new Served(platform.InfoOf(group, options, keyFile), platform._addresses[group.Split(',')[0]]);
            }

            await Task.WhenAll(some.Select(s => platform._processes[s.Item].ReadyAsync()));
        }

        return platform;
    }

    public async Task<ProcessTenant> NewTenantAsync()
    {
        var name = $"t{Convert.ToHexStringLower(System.Security.Cryptography.RandomNumberGenerator.GetBytes(8))}";
        var created = await new IdentityClient(TransportTo("identity", (_, _) => null))
            .CreateTenantAsync(PlatformCaller.For(default, "identity", "test"), new NewTenant(name, PlatformTenant.People), default);
        return new ProcessTenant(this, created);
    }

    /// <summary>SIGKILL to the process of a group; another takes its place and address, after <paramref name="meanwhile"/>.</summary>
    public async Task KillAsync(string group, Func<Task>? meanwhile = null)
    {
        var killed = _processes[group];
        await killed.KillAsync();
        await killed.DisposeAsync();
        if (meanwhile is not null)
        {
            await meanwhile();
        }

        _processes[group] = killed.Again();
        await _processes[group].ReadyAsync();
    }

    /// <summary>A way to one service, with the credential that <paramref name="person"/> gives, else with a token of this process.</summary>
    public Transport TransportTo(string word, Func<Caller, string, Task<string>?> person) => new(
        new HttpClient(_handler, disposeHandler: false) { BaseAddress = AddressOf(word) },
        async (caller, method, _) => person(caller, method) is { } token ? await token : Key.Issue(caller, word, method), $"the service `{word}`");

    /// <summary>What the processes wrote.</summary>
    public string Log => string.Join('\n', _processes.Values.Select(p => p.Said));

    public Uri AddressOf(string word) => _addresses[word];

    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(_processes.Values.Select(p => p.DisposeAsync().AsTask()));
        await _self.DisposeAsync();
        Http.Dispose();
        _handler.Dispose();
        await _schema.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    ProcessStartInfo InfoOf(string group, DbOptions options, string keyFile)
    {
        var words = group.Split(',');
        var info = new ProcessStartInfo("sh", ["-c", "\"$@\" </dev/null & p=$!; while read -r _; do :; done; kill $p 2>/dev/null; wait $p", "sh",
            Path.Combine(AppContext.BaseDirectory, "anumate"), "serve", "--services", group, "--urls", AddressOf(words[0]).ToString()])
        {
            RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true,
        };
        var settings = new Dictionary<string, string?>
        {
            ["DATABASE__SERVER"] = options.Server,
            ["DATABASE__APPROLE"] = options.AppRole,
            ["DATABASE__MAXPOOLSIZE"] = "8",
            ["DATABASE__PASSWORDS__APP"] = options.Passwords.App,
            ["DATABASE__PASSWORDS__WRITER"] = options.Passwords.Writer,
            ["DATABASE__PASSWORDS__READER"] = options.Passwords.Reader,
            ["DATABASE__PASSWORDS__RETENTION"] = options.Passwords.Retention,
            ["DATABASE__PASSWORDS__TIMER"] = words.Any(Timers.Contains) ? options.Passwords.Timer : "none",
            ["DATABASE__PASSWORDS__SEQUENCER"] = words.Contains("receipts") ? options.Passwords.Sequencer : "none",
            ["SECRETS__KEYFILE"] = keyFile,
            ["TELEMETRY__LOGLEVEL"] = "Warning",
            ["TELEMETRY__LOGFORMAT"] = "text",
        };
        if (words.Contains("connectors"))
        {
            settings["CONNECTORS__ALLOWPRIVATEADDRESSES"] = "true";
        }

        foreach (var (word, address) in _addresses.Where(a => !words.Contains(a.Key)))
        {
            settings[$"SERVICES__{word.ToUpperInvariant()}"] = address.ToString();
        }

        // These processes live for seconds: what runs once is not worth being compiled well.
        info.Environment["DOTNET_TC_QuickJit"] = "1";
        foreach (var (key, value) in settings.Concat(_settings.Select(s => KeyValuePair.Create(s.Key, (string?)s.Value))))
        {
            info.Environment[$"ANUMATE__{key}"] = value;
        }

        return info;
    }

    static int FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }

    /// <summary>A process, which ends with this one however that ends.</summary>
    sealed class Served : IAsyncDisposable
    {
        readonly ProcessStartInfo _info;
        readonly Process _shell;
        readonly Uri _address;
        readonly System.Text.StringBuilder _said = new();

        public Served(ProcessStartInfo info, Uri address)
        {
            (_info, _shell, _address) = (info, Process.Start(info)!, address);
            _shell.OutputDataReceived += (_, e) => Hear(e.Data);
            _shell.ErrorDataReceived += (_, e) => Hear(e.Data);
            _shell.BeginOutputReadLine();
            _shell.BeginErrorReadLine();
        }

        public string Said
        {
            get
            {
                lock (_said)
                {
                    return _said.ToString();
                }
            }
        }

        public async Task ReadyAsync()
        {
            using var http = new HttpClient(new SocketsHttpHandler()) { BaseAddress = _address };
            for (var attempt = 0; attempt < 2400 && !_shell.HasExited; attempt++)
            {
                try
                {
                    if ((await http.GetAsync("health/ready")).IsSuccessStatusCode)
                    {
                        return;
                    }
                }
                catch (HttpRequestException)
                {
                    // Not listening yet.
                }

                await Task.Delay(50);
            }

            throw new InvalidOperationException($"{string.Join(' ', _shell.StartInfo.ArgumentList.Skip(3))} is not ready:\n{Said}");
        }

        public Served Again() => new(_info, _address);

        /// <summary>SIGKILL to the process itself, which is the only child of the shell that keeps it. It lies there until the shell ends.</summary>
        public async Task KillAsync()
        {
            var child = int.Parse(await File.ReadAllTextAsync($"/proc/{_shell.Id}/task/{_shell.Id}/children"));
            using var process = Process.GetProcessById(child);
            process.Kill();
        }

        public async ValueTask DisposeAsync()
        {
            _shell.StandardInput.Close();
            await _shell.WaitForExitAsync();
            _shell.Dispose();
        }

        void Hear(string? line)
        {
            lock (_said)
            {
                _said.AppendLine(line);
            }
        }
    }

    /// <summary>Each route belongs to one service; which, the first segment after <c>/v1</c> tells.</summary>
    sealed class RouteToService(Func<string, Uri> addressOf) : DelegatingHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var path = request.RequestUri!.AbsolutePath.Split('/');
            request.RequestUri = new Uri(addressOf(ServiceGraph.ServiceOf(path[2])!), request.RequestUri.PathAndQuery);
            return base.SendAsync(request, cancellationToken);
        }
    }
}

/// <summary>A tenant whose contracts are reached through client, HTTP and service in another process.</summary>
public sealed class ProcessTenant(ProcessPlatform platform, TenantCreated created) : PlatformTenant(created, platform.Db)
{
    public ProcessPlatform Platform => platform;

    public override string Admin => platform.Admin;

    public override string Log => platform.Log;

    public override HttpClient Http => platform.Http;

    public override IEnumerable<RouteEndpoint> Endpoints => platform.Endpoints;

    protected override HttpClient NewHttp() => platform.NewHttp();

    public override T Get<T>()
    {
        var client = typeof(AnumateClient).Assembly.GetTypes().Single(type => type.IsClass && type.IsAssignableTo(typeof(T)));
        return (T)Activator.CreateInstance(client, platform.TransportTo(CallGraph.WordOf(typeof(T)), (caller, method) => PersonOf(caller) is { } name ? TokenAsync(name) : null))!;
    }

    public override async Task<Caller> CallerAsync(string name) => (await platform.Identity.AuthenticateAsync(await TokenAsync(name), $"test-{name}", default))!;
}
