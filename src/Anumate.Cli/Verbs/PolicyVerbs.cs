using System.CommandLine;

namespace Anumate.Cli.Verbs;

/// <summary><c>anumate policy</c>.</summary>
static class PolicyVerbs
{
    public static Command Policy() => new("policy", "Check, test, explain, publish and read policies")
    {
        Push(), List(), PolicyFiles.Check(), PolicyFiles.Fmt(), PolicyFiles.Test(), PolicyFiles.Explain(),
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
}
