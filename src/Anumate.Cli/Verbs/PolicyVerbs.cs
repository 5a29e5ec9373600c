using System.CommandLine;

namespace Anumate.Cli.Verbs;

/// <summary><c>anumate policy</c>.</summary>
static class PolicyVerbs
{
    public static Command Policy() => new("policy", "Check, test, explain, publish, read and replay policies")
    {
        Push(), List(), Replay(), PolicyFiles.Check(), PolicyFiles.Fmt(), PolicyFiles.Test(), PolicyFiles.Explain(),
    };

    static Command Push()
    {
        var file = new Argument<string>("file") { Description = "the policy document; - for standard input" };
        var tenantWide = new Option<bool>("--tenant-wide") { Description = "rules everything in the tenant, not only capsules that name it" };
        return new Command("push", "Publish a policy version") { file, tenantWide }.Does(async (call, ct) =>
        {
            var path = call.Get(file);
            var source = await Documents.ReadAsync(path, ct);
            try
            {
                var policy = await call.Client.Policies.PublishAsync(
                    call.Self, new PublishPolicy(source, call.Get(tenantWide) ? PolicyBinding.Tenant : PolicyBinding.Capsule), ct);
                call.Out.Write(policy, o => o.Line($"published policy [bold]{policy.Name}@{policy.Version}[/]  {policy.Digest}"));
                return ExitCode.Ok;
            }
            catch (ProblemException e) when (e.Problem.Diagnostics is not null)
            {
                call.Out.Problem(e.Problem, path);
                return ExitCode.Of(e.Problem);
            }
        });
    }

    static Command List()
    {
        var name = new Option<string?>("--name") { Description = "only this policy's versions", HelpName = "name" };
        var lists = new Lists();
        return new Command("list", "List policy versions, newest first") { name, lists.Limit, lists.Cursor }.Does(async (call, ct) =>
            Lists.Show(call, await call.Client.Policies.ListAsync(call.Self, call.Get(name), false, lists.Page(call.Parse), ct),
                ["name", "version", "binds", "published", "digest", "id"],
                p => [p.Name, p.Version.ToString(), Lists.Word(p.Binding), Lists.When(p.PublishedAt), Lists.Short(p.Digest), p.Id.ToString()]));
    }

    static Command Replay()
    {
        var reference = new Argument<string>("policy") { Description = "a version: name@3, name (its highest), or an id" };
        var from = new Option<DateTimeOffset?>("--from") { Description = "only decisions made then or later", HelpName = "time" };
        var to = new Option<DateTimeOffset?>("--to") { Description = "only decisions made before", HelpName = "time" };
        var point = new Option<string?>("--point") { Description = "only decisions at this point", HelpName = "point" };
        var most = new Option<int>("--most") { Description = "the newest so many decisions", DefaultValueFactory = _ => 1_000 };
        var check = new Option<bool>("--check") { Description = "exit code 1 when a decision would change" };
        return new Command("replay", "Try a policy version on recorded decisions: which would change") { reference, from, to, point, most, check }.Does(async (call, ct) =>
        {
            var named = call.Get(reference);
            var id = Id<Policy>.TryParse(named, null, out var given) ? given : (await call.Client.Policies.ResolveAsync(call.Self, [named], ct))[0].Id;
            var replay = await call.Client.Policies.ReplayAsync(call.Self, id, new ReplayPolicy(call.Get(from), call.Get(to), call.Get(point), call.Get(most)), ct);
            call.Out.Write(replay, o => Show(o, replay));
            return call.Get(check) && replay.Changed > 0 ? ExitCode.Error : ExitCode.Ok;
        });
    }

    static void Show(Output o, PolicyReplay replay)
    {
        o.Line($"[bold]{replay.Policy}@{replay.Version}[/]  {replay.Changed} of {replay.Tried} recorded decisions would change ({replay.Unreadable} more cannot be made again)");
        foreach (var count in replay.Counts)
        {
            o.Line($"{count.Decisions}  {Lists.Word(count.Now)} -> {Lists.Word(count.Then)}");
        }

        if (replay.Changes.Count > 0)
        {
            o.Table(["at", "point", "subject", "run", "was", "now", "then", "reason"], replay.Changes.Select(c => (string[])
                [Lists.When(c.At), c.Point, c.Subject, c.Run ?? "", Lists.Word(c.Recorded), Lists.Word(c.Now), Lists.Word(c.Then), c.Reason]));
        }
    }
}
