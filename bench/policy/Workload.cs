using System.Text.Json;

namespace Anumate.Bench.Policies;

/// <summary>A policy of the workload: who may use a tool, or above which risk nobody may.</summary>
sealed record Rule(int Number, bool Denies, string Role, string Tool, int Risk, int Amount)
{
    /// <summary>In our language. The tool stands in the head, or, where the index is not to know it, in the condition.</summary>
    public string Text(Placement placement) => $$"""
        policy bench.p{{Number}} version 1 {
          at tool.before
          {{(placement == Placement.Head ? $"on tool in [\"{Tool}\"]" : "")}}
          rule only {{(Denies ? "deny" : "allow")}} when {{placement switch
    {
        Placement.Head => "",
        Placement.Condition => $"call.tool == \"{Tool}\" && ",
        _ => $"call.args.tool == \"{Tool}\" && ",
    }}}{{Condition}}
        }
        """;

    string Condition => Denies
        ? $"call.args.risk >= {Risk}.0 && !(\"exempt\" in call.args.labels)"
        : $"\"{Role}\" in actor.roles && call.args.risk < {Risk}.0 && call.tenant == actor.tenant && (\"internal\" in call.args.labels || call.args.amount <= {Amount}.0)";

    public bool Matches(Question q) => Tool == q.Tool && (Denies
        ? q.Risk >= Risk && !q.Labels.Contains("exempt")
        : q.Roles.Contains(Role) && q.Risk < Risk && q.ActorTenant == q.Tenant && (q.Labels.Contains("internal") || q.Amount <= Amount));
}

/// <summary>Where a policy names its tool.</summary>
enum Placement
{
    Head,
    Condition,
    /// <summary>In a part of the condition that no index reads: every policy is evaluated for every question.</summary>
    Argument,
}

sealed record Question(
    string User, string ActorTenant, string[] Roles, string Tool, string Resource, string Tenant, string[] Labels, int Risk, int Amount)
{
    public byte[] Json()
    {
        var args = new { tool = Tool, resource = Resource, labels = Labels, risk = Risk, amount = Amount };
        return JsonSerializer.SerializeToUtf8Bytes(new
        {
            actor = new { id = User, tenant = ActorTenant, roles = Roles },
            call = new { tool = Tool, effect = "effect", tenant = Tenant, args },
        });
    }
}

/// <summary>
/// The same policies and questions for every engine, from a fixed seed (as bench-peers/policy/gen.mjs makes them). The oracle knows the
/// right answer without any engine: a matching denial denies, otherwise a matching permission allows.
/// </summary>
sealed class Workload
{
    const int Count = 1_000;

    public Workload(int policies, int tools)
    {
        Rules = [.. Enumerable.Range(0, policies).Select(i => new Rule(
            i, i % 10 == 9, $"r{i % 4}", $"tool_{i / 2 % tools}", i % 10 == 9 ? 70 : 40 + (i * 7 % 60), 500 + (i * 131 % 9_000)))];
        var seed = 7u;
        Questions = [.. Enumerable.Range(0, Count).Select(k => Ask(k, tools, ref seed))];
        Expected = [.. Questions.Select(q => !Rules.Any(r => r.Denies && r.Matches(q)) && Rules.Any(r => !r.Denies && r.Matches(q)))];
    }

    public IReadOnlyList<Rule> Rules { get; }

    public IReadOnlyList<Question> Questions { get; }

    /// <summary>Whether each question is to be allowed.</summary>
    public IReadOnlyList<bool> Expected { get; }

    static Question Ask(int k, int tools, ref uint seed)
    {
        string[] roles = [$"r{Below(4, ref seed)}", $"r{Below(4, ref seed)}"];
        var (actorTenant, tool, tenant) = (Below(2, ref seed), Below(tools, ref seed), Below(2, ref seed));
        string[] labels = Next(ref seed) < 0.5 ? ["internal"] : Next(ref seed) < 0.5 ? ["exempt", "public"] : ["public"];
        return new($"u{k % 97}", $"t{actorTenant}", roles, $"tool_{tool}", $"c{k % 53}", $"t{tenant}", labels, Below(100, ref seed), Below(10_000, ref seed));
    }

    static double Next(ref uint seed) => (seed = unchecked((seed * 1_664_525) + 1_013_904_223)) / 4_294_967_296.0;

    static int Below(int bound, ref uint seed) => (int)(Next(ref seed) * bound);

    /// <summary>For the peers, who translate it into their own languages.</summary>
    public string ToJson() => JsonSerializer.Serialize(new { rules = Rules, questions = Questions, expected = Expected }, SnakeCase);

    static readonly JsonSerializerOptions SnakeCase = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };
}
