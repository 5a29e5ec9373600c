using System.CommandLine;

namespace Anumate.Cli.Verbs;

/// <summary><c>anumate capsule</c>.</summary>
static class CapsuleVerbs
{
    public static Command Capsule() => new("capsule", "Publish and read capsules") { Push(), List(), Get() };

    static Command Push()
    {
        var file = new Argument<string>("file") { Description = "the capsule's YAML; - for standard input" };
        return new Command("push", "Publish a capsule version; it is checked and signed, and never changes afterwards") { file }.Does(async (call, ct) =>
        {
            var path = call.Get(file);
            var source = await Documents.ReadAsync(path, ct);
            try
            {
                var version = await call.Client.Registry.PublishAsync(call.Self, new PublishCapsule(source), ct);
                call.Out.Write(version, o =>
                {
                    o.Line($"published [bold]{version.Name}@{version.Version}[/]  {version.Id}");
                    o.Line($"digest    {version.Digest}");
                });
                foreach (var d in version.Diagnostics)
                {
                    call.Out.Diagnostic(d, path);
                }

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
        var name = new Option<string?>("--name") { Description = "only this capsule's versions", HelpName = "name" };
        var lists = new Lists();
        return new Command("list", "List capsule versions, newest first") { name, lists.Limit, lists.Cursor }.Does(async (call, ct) =>
            Lists.Show(call, await call.Client.Registry.ListAsync(call.Self, call.Get(name), lists.Page(call.Parse), ct),
                ["name", "version", "owner", "published", "digest", "id"],
                c => [c.Name, c.Version, c.Owner ?? "", Lists.When(c.PublishedAt), Lists.Short(c.Digest), c.Id.ToString()]));
    }

    static Command Get()
    {
        var reference = new Argument<string>("capsule") { Description = "name@version, name (highest version) or cap_ id" };
        return new Command("get", "Print a capsule version's source; -o json gives everything") { reference }.Does(async (call, ct) =>
        {
            var text = call.Get(reference);
            var version = Id<Capsule>.TryParse(text, null, out var id)
                ? await call.Client.Registry.GetAsync(call.Self, id, ct)
                : await call.Client.Registry.ResolveAsync(call.Self, text, ct);
            call.Out.Write(version, o => o.Raw(version.Source));
            return ExitCode.Ok;
        });
    }
}
