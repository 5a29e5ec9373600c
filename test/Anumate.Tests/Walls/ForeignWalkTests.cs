using System.Text;
using System.Text.RegularExpressions;
using Anumate.Tests.GoldenPath;
using Anumate.Tests.Http;

namespace Anumate.Tests.Walls;

/// <summary>Every route with the ids of another tenant. What it has is as what nobody has, and stays as it is.</summary>
public abstract partial class ForeignWalk(Form form, ToolProgram tools)
{
    [Fact]
    public async Task T1_Every_id_of_another_tenant_is_as_one_of_nothing_and_nothing_changes()
    {
        var (a, b, _, world) = await TenantsAsync();
        var walk = new RouteWalk(a);
        var routes = walk.Services.Where(r => !r.IsPublic).ToDictionary(r => r.Name);
        var (foreign, nothing) = (ForeignAsks.Of(world), World.OfNothing());
        Assert.Empty(routes.Keys.Except(foreign.Keys).Except(ForeignAsks.TakesNone.Keys));
        Assert.Empty(foreign.Keys.Concat(ForeignAsks.TakesNone.Keys).Except(routes.Keys));
        Assert.All(ForeignAsks.TakesNone.Keys, name => Assert.True(!name.Contains('{') || !Role.All.Any(routes[name].IsFor), $"{name} takes an id"));
        var (before, mine) = (await World.SettledRowsAsync(b), await World.SettledRowsAsync(a));

        // Twice: what a cache learned the first time must not answer the second.
        for (var round = 0; round < 2; round++)
        {
            foreach (var (name, asks) in ForeignAsks.Of(nothing))
            {
                foreach (var (unknown, other) in asks.Zip(foreign[name]))
                {
                    await SameAsync(walk, routes[name], a, (unknown, nothing), (other, world));
                }
            }
        }

        Assert.Equal(before, await World.SettledRowsAsync(b));
        Assert.Equal(mine.Where(t => !Reads(t.Key)), (await World.SettledRowsAsync(a)).Where(t => !Reads(t.Key)));
    }

    [Fact]
    public async Task T1_A_service_acting_for_one_tenant_finds_nothing_of_another()
    {
        var (a, b, _, world) = await TenantsAsync();
        var (ours, theirs) = ((await a.CallerAsync("olga")).AsService("orchestrator"), (await b.CallerAsync("olga")).AsService("orchestrator"));
        var tokens = a.Get<ICapTokens>();
        var run = Id<Run>.Parse(world.Run, null);
        var tool = (await a.Get<IConnectors>().GetToolsAsync(theirs, [world.Tool], default))[0];
        var reference = $"{tool.Name}@{tool.Digest}";
        var token = await tokens.IssueAsync(theirs, new NewCapToken(run, "order", 1, 1, world.PlanHash, [new Grant(reference, null, 1)], TimeSpan.FromMinutes(1), theirs.Principal), default);
        var digest = $"hmac-sha256:{new string('0', 64)}";
        var before = await World.SettledRowsAsync(b);

        await Refused("captoken-refused", () => tokens.SpendAsync(ours, new SpendCapToken(token.Token, "connectors", run, "order", 1, 1, reference, digest), default));
        await Refused("not-found", () => tokens.RevokeAsync(ours, token.Id, default));
        var call = new ToolCall(token.Token, reference, Encoding.UTF8.GetBytes("""{"id":"A-1001"}"""), new byte[32], "key-of-a", run, "order", 1, 1, TimeSpan.FromSeconds(5));
        await Refused("not-found", () => a.Get<IConnectors>().CallAsync(ours, call, default));
        await Refused("not-found", () => a.Get<IConnectors>().LookupAsync(ours, new ToolLookup(reference, "key-of-b", TimeSpan.FromSeconds(5)), default));
        await Refused("not-found", () => a.Get<IApprovals>().ConfirmAsync(ours, Id<Approval>.Parse(world.Approval, null), default));
        await Refused("not-found", () => a.Get<IApprovals>().GetAsync(ours, Id<Approval>.Parse(world.Approval, null), default));

        Assert.Equal(before, await World.SettledRowsAsync(b));
        Assert.DoesNotContain(await tools.RecordAsync(), e => e.Key == "key-of-a");
    }

    [Fact]
    public async Task T2_No_list_search_or_export_shows_a_row_of_another_tenant()
    {
        var (a, b, own, world) = await TenantsAsync();
        await World.SettledRowsAsync(a); // Until then there is no checkpoint to show.
        var walk = new RouteWalk(a);
        var today = DateOnly.FromDateTime(TimeProvider.System.GetUtcNow().UtcDateTime);
        var foreign = await World.IdsAsync(b, b.Id);
        var shared = await World.IdsAsync(b, default);
        var shown = 0;
        foreach (var route in walk.Services.Where(r => r.Method == "GET" && !r.IsPublic && !r.Pattern.Contains('{') && r.Pattern != "/v1/events/stream"))
        {
            var filters = route.Pattern switch
            {
                "/v1/usage" => [$"?from={today.AddDays(-1):yyyy-MM-dd}&to={today.AddDays(1):yyyy-MM-dd}"],
                "/v1/captokens" => [$"?run={world.Run}", $"?run={own.Run}"],
                "/v1/capsules/resolve" => [$"?reference={own.CapsuleReference}"],
                "/v1/events" => ["?limit=200", $"?subject={world.Run}", $"?subject={own.Run}"],
                "/v1/audit" => ["?limit=200", $"?object={world.Run}"],
                _ => (IEnumerable<string>)(route.QueryNames.Contains("limit") ? ["", "?limit=200"] : [""]),
            };
            foreach (var filter in filters)
            {
                foreach (var person in PlatformTenant.People.Where(p => route.IsFor(p.Roles[0])))
                {
                    var answer = await walk.AskAsync(route, await a.TokenAsync(person.Name), route.Pattern + filter);
                    Assert.True(answer.Status == 200, $"{route}{filter} answered {answer.Status} to {person.Name}");
                    var text = Encoding.UTF8.GetString(answer.Body);
                    Assert.True(!IdsIn(text).Any(id => foreign.Contains(id) && !shared.Contains(id)), $"{route}{filter} shows {person.Name} a row of another tenant");
                    Assert.All(world.All.Append(b.Name).Where(word => !filter.Contains(word, StringComparison.Ordinal)), word => Assert.DoesNotContain(word, text));
                    shown += IdsIn(text).Count();
                }
            }
        }

        // The walk looked at something: the tenant sees its own, and the other sees what this one did not.
        Assert.True(shown > 100, $"only {shown} ids were shown");
        var theirs = Encoding.UTF8.GetString((await walk.AskAsync(walk.Routes.Single(r => r.Name == "GET /v1/events"), await b.TokenAsync("vera"), "/v1/events?limit=200")).Body);
        Assert.Contains(IdsIn(theirs), foreign.Contains);
    }

    [Fact]
    public async Task T2_A_stream_of_events_tells_nothing_of_another_tenant()
    {
        var (a, b, _, world) = await TenantsAsync();
        using var http = await a.HttpAsync("vera");
        using var end = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        using var response = await http.GetAsync("/v1/events/stream", HttpCompletionOption.ResponseHeadersRead, end.Token);
        using var lines = new StreamReader(await response.Content.ReadAsStreamAsync(end.Token));
        using var one = await a.HttpAsync("alma");
        using var other = await b.HttpAsync("alma");
        var heard = new StringBuilder();
        var next = lines.ReadLineAsync(end.Token).AsTask();
        for (var i = 0; !heard.ToString().Contains("ours-", StringComparison.Ordinal); i++)
        {
            foreach (var (who, name) in new[] { (other, $"theirs-{i}"), (one, $"ours-{i}") })
            {
                Assert.Equal(201, (await who.PostJsonAsync("/v1/principals", $$"""{"name":"{{name}}","kind":"service","roles":[],"groups":[]}""")).Status);
            }

            while (await Task.WhenAny(next, Task.Delay(500, end.Token)) == next)
            {
                heard.AppendLine(await next ?? throw new EndOfStreamException());
                next = lines.ReadLineAsync(end.Token).AsTask();
            }
        }

        Assert.DoesNotContain("theirs-", heard.ToString());
        Assert.DoesNotContain(b.Id.ToString(), heard.ToString());
        Assert.All(world.All, word => Assert.DoesNotContain(word, heard.ToString()));
    }

    // Reading what is sensitive leaves a record, and that is as it should be.
    static bool Reads(string table) => table is "platform.leaf" or "platform.events" || table.StartsWith("receipts.", StringComparison.Ordinal);

    static async Task SameAsync(RouteWalk walk, WalkedRoute route, PlatformTenant tenant, (ForeignAsk Ask, World Of) unknown, (ForeignAsk Ask, World Of) foreign)
    {
        var (first, second) = (await Ask(unknown.Ask), await Ask(foreign.Ask));
        Assert.True(second.Status == foreign.Ask.Status, $"{route} answered {second.Status} with an id of another tenant: {Encoding.UTF8.GetString(second.Body)}");
        Assert.Equal(Said(first, unknown.Of), Said(second, foreign.Of));

        async Task<Answer> Ask(ForeignAsk ask) => await walk.AskAsync(route, await tenant.TokenAsync(ask.As), ask.Path, ask.Body, ("If-Match", "\"1\""));
    }

    // An answer with the names that were asked for taken out: the rest must tell nothing.
    static string Said(Answer answer, World of)
    {
        var text = of.All.Concat(of.All.Where(w => w.Contains('@')).Select(w => w.Split('@')[0])).OrderByDescending(w => w.Length)
            .Aggregate(Encoding.UTF8.GetString(answer.Body), (t, word) => t.Replace(word, "?", StringComparison.Ordinal));
        return $"{answer.Status} {TraceId().Replace(text, "")}";
    }

    static async Task Refused(string code, Func<Task> act) => Assert.Equal(code, (await Assert.ThrowsAsync<ProblemException>(act)).Problem.Code);

    async Task<(PlatformTenant A, PlatformTenant B, World Own, World Foreign)> TenantsAsync()
    {
        var (a, b) = (await form.MakeTenantAsync(), await form.MakeTenantAsync());
        return (a, b, await World.MakeAsync(a, tools), await World.MakeAsync(b, tools));
    }

    static IEnumerable<Guid> IdsIn(string text) => AnyId().Matches(text)
        .Select(m => Id<Tenant>.TryParse($"{Tenant.Prefix}_{m.Groups[1].Value}", null, out var id) ? id.Value : Guid.Empty).Where(id => id != Guid.Empty);

    [GeneratedRegex("[a-z]{3}_([0-9a-hjkmnp-tv-z]{26})")]
    private static partial Regex AnyId();

    [GeneratedRegex("\"traceId\":\"[^\"]*\"")]
    private static partial Regex TraceId();
}

/// <summary>Everything in one process.</summary>
public sealed class ForeignWalkTests(TestServer server, ToolProgram tools) : ForeignWalk(server, tools);

/// <summary>Services in processes of their own.</summary>
public sealed class ForeignWalkOverProcessesTests(OtherProcess other, ToolProgram tools) : ForeignWalk(other, tools);
