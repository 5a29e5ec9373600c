using System.Security.Cryptography;
using System.Text.Json;
using Anumate.Platform.Data;

namespace Anumate.Tests.Data;

public sealed class RecordTests(TestDatabase database)
{
    [Fact]
    public async Task Writes_an_event_in_the_transaction_of_the_change()
    {
        var t = database.Tenant();
        var caller = t.Caller();
        await t.Db.For(t.Id).Event(caller, new PlanCreated("sha256:00", "refund-order", "1.0.0")).SaveAsync(default);

        var (type, service, subject, body) = await t.Db.For(t.Id).FirstAsync(
            "select type, service, subject, body, correlation from platform.events",
            r => (r.GetString(0), r.GetString(1), r.GetString(2), r.Json<PlanCreated>(3)), default);
        Assert.Equal(("plan.created", "compiler"), (type, service));
        Assert.Equal("sha256:00", body.PlanHash);
        Assert.Equal(((IEvent)body).Subject, subject);
    }

    [Fact]
    public async Task Writes_an_audit_record_as_a_leaf()
    {
        var t = database.Tenant();
        var record = AuditRecord.Of(t.Caller(), t.Time, "capsule.published", "capsule", "cap_x");
        await t.Db.For(t.Id).Audit(record).SaveAsync(default);

        var (body, hash) = await t.Db.For(t.Id).FirstAsync("select body, leaf_hash from platform.leaf where id = $1", r => (r.Bytes(0), r.Bytes(1)), default, record.Id);
        Assert.Equal(SHA256.HashData([0, .. body!]), hash);
        using var json = JsonDocument.Parse(body);
        Assert.Equal("capsule.published", json.RootElement.GetProperty("action").GetString());
        Assert.Equal(t.Id.ToString(), json.RootElement.GetProperty("tenant").GetString());
    }

    [Fact]
    public void Refuses_a_record_of_another_tenant()
    {
        var (a, b) = (database.Tenant(), database.Tenant());
        Assert.Throws<ArgumentException>(() => a.Db.For(a.Id).Event(b.Caller(), new PlanCreated("sha256:00", "x", "1.0.0")));
        Assert.Throws<ArgumentException>(() => a.Db.For(a.Id).Audit(AuditRecord.Of(b.Caller(), b.Time, "a.b", "a", "b")));
    }
}
