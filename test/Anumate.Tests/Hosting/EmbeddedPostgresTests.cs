using System.Diagnostics;
using Anumate.Platform.Hosting;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace Anumate.Tests.Hosting;

public sealed class EmbeddedPostgresTests : IDisposable
{
    private readonly TempFolder _temp = new();

    private string Files => _temp.Data.PathOf("postgres", "cluster");

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose() => _temp.Dispose();

    [Fact]
    public async Task Keeps_its_data_from_one_start_to_the_next()
    {
        using var claim = _temp.Data.Claim();
        await using (var first = await StartAsync(claim))
        {
            await AskAsync<int>(first.ConnectionString(), "create table kept as select 42 as value; select 1");
        }
        await using var second = await StartAsync(claim);
        Assert.Equal(42, await AskAsync<int>(second.ConnectionString(), "select value from kept"));
    }

    [Fact]
    public async Task Is_durable_and_lets_nobody_in_without_the_password()
    {
        using var claim = _temp.Data.Claim();
        await using var postgres = await StartAsync(claim);
        Assert.Equal("on", await AskAsync<string>(postgres.ConnectionString(), "select current_setting('fsync')"));
        Assert.Equal("on", await AskAsync<string>(postgres.ConnectionString(), "select current_setting('synchronous_commit')"));
        Assert.Equal("", await AskAsync<string>(postgres.ConnectionString(), "select current_setting('listen_addresses')"));
        var stranger = new NpgsqlConnectionStringBuilder(postgres.ConnectionString()) { Password = "postgres" };
        var refused = await Assert.ThrowsAsync<PostgresException>(() => AskAsync<int>(stranger.ConnectionString, "select 1"));
        Assert.Equal("28P01", refused.SqlState);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, ModeOf(_temp.Data.PathOf("postgres.password")));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, ModeOf(_temp.Data.PathOf("postgres")));
    }

    [Fact]
    public async Task Gives_each_role_a_password_of_its_own()
    {
        using var claim = _temp.Data.Claim();
        await using var postgres = await StartAsync(claim);
        await AskAsync<int>(postgres.ConnectionString(), $"create role somebody login password '{postgres.PasswordOf("somebody")}'; select 1");
        Assert.Equal("somebody", await AskAsync<string>(postgres.ConnectionString(role: "somebody"), "select current_user::text"));
        Assert.NotEqual(postgres.PasswordOf("somebody"), postgres.PasswordOf("somebody else"));
        Assert.NotEqual(postgres.PasswordOf("somebody"), postgres.PasswordOf("postgres"));
    }

    [Fact]
    public async Task Uses_a_port_of_loopback_where_the_folder_is_too_long_for_a_socket()
    {
        var data = DataFolder.Open(Path.Combine(_temp.Path, new string('l', 100)));
        using var claim = data.Claim();
        await using var postgres = await StartAsync(claim);
        Assert.Equal("127.0.0.1", new NpgsqlConnectionStringBuilder(postgres.ConnectionString()).Host);
        Assert.Equal("127.0.0.1", await AskAsync<string>(postgres.ConnectionString(), "select host(inet_server_addr())"));
        var stranger = new NpgsqlConnectionStringBuilder(postgres.ConnectionString()) { Password = "" };
        await Assert.ThrowsAnyAsync<NpgsqlException>(() => AskAsync<int>(stranger.ConnectionString, "select 1"));
    }

    [Fact]
    public async Task Sets_a_new_password_when_the_file_with_it_is_lost()
    {
        using var claim = _temp.Data.Claim();
        await using (await StartAsync(claim))
        {
        }
        var lost = File.ReadAllText(_temp.Data.PathOf("postgres.password"));
        File.Delete(_temp.Data.PathOf("postgres.password"));
        await using var postgres = await StartAsync(claim);
        Assert.Equal(1, await AskAsync<int>(postgres.ConnectionString(), "select 1"));
        Assert.NotEqual(lost, postgres.PasswordOf("postgres"));
    }

    [Fact]
    public async Task Stays_down_when_stopped_and_comes_back_at_the_same_address()
    {
        using var claim = _temp.Data.Claim();
        await using var postgres = await StartAsync(claim);
        var address = postgres.ConnectionString();
        await postgres.StopAsync(Ct);
        Assert.Null(postgres.ProcessId);
        await Assert.ThrowsAnyAsync<NpgsqlException>(() => AskAsync<int>(address, "select 1"));
        await postgres.ResumeAsync(Ct);
        Assert.Equal(address, postgres.ConnectionString());
        Assert.Equal(1, await AskAsync<int>(address, "select 1"));
    }

    [Fact]
    public async Task Starts_again_by_itself_when_the_server_is_killed()
    {
        using var claim = _temp.Data.Claim();
        await using var postgres = await StartAsync(claim);
        await AskAsync<int>(postgres.ConnectionString(), "create table kept as select 7 as value; select 1");
        var killed = postgres.ProcessId!.Value;
        await Processes.SignalAsync("KILL", killed);
        await Processes.UntilAsync(() => postgres.ProcessId is { } now && now != killed, "another server runs");
        Assert.Equal(7, await AskAsync<int>(postgres.ConnectionString(), "select value from kept"));
    }

    [Fact]
    public async Task A_killed_host_leaves_no_process_behind()
    {
        await using var host = await HostProcess.StartAsync(_temp.Data.Root);
        Assert.NotEqual(0, host.ServerId);
        Assert.NotEmpty(Processes.Naming(_temp.Data.Root));
        await host.KillAsync();
        await Processes.UntilAsync(() => Processes.Naming(_temp.Data.Root).Count == 0, "no process names the data folder");
        Assert.False(File.Exists(Path.Combine(Files, "postmaster.pid")));
    }

    [Fact]
    public async Task Stops_a_server_that_a_killed_host_and_its_killed_supervisor_left()
    {
        await using var host = await HostProcess.StartAsync(_temp.Data.Root);
        await AskAsync<int>(host.ConnectionString, "create table kept as select 5 as value; select 1");
        await Processes.SignalAsync("KILL", Processes.ParentOf(host.ServerId));
        await host.KillAsync();
        Assert.Contains(host.ServerId, Processes.Naming(Files));
        using var claim = _temp.Data.Claim();
        await using var postgres = await StartAsync(claim);
        Assert.DoesNotContain(host.ServerId, Processes.Naming(Files));
        Assert.Equal(5, await AskAsync<int>(postgres.ConnectionString(), "select value from kept"));
    }

    [Fact]
    public async Task Is_not_held_up_by_a_pid_file_whose_number_another_program_has_now()
    {
        using var claim = _temp.Data.Claim();
        await using (await StartAsync(claim))
        {
        }
        // Of the same user: only such a process does PostgreSQL take for an earlier server.
        var sleep = new ProcessStartInfo("sleep", ["600"]) { WorkingDirectory = "/" };
        if (File.Exists(_temp.Data.PathOf("postgres.user")))
        {
            sleep.UserName = File.ReadAllText(_temp.Data.PathOf("postgres.user")).Trim();
        }
        using var stranger = Process.Start(sleep)!;
        try
        {
            await File.WriteAllTextAsync(Path.Combine(Files, "postmaster.pid"), $"{stranger.Id}\n{Files}\n1790000000\n5432\n\n\n\n", Ct);
            await using var postgres = await StartAsync(claim);
            Assert.Equal(1, await AskAsync<int>(postgres.ConnectionString(), "select 1"));
            Assert.False(stranger.HasExited);
        }
        finally
        {
            stranger.Kill();
        }
    }

    [Fact]
    public async Task Refuses_a_folder_that_another_host_uses_and_names_its_process()
    {
        await using var host = await HostProcess.StartAsync(_temp.Data.Root);
        var refused = Assert.Throws<SetupException>(() => _temp.Data.Claim());
        Assert.Equal($"data folder `{_temp.Data.Root}` is in use by process {host.ProcessId}; stop it or choose another with --data", refused.Message);
        await using var second = await HostProcess.StartAsync(_temp.Data.Root);
        Assert.Equal(refused.Message, second.Refusal.Trim());
        Assert.Equal(1, await AskAsync<int>(host.ConnectionString, "select 1"));
        await host.KillAsync();
        using var claim = _temp.Data.Claim();
    }

    [Fact]
    public async Task A_start_that_is_cancelled_leaves_nothing_and_the_next_succeeds()
    {
        using var claim = _temp.Data.Claim();
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        var options = new EmbeddedPostgresOptions { Progress = _ => cancel.CancelAfter(100) };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => EmbeddedPostgres.StartAsync(claim, options, NullLogger<EmbeddedPostgres>.Instance, cancel.Token));
        await Processes.UntilAsync(() => Processes.Naming(_temp.Data.Root).Count == 0, "no process names the data folder");
        await using var postgres = await StartAsync(claim);
        Assert.Equal(1, await AskAsync<int>(postgres.ConnectionString(), "select 1"));
    }

    [Fact]
    public async Task Runs_for_an_ordinary_user()
    {
        if (!Environment.IsPrivilegedProcess)
        {
            Assert.Skip("every other test runs as an ordinary user already");
        }
        if (!OthersCanReach(HostProcess.Program))
        {
            Assert.Skip($"another user cannot reach `{HostProcess.Program}`");
        }
        var home = Path.Combine(_temp.Path, "home");
        Directory.CreateDirectory(home);
        using (var give = Process.Start("chown", ["nobody", home]))
        {
            await give.WaitForExitAsync(Ct);
        }
        await using var host = await HostProcess.StartAsync(Path.Combine(home, "data"), "nobody", environment => environment["HOME"] = home);
        Assert.Equal("", host.Refusal);
        Assert.Equal(1, await AskAsync<int>(host.ConnectionString, "select 1"));
        await host.KillAsync();
        await Processes.UntilAsync(() => Processes.Naming(home).Count == 0, "no process names the data folder");
    }

    [Fact]
    public async Task Runs_the_programs_that_npm_delivers()
    {
        if (PostgresPackage.ForThisMachine is null || Command.OnPath("npm") is null)
        {
            Assert.Skip("needs npm and a platform that the package supports");
        }
        using var claim = _temp.Data.Claim();
        await using var postgres = await StartAsync(claim, new() { UseInstalled = false, Binaries = null });
        Assert.Equal(PostgresPackage.Major, postgres.MajorVersion);
        Assert.StartsWith("18.", await AskAsync<string>(postgres.ConnectionString(), "show server_version"), StringComparison.Ordinal);
        Assert.Equal("äÖ", await AskAsync<string>(postgres.ConnectionString(), "select lower('Ä') || upper('ö')"));
        // The folder now decides: an installation of another version must not be tried on it.
        await postgres.DisposeAsync();
        await using var again = await StartAsync(claim, new() { Binaries = null });
        Assert.Equal(PostgresPackage.Major, again.MajorVersion);
    }

    [Fact]
    public async Task Says_what_to_install_where_there_is_neither_PostgreSQL_nor_npm()
    {
        var programs = Directory.CreateDirectory(Path.Combine(_temp.Path, "bin"));
        foreach (var program in new[] { "id", "chown" })
        {
            File.CreateSymbolicLink(Path.Combine(programs.FullName, program), Command.OnPath(program)!);
        }
        await using var host = await HostProcess.StartAsync(_temp.Data.Root, environment: environment =>
        {
            environment["PATH"] = programs.FullName;
            environment["XDG_CACHE_HOME"] = _temp.Path;
            environment.Remove("ANUMATE_POSTGRES_BIN");
        }, options: "--no-installed");
        Assert.Contains("sudo apt-get install postgresql", host.Refusal, StringComparison.Ordinal);
        Assert.Contains("ANUMATE_POSTGRES_BIN=", host.Refusal, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Says_which_version_a_folder_needs_when_it_is_not_there()
    {
        var refused = await Assert.ThrowsAsync<SetupException>(() => PostgresBinaries.FindAsync(13, new() { Binaries = null }, Ct));
        Assert.Contains("made by PostgreSQL 13", refused.Message, StringComparison.Ordinal);
        Assert.Contains("apt-get install postgresql-13", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("npm", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Looks_for_programs_without_fetching_any()
    {
        var tools = Path.Combine(_temp.Path, "tools");
        if (PostgresPackage.ForThisMachine is null || Command.OnPath("npm") is null)
        {
            Assert.Skip("needs npm and a platform that the package supports");
        }
        Assert.Null(await PostgresBinaries.LookAsync(null, new() { UseInstalled = false, Binaries = null, ToolsFolder = tools }, Ct));
        Assert.False(Directory.Exists(tools));
    }

    [Fact]
    public async Task Refuses_a_named_folder_without_programs()
    {
        using var claim = _temp.Data.Claim();
        var refused = await Assert.ThrowsAsync<SetupException>(() => StartAsync(claim, new() { Binaries = _temp.Path }));
        Assert.Equal($"ANUMATE_POSTGRES_BIN names `{_temp.Path}`, where there are no working `postgres` and `initdb`", refused.Message);
    }

    [Fact]
    public async Task Says_so_when_the_disk_is_full()
    {
        var mount = Path.Combine(_temp.Path, "small");
        Directory.CreateDirectory(mount);
        using (var made = Process.Start(new ProcessStartInfo("mount", ["-t", "tmpfs", "-o", "size=16m,mode=0711", "tmpfs", mount]) { RedirectStandardError = true })!)
        {
            await made.WaitForExitAsync(Ct);
            if (made.ExitCode != 0)
            {
                Assert.Skip("only root of a whole machine can mount a small disk");
            }
        }
        try
        {
            using var claim = DataFolder.Open(Path.Combine(mount, "data")).Claim();
            var refused = await Assert.ThrowsAsync<SetupException>(() => StartAsync(claim));
            Assert.Contains($"the disk of `{mount}/data/postgres` is full", refused.Message, StringComparison.Ordinal);
        }
        finally
        {
            using var freed = Process.Start("umount", [mount]);
            await freed.WaitForExitAsync(CancellationToken.None);
        }
    }

    private static Task<EmbeddedPostgres> StartAsync(DataClaim claim, EmbeddedPostgresOptions? options = null) =>
        EmbeddedPostgres.StartAsync(claim, options ?? new(), NullLogger<EmbeddedPostgres>.Instance, Ct);

    private static async Task<T> AskAsync<T>(string connectionString, string sql)
    {
        await using var connection = new NpgsqlConnection(connectionString + ";Pooling=false");
        await connection.OpenAsync(Ct);
        await using var command = new NpgsqlCommand(sql, connection);
        return (T)(await command.ExecuteScalarAsync(Ct))!;
    }

    private static UnixFileMode ModeOf(string path) =>
        OperatingSystem.IsWindows() ? throw new PlatformNotSupportedException() : File.GetUnixFileMode(path);

    private static bool OthersCanReach(string file)
    {
        for (var folder = new FileInfo(file).Directory; folder is not null; folder = folder.Parent)
        {
            if ((folder.UnixFileMode & UnixFileMode.OtherExecute) == 0)
            {
                return false;
            }
        }
        return true;
    }
}
