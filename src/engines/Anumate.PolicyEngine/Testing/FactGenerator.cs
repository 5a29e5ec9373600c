using System.Text.Json.Nodes;
using Anumate.Cel;

namespace Anumate.PolicyEngine.Testing;

/// <summary>
/// Makes facts that matter to a policy: every path its expressions read, with values near its own constants, values of the test's tables,
/// values of the wrong type, and nothing. The same test gets the same inputs each time.
/// </summary>
sealed class FactGenerator
{
    static readonly Dictionary<string, string[]> Words = new()
    {
        ["actor.kind"] = ["user", "service", "agent"],
        ["actor.credential"] = ["sign_in", "api_key", "service"],
        ["call.effect"] = ["effect", "idempotent", "read_only"],
        ["preflight.verdict"] = ["ready", "needs_approval", "blocked"],
    };

    readonly Random random;
    readonly CompiledTest test;
    readonly List<(IReadOnlyList<string> Path, CelType Type)> paths = [];
    readonly List<string> texts = ["other", "another", ""];
    readonly List<JsonNode> numbers = [0, 1, -1];
    readonly List<JsonNode> amounts = [];
    readonly Dictionary<string, List<JsonNode>> seen = [];
    readonly string[] tools;

    public FactGenerator(CompiledPolicy policy, CompiledTest test, CompiledNever never)
    {
        this.test = test;
        random = new Random(Seed($"{policy.Name}/{test.Title}/{never.Name}"));
        var expressions = test.Scope.Lets.Select(l => l.Value)
            .Concat(test.Scope.Rules.SelectMany(r => r.Clauses.Append(r.Limit?.Key!)))
            .Concat(never.When.Clauses).OfType<Expression>().Select(e => e.Code).ToList();
        AddPaths(expressions.SelectMany(e => e.References).Select(r => (IReadOnlyList<string>)[r.Variable, .. r.Fields]));
        AddPaths(test.Scope.Rules.Any(r => r.Window is not null) ? [["now"]] : []);
        AddPaths(test.Scope.Rules.Any(r => r.Require is not null) ? [["preflight", "risk"], ["preflight", "verdict"], ["preflight", "at"], ["now"]] : []);
        foreach (var constant in expressions.SelectMany(e => e.Constants))
        {
            Add(constant);
        }

        foreach (var (path, constants) in expressions.Select(e => e.Comparison).OfType<CelComparison>().Select(c => (c.Path, c.Constants)))
        {
            AddSeen(path, constants.Select(c => Facts.TryJson(c, out var node) ? node : null));
        }

        foreach (var row in test.Rows.Select(r => r.Facts).Append(test.Given))
        {
            Collect(row, []);
        }

        tools = [.. (policy.Patterns ?? []).Select(p => p.Text.Replace("*", "x")), .. texts.Where(t => t.Contains('.'))];
    }

    public JsonObject Next()
    {
        var from = test.Rows.Count > 0 && random.Next(2) == 0 ? test.Rows[random.Next(test.Rows.Count)].Facts : test.Given;
        var facts = (JsonObject)from.DeepClone();
        // Some inputs differ from what is given in one fact, some in most.
        var most = random.Next(1, 8);
        foreach (var (path, type) in paths)
        {
            if (random.Next(8) < most)
            {
                var isAbsent = random.Next(8) == 0 && path is not ["call", "tool"];
                Facts.Set(facts, path, isAbsent ? null : Value(path, type), isAbsent);
            }
        }

        if (test.Point.ConcernsTool && facts["call"]?["tool"] is not JsonValue)
        {
            Facts.Set(facts, ["call", "tool"], Tool(), isAbsent: false);
        }

        return facts;
    }

    /// <summary>The same text has the same seed in every process.</summary>
    static int Seed(string text) => BitConverter.ToInt32(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(text)));

    void AddPaths(IEnumerable<IReadOnlyList<string>> all)
    {
        foreach (var path in all)
        {
            if (Facts.TypeOf(test.Point, path) is { } type && type.Kind is not (CelKind.Object or CelKind.Map) && !paths.Exists(p => p.Path.SequenceEqual(path)))
            {
                paths.Add((path, type));
            }
        }
    }

    void Add(CelValue constant)
    {
        switch (constant.Kind)
        {
            case CelKind.String when !texts.Contains(constant.AsString):
                texts.Add(constant.AsString);
                break;
            case CelKind.Int:
                numbers.AddRange([constant.AsInt, constant.AsInt - 1, constant.AsInt + 1]);
                break;
            case CelKind.Double when double.IsFinite(constant.AsDouble):
                numbers.AddRange([constant.AsDouble, constant.AsDouble - 0.01, constant.AsDouble + 0.01]);
                break;
            case CelKind.Money:
                var (amount, currency) = (constant.AsMoney.Amount, constant.AsMoney.Currency);
                amounts.AddRange(new[] { amount, amount - 0.01m, amount + 0.01m }.Select(a => (JsonNode)Money(a, currency)));
                amounts.Add(Money(amount, currency == "USD" ? "EUR" : "USD"));
                break;
        }
    }

    static JsonObject Money(decimal amount, string currency) => new() { ["amount"] = amount.ToString(), ["currency"] = currency };

    /// <summary>Values that the test itself gives to a path, beside those that expressions compare it with.</summary>
    void Collect(JsonObject facts, IReadOnlyList<string> above)
    {
        foreach (var (name, value) in facts)
        {
            IReadOnlyList<string> path = [.. above, name];
            if (value is JsonObject inner && paths.Exists(p => p.Path.Count > path.Count && p.Path.Take(path.Count).SequenceEqual(path)))
            {
                Collect(inner, path);
            }
            else
            {
                AddSeen(string.Join('.', path), [value]);
            }
        }
    }

    void AddSeen(string path, IEnumerable<JsonNode?> values) =>
        (seen.TryGetValue(path, out var known) ? known : seen[path] = []).AddRange(values.OfType<JsonNode>());

    JsonNode? Value(IReadOnlyList<string> path, CelType type)
    {
        var name = string.Join('.', path);
        return seen.TryGetValue(name, out var known) && known.Count > 0 && random.Next(2) == 0 ? OneOf(known)
            : name == "call.tool" ? Tool()
            : Words.TryGetValue(name, out var words) ? words[random.Next(words.Length)]
            : Of(type);
    }

    JsonNode? Of(CelType type) => type.Kind switch
    {
        CelKind.String => OneOf(texts),
        CelKind.Bool => random.Next(2) == 0,
        CelKind.Int => random.Next(101),
        CelKind.Timestamp => new DateTimeOffset(2026, 1, 5, 0, 0, 0, default).AddMinutes(random.Next(TimeWindow.Week)).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'"),
        CelKind.List => new JsonArray([.. Enumerable.Range(0, random.Next(3)).Select(_ => (JsonNode?)OneOf(texts))]),
        _ => random.Next(10) switch
        {
            0 => null,
            1 => random.Next(2) == 0,
            2 => new JsonArray(OneOf(texts)),
            3 or 4 when amounts.Count > 0 => OneOf(amounts),
            5 or 6 => OneOf(numbers),
            _ => OneOf(texts),
        },
    };

    JsonNode Tool() => tools.Length == 0 ? "other.tool" : tools[random.Next(tools.Length)];

    JsonNode OneOf(List<JsonNode> nodes) => nodes[random.Next(nodes.Count)].DeepClone();

    string OneOf(List<string> words) => words[random.Next(words.Count)];
}
