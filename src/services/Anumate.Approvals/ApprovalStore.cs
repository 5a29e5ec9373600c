using Anumate.Platform.Data;
using Anumate.Platform.Http;

namespace Anumate.Approvals;

sealed class ApprovalStore(Db db)
{
    const string Insert = """
        insert into approvals.approval (id, run_id, subject, status, due, version, body) values ($1, $2, $3, $4, $5, $6, $7)
        """;

    const string Replace = """
        update approvals.approval set status = $2, due = $3, version = $4, body = $5 where id = $1 and version = $4 - 1
        """;

    const string Select = "select body from approvals.approval where id = $1";

    const string SelectBySubject = "select body from approvals.approval where run_id = $1 and subject = $2";

    const string List = """
        select body from approvals.approval
        where ($1::uuid is null or id < $1) and ($2::text is null or status = $2)
        order by id desc limit $3
        """;

    const string Due = "select tenant_id, id from approvals.approval where status = 'pending' and due <= $1 order by due limit 100";

    public Task SaveNewAsync(Caller caller, Approval approval, AuditRecord record, CancellationToken ct) =>
        db.For(caller.Tenant)
            .One(Insert, approval.Id, approval.Subject.Run, SubjectKey(approval.Name, approval.Subject), Word(approval.Status), approval.Expires, approval.Version, Json.Of(approval))
            .Event(caller, new ApprovalRequested(
                approval.Id, approval.Subject.Run, approval.Name, [.. approval.Stages.SelectMany(s => s.Groups).Distinct()], approval.Expires))
            .Audit(record)
            .SaveAsync(ct);

    /// <summary>Writes the next version; <c>version-conflict</c> when somebody else was first.</summary>
    public Task SaveAsync(Caller caller, Approval approval, AuditRecord record, CancellationToken ct)
    {
        var batch = db.For(caller.Tenant)
            .One(Replace, approval.Id, Word(approval.Status), approval.Expires, approval.Version, Json.Of(approval))
            .Audit(record);
        return (approval.Status switch
        {
            ApprovalStatus.Granted => batch.Event(caller, new ApprovalGranted(
                approval.Id, approval.Subject, [.. approval.Votes.Where(v => v.Approve).Select(v => v.Principal)], approval.Version)),
            ApprovalStatus.Rejected => batch.Event(caller, new ApprovalRejected(approval.Id, approval.Subject, approval.Votes[^1].Principal, approval.Version)),
            ApprovalStatus.Expired => batch.Event(caller, new ApprovalExpired(approval.Id, approval.Subject, approval.Version)),
            _ => batch,
        }).SaveAsync(ct);
    }

    public async Task<Approval> GetAsync(Caller caller, Id<Approval> id, CancellationToken ct) =>
        await db.For(caller.Tenant).FirstAsync(Select, r => r.Json<Approval>(0), ct, id) ?? throw Problems.NotFound("approval", id.ToString());

    public Task<Approval?> FindAsync(Caller caller, string name, ApprovalSubject subject, CancellationToken ct) =>
        db.For(caller.Tenant).FirstAsync(SelectBySubject, r => r.Json<Approval>(0), ct, subject.Run, SubjectKey(name, subject));

    public async Task<Page<Approval>> ListAsync(Caller caller, ApprovalStatus? status, PageRequest page, CancellationToken ct) => Cursor.Page(
        await db.For(caller.Tenant).ListAsync(List, r => r.Json<Approval>(0), ct, Cursor.ReadId<Approval>(page, "approvals")?.Value, status is { } s ? Word(s) : null, page.Limit + 1), page, "approvals", a => [a.Id.ToString()]);

    /// <summary>Approvals of all tenants whose time has run out: keys only.</summary>
    public Task<IReadOnlyList<(Id<Tenant> Tenant, Id<Approval> Id)>> DueAsync(DateTimeOffset now, CancellationToken ct) =>
        db.Across(DbRole.Timer).ListAsync(Due, r => (r.Id<Tenant>(0), r.Id<Approval>(1)), ct, now);

    static string Word(ApprovalStatus status) => status.ToString().ToLowerInvariant();

    // What is asked once in a run: the name, and for a gated call the step with exactly these arguments.
    static string SubjectKey(string name, ApprovalSubject subject) => $"{name}\n{subject.Step}\n{subject.ArgumentsDigest}\n{subject.DecisionDigest}";
}
