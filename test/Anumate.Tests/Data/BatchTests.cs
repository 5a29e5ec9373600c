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
}
