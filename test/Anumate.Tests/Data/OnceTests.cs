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

    static Task<PageRequest> SaveAsync(TestTenant t, string key, string cursor, int response) =>
        t.Db.For(t.Id).One(PutSecret, $"s{response}", new byte[] { 1 }, t.Time.GetUtcNow())
            .SaveOnceAsync(t.Caller(), Once.Of("test.put", key, new PageRequest(cursor)), new PageRequest(null, response), default);
}
