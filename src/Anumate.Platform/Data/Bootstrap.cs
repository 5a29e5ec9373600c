using Npgsql;

namespace Anumate.Platform.Data;

/// <summary>
/// Makes the database and the roles, as a superuser (or one with CREATEROLE and CREATEDB); may be repeated. What each role may do in a
/// schema is granted by that schema's migrations.
/// </summary>
public static class Bootstrap
{
    static readonly DbRole[] LoginRoles = Enum.GetValues<DbRole>();

    /// <param name="admin">Connection string of the superuser; its database is only the place to connect to.</param>
    /// <param name="options">What is to be made: the database that <see cref="DbOptions.Server"/> names, and its passwords.</param>
    /// <param name="services">The words of every service (<c>registry</c> …): each has a role of rights.</param>
    public static async Task RunAsync(string admin, DbOptions options, IReadOnlyList<string> services, CancellationToken ct)
    {
        var database = new NpgsqlConnectionStringBuilder(options.Server).Database
            ?? throw new ArgumentException("the server's connection string names no database", nameof(options));
        string[] groups = ["anumate_platform", .. services.Select(s => $"anumate_{s}")];

        await using (var source = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(admin) { Pooling = false }.ConnectionString))
        await using (var connection = await source.OpenConnectionAsync(ct))
        {
            // One at a time in a cluster; the lock ends with the connection.
            await ExecuteAsync(connection, "select pg_advisory_lock(hashtext('anumate bootstrap'))", ct);
            foreach (var group in groups)
            {
                await EnsureRoleAsync(connection, group, "nologin", ct);
            }

            foreach (var role in LoginRoles)
            {
                var rights = role == DbRole.App ? "login inherit" : "login noinherit";
                await EnsureRoleAsync(connection, options.NameOf(role), $"{rights} password {Literal(Scram.Verifier(options.Passwords.Of(role)))}", ct);
            }

            await ExecuteAsync(connection, $"grant {string.Join(", ", groups.Select(Name))} to {Name(options.AppRole)}", ct);
            await EnsureDatabaseAsync(connection, database, ct);
        }

        await SettleAsync(admin, options, database, ct);
    }

    /// <summary>
    /// Makes the login role of a split process (<see cref="DbOptions.AppRole"/>): a member of the roles of the services it hosts, and of
    /// no other. May be repeated, also with other services.
    /// </summary>
    public static async Task AddLoginAsync(string admin, DbOptions options, IReadOnlyList<string> services, CancellationToken ct)
    {
        var database = new NpgsqlConnectionStringBuilder(options.Server).Database
            ?? throw new ArgumentException("the server's connection string names no database", nameof(options));
        var login = Name(options.AppRole);
        string[] groups = ["anumate_platform", .. services.Select(s => $"anumate_{s}")];
        await using (var source = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(admin) { Pooling = false }.ConnectionString))
        await using (var connection = await source.OpenConnectionAsync(ct))
        {
            await ExecuteAsync(connection, "select pg_advisory_lock(hashtext('anumate bootstrap'))", ct);
            await EnsureRoleAsync(connection, options.AppRole, $"login inherit password {Literal(Scram.Verifier(options.Passwords.App))}", ct);
            await ExecuteAsync(connection, string.Concat((await MembershipsAsync(connection, options.AppRole, ct)).Except(groups).Select(g => $"revoke {Name(g)} from {login};\n"))
                + $"grant {string.Join(", ", groups.Select(Name))} to {login}", ct);
        }

        await SettleAsync(admin, options, database, ct);
    }

    static async Task<IReadOnlyList<string>> MembershipsAsync(NpgsqlConnection connection, string role, CancellationToken ct)
    {
        await using var look = new NpgsqlCommand("select g.rolname from pg_auth_members m join pg_roles g on g.oid = m.roleid join pg_roles r on r.oid = m.member where r.rolname = $1", connection);
        look.Parameters.Add(new NpgsqlParameter<string> { TypedValue = role });
        await using var reader = await look.ExecuteReaderAsync(ct);
        var groups = new List<string>();
        while (await reader.ReadAsync(ct))
        {
            groups.Add(reader.GetString(0));
        }

        return groups;
    }

    /// <summary>What belongs to the one database: who may connect, and within which limits.</summary>
    internal static async Task SettleAsync(string admin, DbOptions options, string database, CancellationToken ct)
    {
        await using var source = NpgsqlDataSource.Create(
            new NpgsqlConnectionStringBuilder(admin) { Database = database, Pooling = false }.ConnectionString);
        await using var connection = await source.OpenConnectionAsync(ct);
        await ExecuteAsync(connection, string.Join(";\n", Settle(database, options)), ct);
    }

    static IEnumerable<string> Settle(string database, DbOptions options)
    {
        var logins = string.Join(", ", LoginRoles.Select(r => Name(options.NameOf(r))));
        yield return $"revoke all on database {Name(database)} from public";
        yield return $"grant connect on database {Name(database)} to {logins}";
        yield return "revoke all on schema public from public";

        // No transaction that holds an xid lasts: it would hold back every reader of the event log.
        foreach (var role in LoginRoles.Where(r => r != DbRole.Owner))
        {
            var target = $"alter role {Name(options.NameOf(role))} in database {Name(database)} set";
            yield return $"{target} statement_timeout = '10s'";
            yield return $"{target} lock_timeout = '5s'";
            yield return $"{target} idle_in_transaction_session_timeout = '5s'";
        }
    }

    static async Task EnsureRoleAsync(NpgsqlConnection connection, string name, string rights, CancellationToken ct)
    {
        await using (var look = new NpgsqlCommand("select 1 from pg_roles where rolname = $1", connection))
        {
            look.Parameters.Add(new NpgsqlParameter<string> { TypedValue = name });
            if (await look.ExecuteScalarAsync(ct) is null)
            {
                await ExecuteAsync(connection, $"create role {Name(name)}", ct);
            }
        }

        await ExecuteAsync(connection, $"alter role {Name(name)} with {rights} nosuperuser nocreatedb nocreaterole nobypassrls noreplication", ct);
    }

    static async Task EnsureDatabaseAsync(NpgsqlConnection connection, string database, CancellationToken ct)
    {
        await using var look = new NpgsqlCommand("select 1 from pg_database where datname = $1", connection);
        look.Parameters.Add(new NpgsqlParameter<string> { TypedValue = database });
        if (await look.ExecuteScalarAsync(ct) is not null)
        {
            await ExecuteAsync(connection, $"alter database {Name(database)} owner to anumate_owner", ct);
        }
        else
        {
            // Order by bytes: the same on every machine, and it survives an upgrade of the system's locales.
            await ExecuteAsync(connection, $"create database {Name(database)} owner anumate_owner encoding 'UTF8' lc_collate 'C' lc_ctype 'C' template template0", ct);
        }
    }

    static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(ct);
    }

    internal static string Name(string name) => $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    internal static string Literal(string text) => $"'{text.Replace("'", "''", StringComparison.Ordinal)}'";
}
