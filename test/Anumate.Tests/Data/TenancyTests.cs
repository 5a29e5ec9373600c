using Anumate.Platform.Data;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Anumate.Tests.Data;

/// <summary>The database keeps tenants apart by itself, whatever the code does.</summary>
public sealed class TenancyTests(TestDatabase database)
{
    // Tables that belong to no tenant, each with its reason. What is not listed here needs tenant_id and row-level security.
    static readonly Dictionary<string, string> TenantLess = new()
    {
        ["platform.migration"] = "steps of the schema",
        ["platform.partitioning"] = "which tables get partitions ahead",
        ["platform.setting"] = "facts of the installation",
        ["platform.cursor"] = "where subscriptions of the platform stand",
        ["platform.service_key"] = "public keys of our own processes",
        ["platform.lease"] = "duties of our own processes",
    };

    // Policies for a service's role that are not «tenant_id = platform.tenant()», each with its reason.
    static readonly Dictionary<string, string> Wider = new()
    {
        ["platform.signing_key of_the_platform"] = "every tenant verifies with the platform's public keys",
        ["platform.service_key readable"] = "public keys",
        ["platform.service_key own_service"] = "by membership in the service's role",
        ["platform.service_key renewed"] = "by membership in the service's role",
    };

    const string OurTables = """
        select c.oid, n.nspname || '.' || c.relname as name, c.relrowsecurity and c.relforcerowsecurity as forced,
               exists (select from pg_policy p where p.polrelid = c.oid) as has_policy,
               exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped) as of_tenants
        from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where c.relkind in ('r', 'p', 'f', 'm') and n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast')
        """;

    [Fact]
    public async Task Forces_row_level_security_on_every_table_and_partition_of_tenants()
    {
        var tables = await RowsAsync($"select name, forced, has_policy, of_tenants from ({OurTables}) t order by name",
            r => (Name: r.GetString(0), Forced: r.GetBoolean(1), HasPolicy: r.GetBoolean(2), OfTenants: r.GetBoolean(3)));

        Assert.Contains(tables, t => t.Name == "platform.events_p0");
        Assert.Empty(tables.Where(t => t.OfTenants && !(t.Forced && t.HasPolicy)).Select(t => t.Name));
        Assert.Empty(tables.Where(t => !t.OfTenants).Select(t => t.Name).Except(TenantLess.Keys));
    }

    [Fact]
    public async Task Sees_a_table_that_was_made_without_protection()
    {
        await ExecuteAsync("create schema unguarded; create table unguarded.thing (tenant_id uuid)");
        try
        {
            Assert.Equal(["unguarded.thing"], await RowsAsync($"select name from ({OurTables}) t where of_tenants and not (forced and has_policy)", r => r.GetString(0)));
        }
        finally
        {
            await ExecuteAsync("drop schema unguarded cascade");
        }
    }

    [Fact]
    public async Task Bounds_every_policy_of_a_serving_role_to_the_tenant()
    {
        var policies = await RowsAsync("""
            select n.nspname || '.' || c.relname || ' ' || p.polname
            from pg_policy p join pg_class c on c.oid = p.polrelid join pg_namespace n on n.oid = c.relnamespace
            where (coalesce(pg_get_expr(p.polqual, p.polrelid), '(tenant_id = platform.tenant())') <> '(tenant_id = platform.tenant())'
                or coalesce(pg_get_expr(p.polwithcheck, p.polrelid), '(tenant_id = platform.tenant())') <> '(tenant_id = platform.tenant())')
              and (0 = any(p.polroles) or exists (
                select from pg_roles r where r.oid = any(p.polroles) and r.rolname not in
                    ('anumate_writer', 'anumate_reader', 'anumate_sequencer', 'anumate_timer', 'anumate_retention', 'anumate_owner')))
            """, r => r.GetString(0));
        Assert.Contains("platform.signing_key of_the_platform", policies);
        Assert.Empty(policies.Except(Wider.Keys));
    }

    [Fact]
    public async Task Gives_no_role_a_way_around_policies()
    {
        Assert.Empty(await RowsAsync("""
            select rolname::text from pg_roles
            where rolname like 'anumate%' and (rolsuper or rolbypassrls or rolcreaterole or rolcreatedb or rolreplication)
            """, r => r.GetString(0)));
        Assert.Empty(await RowsAsync("""
            select m.rolname::text from pg_auth_members a join pg_roles m on m.oid = a.member
            where m.rolname in ('anumate_writer', 'anumate_reader', 'anumate_sequencer', 'anumate_timer', 'anumate_retention')
            """, r => r.GetString(0)));
        Assert.Empty(await RowsAsync($"""
            select name || ' to ' || case when a.grantee = 0 then 'public' else a.grantee::regrole::text end
            from ({OurTables}) t join pg_class c on c.oid = t.oid cross join lateral aclexplode(c.relacl) a
            where a.grantee = 0 or a.grantee::regrole::text = 'anumate_app' or a.privilege_type in ('TRUNCATE', 'TRIGGER') and a.grantee <> c.relowner
            """, r => r.GetString(0)));
    }

    [Fact]
    public async Task Lists_every_function_that_sees_past_its_callers_rights()
    {
        var functions = await RowsAsync("""
            select n.nspname || '.' || p.proname from pg_proc p join pg_namespace n on n.oid = p.pronamespace
            where p.prosecdef and n.nspname not in ('pg_catalog', 'information_schema')
            """, r => r.GetString(0));
        var readme = await File.ReadAllTextAsync(Path.Combine(Root(AppContext.BaseDirectory), "src/Anumate.Platform/Data/README.md"));
        Assert.Contains("platform.ensure_partitions", functions);
        Assert.DoesNotContain(functions, f => !readme.Contains($"| `{f}` |", StringComparison.Ordinal));
        Assert.Empty(await RowsAsync("""
            select n.nspname || '.' || p.proname from pg_proc p join pg_namespace n on n.oid = p.pronamespace
            where n.nspname not in ('pg_catalog', 'information_schema') and has_function_privilege('public', p.oid, 'execute')
            """, r => r.GetString(0)));
    }

    [Fact]
    public async Task T3_Shows_no_row_where_no_tenant_is_set()
    {
        var t = database.Tenant();
        await t.Db.For(t.Id).One("insert into platform.secret (name, version, sealed, created) values ('x', 1, '', now())")
            .Event(t.Caller(), new PlanCreated("sha256:00", "c", "1.0.0")).SaveAsync(default);

        await using var connection = new NpgsqlConnection(database.Options.ConnectionString(DbRole.App));
        await connection.OpenAsync();
        foreach (var table in await RowsAsync($"select name from ({OurTables}) t where of_tenants", r => r.GetString(0)))
        {
            // The platform's own rows (the nil tenant: public keys of its signers) belong to no tenant, and may be seen by all.
            await using var count = new NpgsqlCommand($"select count(*) from {table} where tenant_id <> '00000000-0000-0000-0000-000000000000'", connection);
            try
            {
                Assert.Equal((table, 0L), (table, (long)(await count.ExecuteScalarAsync())!));
            }
            catch (PostgresException e)
            {
                Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, e.SqlState);
            }
        }
    }

    [Fact]
    public async Task Refuses_a_row_of_another_tenant_and_raises_the_alarm()
    {
        var (a, b) = (database.Tenant(), database.Tenant());
        var alarms = new List<LogLevel>();
        using var loggers = LoggerFactory.Create(l => l.AddProvider(new Recorder(alarms)));
        await using var db = new Db(database.Options, TimeProvider.System, loggers);
        var e = await Assert.ThrowsAsync<PostgresException>(() => db.For(a.Id)
            .Run("insert into platform.secret (tenant_id, name, version, sealed, created) values ($1, 'x', 1, '', now())", b.Id).SaveAsync(default));

        Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, e.SqlState);
        Assert.Contains(LogLevel.Critical, alarms);
        Assert.Equal(0L, await b.Db.For(b.Id).FirstAsync("select count(*) from platform.secret", r => r.GetInt64(0), default));
    }

    [Fact]
    public async Task Leaves_nothing_on_a_pooled_connection()
    {
        var t = database.Tenant();
        await using var source = NpgsqlDataSource.Create($"{database.Options.ConnectionString(DbRole.App)};Maximum Pool Size=1;Minimum Pool Size=0");
        await using (var connection = await source.OpenConnectionAsync())
        {
            // What a batch sends, on a connection that we can look at afterwards.
            await using var batch = new NpgsqlBatch(connection)
            {
                BatchCommands = { new NpgsqlBatchCommand($"select set_config('anumate.tenant', '{t.Id.Value}', true)"), new NpgsqlBatchCommand("select platform.tenant()") },
            };
            await using var reader = await batch.ExecuteReaderAsync();
            Assert.True(await reader.NextResultAsync() && await reader.ReadAsync());
            Assert.Equal(t.Id.Value, reader.GetGuid(0));
            await reader.DisposeAsync();
            await using var after = new NpgsqlCommand("select platform.tenant() is null", connection);
            Assert.True((bool)(await after.ExecuteScalarAsync())!);
        }

        await using var again = await source.OpenConnectionAsync();
        await using var command = new NpgsqlCommand("select platform.tenant() is null", again);
        Assert.True((bool)(await command.ExecuteScalarAsync())!);
    }

    [Theory]
    [InlineData(DbRole.Owner, "select count(*) from platform.events", null)]
    [InlineData(DbRole.Writer, "select body from platform.leaf", "42501")]
    [InlineData(DbRole.Writer, "select body from platform.events", "42501")]
    [InlineData(DbRole.Writer, "delete from platform.leaf", "42501")]
    [InlineData(DbRole.Reader, "insert into platform.events (tenant_id, id, type, subject, sequence, service, at, body) values (gen_random_uuid(), gen_random_uuid(), 't', 's', 1, 's', now(), '{}')", "42501")]
    [InlineData(DbRole.Reader, "select body from platform.leaf", "42501")]
    [InlineData(DbRole.Sequencer, "update platform.leaf set body = ''", "42501")]
    [InlineData(DbRole.Sequencer, "select body from platform.events", "42501")]
    [InlineData(DbRole.Timer, "select body from platform.events", "42501")]
    [InlineData(DbRole.Retention, "select response from platform.idempotency", "42501")]
    [InlineData(DbRole.Retention, "drop table platform.lease", "42501")]
    [InlineData(DbRole.App, "update platform.events set body = '{}'", "42501")]
    [InlineData(DbRole.App, "delete from platform.leaf", "42501")]
    [InlineData(DbRole.App, "update platform.leaf set index = 1", "42501")]
    [InlineData(DbRole.App, "insert into platform.events (tenant_id, id, type, subject, sequence, service, at, body, xid) values (gen_random_uuid(), gen_random_uuid(), 't', 's', 1, 's', now(), '{}', '1')", "42501")]
    [InlineData(DbRole.App, "update platform.signing_key set private_key = ''", "42501")]
    [InlineData(DbRole.App, "create table public.mine (x int)", "42501")]
    [InlineData(DbRole.App, "select platform.protect('platform.lease')", "42501")]
    public async Task Gives_each_role_its_own_narrow_rights(DbRole role, string sql, string? refused)
    {
        var t = database.Tenant();
        await t.Db.For(t.Id).Event(t.Caller(), new PlanCreated("sha256:00", "c", "1.0.0")).SaveAsync(default);
        await using var connection = new NpgsqlConnection(database.Options.ConnectionString(role));
        await connection.OpenAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using var command = new NpgsqlCommand(sql, connection, transaction);
        if (refused is null)
        {
            // The owner is under row-level security as everybody else.
            Assert.Equal(0L, await command.ExecuteScalarAsync());
        }
        else
        {
            Assert.Equal(refused, (await Assert.ThrowsAsync<PostgresException>(() => command.ExecuteNonQueryAsync())).SqlState);
        }
    }

    [Fact]
    public async Task Keeps_a_split_service_out_of_the_others_schemas()
    {
        var schema = await TestSchema.MakeAsync(database.Server, TimeProvider.System);
        await using var _ = schema;
        var role = $"anumate_app_split_{Id<Tenant>.New(TimeProvider.System).Value:N}"[..40];
        var split = schema.Options with { AppRole = role };
        await Bootstrap.RunAsync(database.Server, split, ["receipts"], default);
        try
        {
            await using var db = new Db(split, TimeProvider.System);
            var t = new TestTenant(db);
            await db.For(t.Id).Event(t.Caller(), new PlanCreated("sha256:00", "c", "1.0.0")).SaveAsync(default);
            Assert.Equal(0L, await db.For(t.Id).FirstAsync("select count(*) from platform.leaf", r => r.GetInt64(0), default));
            await schema.ExecuteAsync("create schema if not exists registry; create table registry.probe (tenant_id uuid); grant usage on schema registry to anumate_registry; grant select on registry.probe to anumate_registry");
            Assert.Equal("42501", (await Assert.ThrowsAsync<PostgresException>(() =>
                db.For(t.Id).FirstAsync("select count(*) from registry.probe", r => r.GetInt64(0), default))).SqlState);
            Assert.Equal("42501", (await Assert.ThrowsAsync<PostgresException>(() => db.ForPlatform()
                .Run("insert into platform.service_key (kid, service, public_key, created, expires) values ('k', 'registry', '', now(), now())").SaveAsync(default))).SqlState);
            await db.ForPlatform().Run("insert into platform.service_key (kid, service, public_key, created, expires) values ('k', 'receipts', '', now(), now())").SaveAsync(default);
        }
        finally
        {
            await schema.ExecuteAsync($"drop owned by {role}; drop role {role}");
        }
    }

    [Fact]
    public void Refuses_to_work_for_no_tenant_or_across_tenants_with_the_serving_role()
    {
        Assert.Throws<ArgumentException>(() => database.Db.For(default));
        Assert.Throws<ArgumentException>(() => database.Db.Across(DbRole.App));
        Assert.Throws<ArgumentException>(() => database.Db.Across(DbRole.Owner));
    }

    static string Root(string from) => File.Exists(Path.Combine(from, "Anumate.slnx")) ? from : Root(Path.GetDirectoryName(from)!);

    async Task<IReadOnlyList<T>> RowsAsync<T>(string sql, Func<NpgsqlDataReader, T> map)
    {
        await using var connection = new NpgsqlConnection(database.Admin);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await using var reader = await command.ExecuteReaderAsync();
        var rows = new List<T>();
        while (await reader.ReadAsync())
        {
            rows.Add(map(reader));
        }

        return rows;
    }

    async Task ExecuteAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(database.Admin);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    sealed class Recorder(List<LogLevel> levels) : ILoggerProvider, ILogger
    {
        public ILogger CreateLogger(string categoryName) => this;

        public void Dispose()
        {
        }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) => levels.Add(logLevel);
    }
}
