namespace Anumate.Platform.Events;

/// <summary>Which service tells an event: the CloudEvents <c>source</c> names it.</summary>
static class EventTypes
{
    /// <summary>The service that owns an event type, by the object the type names.</summary>
    public static string ServiceOf(string type) => type[..Math.Max(0, type.IndexOf('.'))] switch
    {
        "capsule" => "registry",
        "policy" or "waiver" => "policies",
        "plan" => "compiler",
        "preflight" => "ghostruns",
        "execution" or "schedule" => "orchestrator",
        "approval" => "approvals",
        "captoken" => "captokens",
        "receipt" or "checkpoint" => "receipts",
        "subscription" or "event" => "events",
        "connector" or "tool" => "connectors",
        "tenant" or "principal" or "group" or "api_key" => "identity",
        "usage" or "quota" => "metering",
        _ => throw new ArgumentException($"no service is known to own the event type `{type}`; name it"),
    };
}
