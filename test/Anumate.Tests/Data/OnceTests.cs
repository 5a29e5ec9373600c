using Anumate.Platform.Data;

namespace Anumate.Tests.Data;

public sealed class OnceTests(TestDatabase database)
{
    const string PutSecret = "insert into platform.secret (name, version, sealed, created) values ($1, 1, $2, $3)";
    const string Count = "select count(*) from platform.secret";

    [Fact]
    public async Task Answers_a_repeated_request_as_the_first_time_and_does_nothing()
    {
        var t = database.Tenant();
        var first = await SaveAsync(t, "key-1", "a", 1);
        var second = await SaveAsync(t, "key-1", "a", 2);

        Assert.Equal(1, first.Limit);
        Assert.Equal(1, second.Limit);
        Assert.Equal(1L, await t.Db.For(t.Id).FirstAsync(Count, r => r.GetInt64(0), default));
    }

    [Fact]
    public async Task Refuses_a_key_that_was_used_with_another_request()
    {
        var t = database.Tenant();
        await SaveAsync(t, "key-1", "a", 1);
        var e = await Assert.ThrowsAsync<ProblemException>(() => SaveAsync(t, "key-1", "b", 2));

        Assert.Equal("idempotency-mismatch", e.Problem.Code);
        Assert.Equal(422, e.Problem.Status);
        Assert.Equal(1L, await t.Db.For(t.Id).FirstAsync(Count, r => r.GetInt64(0), default));
    }

    [Fact]
    public async Task Does_it_once_however_many_ask_at_the_same_moment()
    {
        var t = database.Tenant();
        var answers = await Task.WhenAll(Enumerable.Range(1, 12).Select(i => SaveAsync(t, "key-1", "a", i)));
        Assert.Single(answers.Distinct());
        Assert.Equal(1L, await t.Db.For(t.Id).FirstAsync(Count, r => r.GetInt64(0), default));
    }

    [Fact]
    public async Task Keeps_keys_apart_by_person_operation_and_tenant()
    {
        var (t, other) = (database.Tenant(), database.Tenant());
        await SaveAsync(t, "key-1", "a", 1);
        Assert.Equal(2, (await SaveAsync(t, "key-1", "b", 2, caller: t.Caller("anna"))).Limit);
        Assert.Equal(3, (await SaveAsync(t, "key-1", "b", 3, operation: "test.other")).Limit);
        Assert.Equal(4, (await SaveAsync(other, "key-1", "b", 4)).Limit);
    }

    [Fact]
    public async Task Forgets_after_24_hours()
    {
        var t = database.Tenant();
        await using var db = new Db(database.Options, t.Time);
        await SaveAsync(t, "key-1", "a", 1, db: db);
        t.Time.Advance(TimeSpan.FromHours(24) - TimeSpan.FromSeconds(1));
        Assert.Equal(1, (await SaveAsync(t, "key-1", "a", 2, db: db)).Limit);
        Assert.Equal(1, (await db.ReplayAsync<PageRequest>(t.Caller(), Once.Of("test.put", "key-1", new PageRequest("a")), default))!.Limit);
        t.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.Null(await db.ReplayAsync<PageRequest>(t.Caller(), Once.Of("test.put", "key-1", new PageRequest("a")), default));
        Assert.Equal(3, (await SaveAsync(t, "key-1", "b", 3, db: db)).Limit);
        Assert.Equal(3, (await SaveAsync(t, "key-1", "b", 4, db: db)).Limit);
    }

    [Fact]
    public async Task Remembers_nothing_of_a_request_that_was_refused()
    {
        var t = database.Tenant();
        await SaveAsync(t, "key-0", "x", 1);
        await Assert.ThrowsAsync<ProblemException>(() => SaveAsync(t, "key-1", "a", 1));
        Assert.Equal(2, (await SaveAsync(t, "key-1", "b", 2)).Limit);
    }

    [Fact]
    public async Task Stores_what_may_be_repeated_in_place_of_an_answer_with_a_secret()
    {
        var t = database.Tenant();
        var once = Once.Of("test.secret", "key-1", new PageRequest("a"));
        Task<PageRequest> AskAsync() => t.Db.For(t.Id).Run("select 1").SaveOnceAsync(t.Caller(), once, new PageRequest("the secret"), default, kept: new PageRequest("shown once"));
        Assert.Equal("the secret", (await AskAsync()).Cursor);
        Assert.Equal("shown once", (await AskAsync()).Cursor);
    }

    [Theory]
    [InlineData("")]
    [InlineData("two words")]
    [InlineData("ümlaut")]
    public void Refuses_a_key_that_is_not_visible_ascii(string key) =>
        Assert.Equal("invalid-request", Assert.Throws<ProblemException>(() => Once.Of("test.put", key, new PageRequest())).Problem.Code);

    static Task<PageRequest> SaveAsync(TestTenant t, string key, string cursor, int response, Caller? caller = null, string operation = "test.put", Db? db = null) =>
        (db ?? t.Db).For(t.Id).One(PutSecret, $"s{response}", new byte[] { 1 }, t.Time.GetUtcNow())
            .SaveOnceAsync(caller ?? t.Caller(), Once.Of(operation, key, new PageRequest(cursor)), new PageRequest(null, response), default);
}
