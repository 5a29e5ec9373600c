using Anumate.Platform.Data;

namespace Anumate.Tests.Data;

public sealed class BatchTests(TestDatabase database)
{
    const string PutSecret = "insert into platform.secret (name, version, sealed, created) values ($1, $2, $3, $4)";
    const string Names = "select name from platform.secret order by name limit 100";

    [Fact]
    public async Task Saves_and_reads_in_its_own_tenant_only()
    {
        var (a, b) = (database.Tenant(), database.Tenant());
        await a.Db.For(a.Id).One(PutSecret, "one", 1, new byte[] { 1 }, a.Time.GetUtcNow()).SaveAsync(default);

        Assert.Equal(["one"], await a.Db.For(a.Id).ListAsync(Names, r => r.GetString(0), default));
        Assert.Empty(await b.Db.For(b.Id).ListAsync(Names, r => r.GetString(0), default));
    }

    [Fact]
    public async Task Undoes_the_whole_batch_when_one_statement_does_not_hold()
    {
        var t = database.Tenant();
        var e = await Assert.ThrowsAsync<ProblemException>(() => t.Db.For(t.Id)
            .One(PutSecret, "one", 1, new byte[] { 1 }, t.Time.GetUtcNow())
            .One("delete from platform.secret where name = $1", "absent")
            .SaveAsync(default));

        Assert.Equal("version-conflict", e.Problem.Code);
        Assert.Empty(await t.Db.For(t.Id).ListAsync(Names, r => r.GetString(0), default));
    }

    [Fact]
    public async Task Says_for_each_statement_what_its_refusal_means()
    {
        var t = database.Tenant();
        var e = await Assert.ThrowsAsync<ProblemException>(() => t.Db.For(t.Id)
            .One("select 1 from platform.secret where name = $1", "absent").Or(() => Problems.NotFound("secret", "absent"))
            .One("delete from platform.secret where name = $1 and version = $2", "absent", 7)
            .SaveAsync(default));
        Assert.Equal("not-found", e.Problem.Code);
    }

    [Fact]
    public async Task Tells_a_repeated_unique_key_from_a_changed_version()
    {
        var t = database.Tenant();
        await t.Db.For(t.Id).One(PutSecret, "one", 1, new byte[] { 1 }, t.Time.GetUtcNow()).SaveAsync(default);
        var plain = await Assert.ThrowsAsync<ProblemException>(() =>
            t.Db.For(t.Id).One(PutSecret, "one", 1, new byte[] { 1 }, t.Time.GetUtcNow()).SaveAsync(default));
        Assert.Equal(("conflict", 409), (plain.Problem.Code, plain.Problem.Status));
        Assert.DoesNotContain("secret_pkey", plain.Problem.Detail, StringComparison.Ordinal);

        var named = await Assert.ThrowsAsync<ProblemException>(() => t.Db.For(t.Id)
            .One(PutSecret, "two", 1, new byte[] { 1 }, t.Time.GetUtcNow()).Or(() => Problems.Conflict("not this one"))
            .One(PutSecret, "one", 1, new byte[] { 1 }, t.Time.GetUtcNow()).Or(() => Problems.Conflict("secret `one` exists")).SaveAsync(default));
        Assert.Equal("secret `one` exists", named.Problem.Detail);
    }

    [Fact]
    public async Task Reads_rows_that_a_statement_of_the_batch_returns()
    {
        var t = database.Tenant();
        await t.Db.For(t.Id)
            .Run("insert into platform.secret (name, version, sealed, created) select 's' || n, n, '', now() from generate_series(1, 3) n")
            .Read("delete from platform.secret where version > $1 returning name", r => r.GetString(0), out var gone, 1)
            .Run("select platform.tenant()")
            .Read(Names, r => r.GetString(0), out var left)
            .SaveAsync(default);
        Assert.Equal(["s2", "s3"], gone.All.Order());
        Assert.Equal("s1", left.First);
        Assert.Null(await t.Db.For(t.Id).FirstAsync("select name from platform.secret where name = $1", r => r.GetString(0), default, "none"));
    }

    [Fact]
    public async Task Stores_every_kind_of_argument_and_reads_it_back()
    {
        var t = database.Tenant();
        var (id, time) = (Id<Receipt>.New(TimeProvider.System), new DateTimeOffset(2026, 11, 23, 4, 5, 6, TimeSpan.FromHours(2)));
        var row = await t.Db.For(t.Id).FirstAsync("""
            select $1::uuid, $2::text, $3::int, $4::bigint, $5::boolean, $6::timestamptz, $7::interval, $8::jsonb, $9::bytea, $10::numeric,
                   $11::text[], $12::uuid[], $13::text, $14::double precision, $15::date
            """,
            r => (Id: r.Id<Receipt>(0), Text: r.GetString(1), Int: r.GetInt32(2), Long: r.GetInt64(3), Flag: r.GetBoolean(4), Time: r.Time(5),
                Span: r.GetFieldValue<TimeSpan>(6), Json: r.Json<PageRequest>(7), Bytes: r.Bytes(8), Money: r.GetDecimal(9), Texts: r.Texts(10),
                Ids: r.GetFieldValue<Guid[]>(11), Null: r.TextOrNull(12), Double: r.GetDouble(13), Date: r.GetFieldValue<DateOnly>(14)),
            default,
            id, "grüße \U0001F600", 7, 1L << 40, true, time, TimeSpan.FromMinutes(90), Json.Of(new PageRequest("c", 3)), new byte[] { 1, 2 }, 12.50m,
            (object)new[] { "a", "b" }, new[] { id.Value }, null, 0.1, new DateOnly(2026, 1, 2));

        Assert.Equal((id, "grüße \U0001F600", 7, 1L << 40, true), (row.Id, row.Text, row.Int, row.Long, row.Flag));
        Assert.Equal((time.ToUniversalTime(), TimeSpan.FromMinutes(90), new PageRequest("c", 3), 12.50m), (row.Time, row.Span, row.Json, row.Money));
        Assert.Equal([1, 2], row.Bytes);
        Assert.Equal(["a", "b"], row.Texts);
        Assert.Equal([id.Value], row.Ids);
        Assert.Equal((null, 0.1, new DateOnly(2026, 1, 2)), (row.Null, row.Double, row.Date));
        Assert.Throws<ArgumentException>(() => t.Db.For(t.Id).Run("select $1", Severity.Error));
    }

    [Fact]
    public async Task Refuses_text_that_cannot_be_stored()
    {
        var t = database.Tenant();
        foreach (var text in new[] { "a\0b", "half \uD83D pair", "\uDE00", "\uDE00\uD83D" })
        {
            Assert.Equal("invalid-request", Assert.Throws<ProblemException>(() => t.Db.For(t.Id).One(PutSecret, text, 1, new byte[] { 1 }, t.Time.GetUtcNow())).Problem.Code);
            Assert.Equal("invalid-request", Assert.Throws<ProblemException>(() => t.Db.For(t.Id).Run("select $1", (object)new[] { "fine", text })).Problem.Code);
        }

        await t.Db.For(t.Id).One(PutSecret, "still works \U0001F600", 1, new byte[] { 1 }, t.Time.GetUtcNow()).SaveAsync(default);
    }

    [Fact]
    public async Task Sends_a_batch_again_that_lost_a_deadlock()
    {
        var t = database.Tenant();
        const string Lock = "select pg_advisory_xact_lock(hashtext($1)), pg_sleep(1)";
        const string Put = "insert into platform.secret (name, version, sealed, created) values ($1, 1, '', now())";
        var (one, other) = ($"{t.Id}/one", $"{t.Id}/other");

        // Each locks what the other needs next; one of them is chosen to give way, and comes again.
        await Task.WhenAll(
            t.Db.For(t.Id).Run(Lock, one).Run(Lock, other).Run(Put, "a").SaveAsync(default),
            t.Db.For(t.Id).Run(Lock, other).Run(Lock, one).Run(Put, "b").SaveAsync(default));
        Assert.Equal(["a", "b"], await t.Db.For(t.Id).ListAsync(Names, r => r.GetString(0), default));
    }

    [Fact]
    public async Task Answers_503_when_the_database_takes_too_long_or_has_no_connection_left()
    {
        var t = database.Tenant();
        await using var db = new Db(database.Options with { MaxPoolSize = 2, CommandTimeout = TimeSpan.FromSeconds(30) }, TimeProvider.System);
        var slow = Enumerable.Range(0, 2).Select(_ => Assert.ThrowsAsync<ProblemException>(() => db.For(t.Id).FirstAsync("select pg_sleep(60)", _ => 1, default))).ToList();
        await Task.Delay(200);
        var none = await Assert.ThrowsAsync<ProblemException>(() => db.For(t.Id).FirstAsync("select 1", _ => 1, default));
        Assert.Equal(("unavailable", "the database does not answer; nothing was changed"), (none.Problem.Code, none.Problem.Detail));
        foreach (var e in await Task.WhenAll(slow))
        {
            Assert.Equal(("unavailable", "the database took too long; nothing was changed"), (e.Problem.Code, e.Problem.Detail));
        }
    }

    [Fact]
    public async Task Is_used_once()
    {
        var t = database.Tenant();
        var batch = t.Db.For(t.Id).Run("select 1");
        await batch.SaveAsync(default);
        await Assert.ThrowsAsync<InvalidOperationException>(() => batch.SaveAsync(default));
    }

    [Fact]
    public async Task Says_when_a_statement_returns_rows_that_nobody_asked_for()
    {
        var t = database.Tenant();
        await Assert.ThrowsAsync<InvalidOperationException>(() => t.Db.For(t.Id).Run("delete from platform.secret returning name").SaveAsync(default));
    }

    [Fact]
    public async Task Gives_up_when_the_caller_does()
    {
        var t = database.Tenant();
        using var gone = new CancellationTokenSource(100);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => t.Db.For(t.Id).FirstAsync("select pg_sleep(60)", _ => 1, gone.Token));
        Assert.Equal(1, await t.Db.For(t.Id).FirstAsync("select 1", r => r.GetInt32(0), default));
    }
}
