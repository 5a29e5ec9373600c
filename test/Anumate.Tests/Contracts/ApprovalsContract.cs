using System.Text.Json;
using Anumate.Proofs;

namespace Anumate.Tests.Contracts;

/// <summary>What <see cref="IApprovals"/> promises.</summary>
public abstract class ApprovalsContract(Form form)
{
    static NewApproval Request(PlatformTenant t, int quorum = 2, Id<Run>? run = null, TimeSpan? within = null) => new("finance", "Refund above 500",
        new ApprovalSubject(run ?? Id<Run>.New(TimeProvider.System), Digest.Of("plan"u8).ToString(), "hmac-sha256:" + Digest.Of("inputs"u8).ToString()[7..]),
        [new ApprovalStage(["finance"], quorum, within ?? TimeSpan.FromHours(4))], [t.Person("olga").Id], JsonElement.Parse("""{"capsule":"a@1.0.0"}"""u8));

    static Task<Approval> AskAsync(PlatformTenant t, NewApproval request) => t.Get<IApprovals>().RequestAsync(t.Service("orchestrator"), request, default);

    static async Task<Approval> SayAsync(PlatformTenant t, string who, Id<Approval> id, bool approve = true, string? comment = null) =>
        await t.Get<IApprovals>().DecideAsync(await t.CallerAsync(who), id, new DecideApproval(approve, comment), default);

    [Fact]
    public async Task The_same_subject_is_asked_once()
    {
        var t = await form.MakeTenantAsync();
        var request = Request(t);
        var first = await AskAsync(t, request);
        Assert.Equal((ApprovalStatus.Pending, "finance", 1L), (first.Status, first.Name, first.Version));
        Assert.Equal(request.Subject, first.Subject);
        Assert.Equal("""{"capsule":"a@1.0.0"}""", first.Evidence.GetRawText());
        Assert.Equal(first.Id, (await AskAsync(t, request)).Id);
        Assert.Equal(first.Id, (await t.Get<IApprovals>().GetAsync(await t.CallerAsync("vera"), first.Id, default)).Id);
        Assert.NotEqual(first.Id, (await AskAsync(t, Request(t))).Id);
        Assert.Equal(2, await t.CountAsync("platform.events", "type = 'approval.requested'"));
    }

    [Fact]
    public async Task A_quorum_of_different_people_grants()
    {
        var t = await form.MakeTenantAsync();
        var approval = await AskAsync(t, Request(t));
        Assert.Equal(ApprovalStatus.Pending, (await SayAsync(t, "finn", approval.Id, comment: "fine")).Status);
        Assert.Equal(2, (await SayAsync(t, "finn", approval.Id)).Version);
        var granted = await SayAsync(t, "fiona", approval.Id);
        Assert.Equal(ApprovalStatus.Granted, granted.Status);
        Assert.Equal([("finn", "fine"), ("fiona", null)], granted.Votes.Select(v => (v.Name, v.Comment)));
        Assert.Equal(1, await t.CountAsync("platform.events", "type = 'approval.granted'"));
    }

    [Fact]
    public async Task One_no_rejects_and_closes()
    {
        var t = await form.MakeTenantAsync();
        var approval = await AskAsync(t, Request(t));
        Assert.Equal(ApprovalStatus.Rejected, (await SayAsync(t, "fiona", approval.Id, approve: false)).Status);
        Assert.Equal("approval-closed", await PlatformTenant.RefusalAsync(() => SayAsync(t, "finn", approval.Id)));
        var open = await AskAsync(t, Request(t));
        var vera = await t.CallerAsync("vera");
        Assert.Equal([open.Id], (await t.Get<IApprovals>().ListAsync(vera, ApprovalStatus.Pending, new PageRequest(), default)).Items.Select(a => a.Id));
        Assert.Equal(2, (await t.Get<IApprovals>().ListAsync(vera, null, new PageRequest(), default)).Items.Count);
    }

    [Fact]
    public async Task An_approval_expires_by_itself()
    {
        var t = await form.MakeTenantAsync();
        var approval = await AskAsync(t, Request(t, within: TimeSpan.FromMilliseconds(200)));
        var vera = await t.CallerAsync("vera");
        await Hosting.Processes.UntilAsync(
            async () => (await t.Get<IApprovals>().GetAsync(vera, approval.Id, default)).Status == ApprovalStatus.Expired, "the approval expired");
        Assert.Equal("approval-closed", await PlatformTenant.RefusalAsync(() => SayAsync(t, "finn", approval.Id)));
    }

    [Fact]
    public async Task Groups_are_those_of_the_moment_and_no_requester_decides()
    {
        var t = await form.MakeTenantAsync();
        var (identity, alma) = (t.Get<IIdentity>(), await t.CallerAsync("alma"));
        var approval = await AskAsync(t, Request(t, quorum: 1));
        await identity.UpdatePrincipalAsync(alma, t.Person("finn").Id, new PrincipalUpdate([Role.Approver], [], true), 1, default);
        Assert.Equal("approval-not-entitled", await PlatformTenant.RefusalAsync(() => SayAsync(t, "finn", approval.Id)));
        await identity.UpdatePrincipalAsync(alma, t.Person("olga").Id, new PrincipalUpdate([Role.Operator, Role.Approver], ["finance"], true), 1, default);
        Assert.Equal("approval-not-entitled", await PlatformTenant.RefusalAsync(() => SayAsync(t, "olga", approval.Id)));
        Assert.Equal("forbidden", await PlatformTenant.RefusalAsync(() => SayAsync(t, "vera", approval.Id)));
        Assert.Equal(ApprovalStatus.Granted, (await SayAsync(t, "fiona", approval.Id)).Status);
    }

    [Fact]
    public async Task A_granted_approval_holds_while_those_who_granted_it_may()
    {
        var t = await form.MakeTenantAsync();
        var approval = await AskAsync(t, Request(t, quorum: 1));
        var (approvals, service) = (t.Get<IApprovals>(), t.Service("orchestrator"));
        Assert.Equal("approval-void", await PlatformTenant.RefusalAsync(() => approvals.ConfirmAsync(service, approval.Id, default)));
        await SayAsync(t, "finn", approval.Id);
        Assert.Equal(ApprovalStatus.Granted, (await approvals.ConfirmAsync(service, approval.Id, default)).Status);
        await t.Get<IIdentity>().UpdatePrincipalAsync(await t.CallerAsync("alma"), t.Person("finn").Id, new PrincipalUpdate([Role.Approver], [], true), 1, default);
        Assert.Equal("approval-void", await PlatformTenant.RefusalAsync(() => approvals.ConfirmAsync(service, approval.Id, default)));
        var finn = await t.CallerAsync("finn");
        Assert.Equal("forbidden", await PlatformTenant.RefusalAsync(() => approvals.ConfirmAsync(finn, approval.Id, default)));
    }

    [Fact]
    public async Task No_service_decides_in_a_persons_name_and_no_person_asks()
    {
        var t = await form.MakeTenantAsync();
        var approval = await AskAsync(t, Request(t));
        var acting = (await t.CallerAsync("finn")).AsService("orchestrator");
        Assert.Equal(403, (await Assert.ThrowsAsync<ProblemException>(() => t.Get<IApprovals>().DecideAsync(acting, approval.Id, new DecideApproval(true), default))).Problem.Status);
        var alma = await t.CallerAsync("alma");
        Assert.Equal("forbidden", await PlatformTenant.RefusalAsync(() => t.Get<IApprovals>().RequestAsync(alma, Request(t), default)));
        Assert.Empty((await t.Get<IApprovals>().GetAsync(alma, approval.Id, default)).Votes);
    }

    [Fact]
    public async Task Anothers_approval_is_not_found_and_nonsense_is_refused()
    {
        var (t, other) = (await form.MakeTenantAsync(), await form.MakeTenantAsync());
        var theirs = await AskAsync(other, Request(other));
        Assert.Equal("not-found", await PlatformTenant.RefusalAsync(() => SayAsync(t, "finn", theirs.Id)));
        var vera = await t.CallerAsync("vera");
        Assert.Equal("not-found", await PlatformTenant.RefusalAsync(() => t.Get<IApprovals>().GetAsync(vera, theirs.Id, default)));
        Assert.Equal("invalid-request", await PlatformTenant.RefusalAsync(() => AskAsync(t, Request(t) with { Stages = [] })));
    }
}

public sealed class ApprovalsServiceTests(TestServer server) : ApprovalsContract(server);

public sealed class ApprovalsOverHttpTests(OtherProcess other) : ApprovalsContract(other);
