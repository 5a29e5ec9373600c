using System.Text;
using System.Text.Json;

namespace Anumate.Chaos;

/// <summary>What runs under chaos: tools of each effect, and a capsule for each way an outcome is found out.</summary>
static class ChaosDocuments
{
    public const string Read = "chaos.read", Put = "chaos.put", Charge = "chaos.charge", Blind = "chaos.blind";

    /// <summary>Idempotent calls, and a sensitive output; then effects that can be asked back; then an effect that only a person can tell of.</summary>
    public static readonly string[] Capsules = ["chaos-safe", "chaos-charge", "chaos-blind"];

    public const string Policy = """
        policy chaos.all version 1 {
          at tool.before

          rule anybody allow because "chaos may do everything" when actor.roles.exists(r, r == "operator")
        }
        """;

    public static string Capsule(string name) => $"""
        apiVersion: anumate.io/v1
        kind: Capsule
        metadata: {"{"} name: {name}, version: 1.0.0 {"}"}
        spec:
          inputs: {"{"} type: object, properties: {"{"} item: {"{"} type: string, maxLength: 64{(name == Capsules[0] ? ", x-sensitivity: pii" : "")} {"}"} {"}"}, required: [item] {"}"}
          tools: [{string.Join(", ", Steps(name).Select(s => s.Tool))}]
          policies: [chaos.all]
          steps:
        {string.Join('\n', Steps(name).Select(Step))}
          outputs: {"{"} n: "{Of("steps.act.output.n")}", item: "{Of("steps.act.output.item")}"{(name == Capsules[0] ? $", given: \"{Of("inputs.item")}\"" : "")} {"}"}
        """;

    /// <summary>The steps of a capsule that change something, and the tool each calls.</summary>
    public static IReadOnlyList<(string Id, string Tool)> Effects(string capsule) => [.. Steps(capsule).Where(s => s.Tool != Read)];

    public static PutConnector Connector(string address) => new("chaos-tools", address,
    [
        Tool(Read, ToolEffect.ReadOnly, null), Tool(Put, ToolEffect.Idempotent, null), Tool(Charge, ToolEffect.Effect, "/charge/status"), Tool(Blind, ToolEffect.Effect, null),
    ]);

    public static bool MayRepeat(string tool) => tool is "read" or "put";

    static IReadOnlyList<(string Id, string Tool)> Steps(string capsule) => capsule switch
    {
        "chaos-safe" => [("look", Read), ("act", Put)],
        "chaos-charge" => [("look", Read), ("act", Charge)],
        _ => [("look", Read), ("act", Blind)],
    };

    static string Step((string Id, string Tool) step) => string.Join('\n',
    [
        $"    - id: {step.Id}",
        $"      call: {step.Tool}",
        $"      with: {"{"} item: \"{Of(step.Id == "look" ? "inputs.item" : "steps.look.output.item")}\" {"}"}",
        "      timeout: 2s",
        "      retry: { max_attempts: 20, backoff: { initial: 100ms, factor: 2, max: 2s, jitter: true }, on: [timeout, unavailable] }",
        .. (string[])(step.Tool == Charge ? ["      on_unknown: lookup"] : step.Tool == Blind ? ["      on_unknown: ask"] : []),
    ]);

    static string Of(string expression) => "${{ " + expression + " }}";

    static NewTool Tool(string name, ToolEffect effect, string? lookup) => new(name, "/" + name.Split('.')[1], effect,
        Schema("""{"type":"object","required":["item"],"properties":{"item":{"type":"string","maxLength":64}},"additionalProperties":false}"""),
        Schema("""{"type":"object","required":["n","item"],"properties":{"n":{"type":"integer"},"item":{"type":"string"}}}"""), null, lookup);

    static JsonElement Schema(string text) => JsonElement.Parse(Encoding.UTF8.GetBytes(text));
}
