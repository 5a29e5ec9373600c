namespace Anumate.Tests.Walls;

/// <summary>A request that names an object, by a person who may do such a thing to objects of its own tenant.</summary>
public sealed record ForeignAsk(string As, string Path, string? Body = null, int Status = 404);

/// <summary>
/// What every route is asked with the ids of another tenant. A route that takes no id is in <see cref="TakesNone"/> with the reason; a
/// route that is in neither fails the test, so that a new one cannot be forgotten.
/// </summary>
static class ForeignAsks
{
    const string Inputs = """{"order_id":"A-1001","amount":40,"currency":"EUR","email":"jane@example.com"}""";

    public static IReadOnlyDictionary<string, ForeignAsk[]> Of(World w) => new Dictionary<string, ForeignAsk[]>
    {
        ["GET /v1/principals/{id}"] = [new("alma", $"/v1/principals/{w.Principal}"), new("amir", $"/v1/principals/{w.Program}")],
        ["PUT /v1/principals/{id}"] = [new("alma", $"/v1/principals/{w.Principal}", """{"roles":["admin"],"groups":[],"active":false}""")],
        ["POST /v1/principals/{id}/secret"] = [new("alma", $"/v1/principals/{w.Principal}/secret")],
        ["GET /v1/principals"] = [new("alma", $"/v1/principals?group={w.Group}", Status: 200)],
        ["POST /v1/api-keys"] = [new("alma", "/v1/api-keys", $$"""{"name":"mine","owner":"{{w.Program}}"}""")],
        ["DELETE /v1/api-keys/{id}"] = [new("alma", $"/v1/api-keys/{w.ApiKey}"), new("vera", $"/v1/api-keys/{w.ApiKey}")],
        ["GET /v1/approvals/{id}"] = [new("vera", $"/v1/approvals/{w.Approval}")],
        ["POST /v1/approvals/{id}/decision"] = [new("finn", $"/v1/approvals/{w.Approval}/decision", """{"approve":true}"""),
            new("fiona", $"/v1/approvals/{w.Approval}/decision", """{"approve":false}""")],
        ["GET /v1/captokens"] = [new("olga", $"/v1/captokens?run={w.Run}", Status: 200)],
        ["DELETE /v1/captokens/{id}"] = [new("olga", $"/v1/captokens/{w.CapToken}")],
        ["POST /v1/compile"] = [new("ada", "/v1/compile", $$"""{"capsule":"{{w.CapsuleReference}}"}""")],
        ["GET /v1/plans/{plan_hash}"] = [new("vera", $"/v1/plans/{w.PlanHash}")],
        ["GET /v1/connectors/{id}"] = [new("vera", $"/v1/connectors/{w.Connector}")],
        ["POST /v1/tools/resolve"] = [new("vera", "/v1/tools/resolve", $"[\"{w.Tool}\"]", Status: 200)],
        ["GET /v1/events"] = [new("vera", $"/v1/events?subject={w.Run}", Status: 200), new("vera", $"/v1/events?subject={w.Principal}", Status: 200)],
        ["POST /v1/ghostrun"] = [new("olga", "/v1/ghostrun", $$"""{"plan_hash":"{{w.PlanHash}}","inputs":{{Inputs}}}""")],
        ["GET /v1/ghostrun"] = [new("vera", $"/v1/ghostrun?plan_hash={w.PlanHash}", Status: 200)],
        ["GET /v1/ghostrun/{id}"] = [new("vera", $"/v1/ghostrun/{w.GhostRun}")],
        ["POST /v1/ghostrun/{id}/inputs"] = [new("vera", $"/v1/ghostrun/{w.GhostRun}/inputs", $$"""{"inputs":{{Inputs}}}""")],
        ["POST /v1/execute"] = [new("olga", "/v1/execute", $$"""{"plan_hash":"{{w.PlanHash}}","inputs":{{Inputs}}}""")],
        ["GET /v1/executions/{id}"] = [new("vera", $"/v1/executions/{w.Run}")],
        ["GET /v1/executions/{id}/wait"] = [new("vera", $"/v1/executions/{w.Run}/wait?seconds=1")],
        ["GET /v1/executions/{id}/events"] = [new("vera", $"/v1/executions/{w.Run}/events")],
        ["POST /v1/executions/{id}/clarifications/{clarification}/answer"] =
            [new("olga", $"/v1/executions/{w.Run}/clarifications/{w.Clarification}/answer", """{"response":"done"}""")],
        ["GET /v1/policies"] = [new("vera", $"/v1/policies?name={w.PolicyReference.Split('@')[0]}", Status: 200)],
        ["GET /v1/policies/{id}"] = [new("vera", $"/v1/policies/{w.Policy}")],
        ["PUT /v1/policies/{id}"] = [new("ada", $"/v1/policies/{w.Policy}", $$"""{"source":"policy {{w.PolicyReference.Split('@')[0]}} version 2 { at tool.before rule all allow }"}""")],
        ["DELETE /v1/policies/{id}"] = [new("ada", $"/v1/policies/{w.Policy}")],
        ["POST /v1/policies/{id}/test"] = [new("vera", $"/v1/policies/{w.Policy}/test", "{}")],
        ["POST /v1/policies/resolve"] = [new("vera", "/v1/policies/resolve", $"[\"{w.PolicyReference}\"]")],
        ["POST /v1/policies/tokens"] = [new("alma", "/v1/policies/tokens", $$"""{"tokens":["{{w.Token}}"]}""", Status: 200)],
        ["POST /v1/policies/bundle"] = [new("vera", "/v1/policies/bundle", $"[\"{w.PolicyDigest}\"]")],
        ["GET /v1/receipts/{run}"] = [new("amir", $"/v1/receipts/{w.Run}")],
        ["GET /v1/audit"] = [new("amir", $"/v1/audit?object={w.Run}", Status: 200), new("amir", $"/v1/audit?object={w.Principal}", Status: 200)],
        ["GET /v1/capsules"] = [new("vera", $"/v1/capsules?name={w.CapsuleReference.Split('@')[0]}", Status: 200)],
        ["GET /v1/capsules/resolve"] = [new("vera", $"/v1/capsules/resolve?reference={w.CapsuleReference}")],
        ["GET /v1/capsules/{id}"] = [new("vera", $"/v1/capsules/{w.Capsule}")],
    };

    /// <summary>Routes that name no object, or that no person may use: <see cref="RoleWalkTests"/> finds those closed to every role.</summary>
    public static IReadOnlyDictionary<string, string> TakesNone { get; } = new Dictionary<string, string>
    {
        ["GET /v1/me"] = "the caller itself", ["POST /v1/principals"] = "makes a new one", ["GET /v1/api-keys"] = "a list without a filter",
        ["GET /v1/approvals"] = "a list, filtered by a status", ["GET /v1/plans"] = "a list without a filter", ["GET /v1/connectors"] = "a list without a filter",
        ["GET /v1/tools"] = "a list without a filter", ["POST /v1/connectors"] = "named by the tenant's own names", ["GET /v1/executions"] = "a list, filtered by a status",
        ["GET /v1/events/stream"] = "followed by a test of its own", ["POST /v1/policies"] = "makes a new one", ["POST /v1/capsules"] = "makes a new one",
        ["POST /v1/policies/evaluate"] = "a name is resolved as by resolve", ["POST /v1/policies/check"] = "a document", ["POST /v1/policies/format"] = "a document",
        ["POST /v1/policies/test"] = "a document", ["GET /v1/receipts/checkpoint"] = "the tenant's own log", ["GET /v1/usage"] = "the tenant's own days",
        ["POST /v1/approvals"] = "services only", ["POST /v1/captokens"] = "services only", ["POST /v1/captokens/spend"] = "services only",
        ["GET /v1/approvals/{id}/standing"] = "services only", ["POST /v1/authenticate"] = "processes only", ["GET /v1/tenants"] = "services only", ["POST /v1/tenants"] = "services only",
        ["POST /v1/tools/call"] = "services only", ["POST /v1/tools/lookup"] = "services only",
    };
}
