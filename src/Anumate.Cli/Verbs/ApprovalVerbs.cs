using System.CommandLine;

namespace Anumate.Cli.Verbs;

/// <summary><c>anumate approvals</c>.</summary>
static class ApprovalVerbs
{
    public static Command Approvals() => new("approvals", "See and decide approvals") { List(), Decide("approve", "Say yes", true), Decide("reject", "Say no", false) };

    static Command List()
    {
        var status = new Option<string?>("--status") { Description = "pending (default), granted, rejected, expired or all", DefaultValueFactory = _ => "pending", HelpName = "status" };
        status.AcceptOnlyFromAmong("pending", "granted", "rejected", "expired", "all");
        var lists = new Lists();
        return new Command("list", "List approvals, newest first") { status, lists.Limit, lists.Cursor }.Does(async (call, ct) =>
        {
            ApprovalStatus? kept = call.Get(status) == "all" ? null : Enum.Parse<ApprovalStatus>(call.Get(status)!, ignoreCase: true);
            return Lists.Show(call, await call.Client.Approvals.ListAsync(call.Self, kept, lists.Page(call.Parse), ct),
                ["approval", "title", "status", "stage", "votes", "expires", "run"],
                a => [a.Id.ToString(), a.Title, Lists.Word(a.Status), Stage(a), string.Join(", ", a.Votes.Select(v => $"{v.Name} {(v.Approve ? "yes" : "no")}")),
                    Lists.When(a.Expires), a.Subject.Run.ToString()]);
        });
    }

    static Command Decide(string verb, string description, bool approve)
    {
        var id = new Argument<string>("approval") { Description = "apr_ id" };
        var comment = new Option<string?>("--comment", "-m") { Description = "why", HelpName = "text" };
        return new Command(verb, description) { id, comment }.Does(async (call, ct) =>
        {
            var approval = await call.Client.Approvals.DecideAsync(call.Self, Ids.Parse<Approval>(call.Get(id)), new DecideApproval(approve, call.Get(comment)), ct);
            call.Out.Write(approval, o => o.Line($"[bold]{approval.Title}[/]: {Lists.Word(approval.Status)} ({Stage(approval)})"));
            return ExitCode.Ok;
        });
    }

    static string Stage(Approval a)
    {
        var stage = a.Stages[Math.Min(a.Stage, a.Stages.Count - 1)];
        return $"{a.Votes.Count(v => v.Stage == a.Stage && v.Approve)} of {stage.Quorum} from {string.Join(" or ", stage.Groups)}";
    }
}
