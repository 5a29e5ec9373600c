using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Anumate.VaultStandIn;

/// <summary><c>sys/mounts</c>, <c>sys/auth</c> and <c>sys/policies/acl</c> (also by its older name <c>sys/policy</c>).</summary>
sealed class SystemPaths(Space space, TimeProvider time)
{
    public Answer Handle(Request request, string path)
    {
        var (kind, name) = path.IndexOf('/') is >= 0 and var at ? (path[..at], path[(at + 1)..]) : (path, "");
        if (kind == "policies" && name.StartsWith("acl/", StringComparison.Ordinal))
        {
            (kind, name) = ("policy", name[4..]);
        }

        return (kind, request.Method) switch
        {
            ("mounts", "GET") => Answer.Ok(new JsonObject(space.Mounts.Select(m => KeyValuePair.Create(m.Key + "/", (JsonNode?)new JsonObject { ["type"] = m.Value.Type })))),
            ("mounts", "POST") => Mount(request, name),
            ("mounts", "DELETE") => space.Mounts.Remove(name) ? Answer.None : Answer.None,
            ("auth", "GET") => Answer.Ok(new JsonObject(space.Logins.Select(m => KeyValuePair.Create(m.Key + "/", (JsonNode?)new JsonObject { ["type"] = m.Value.Type })))),
            ("auth", "POST") => Enable(request, name),
            ("policy", "POST") => Write(name, request.Text("policy")),
            ("policy", "GET") => space.Policies.TryGetValue(name, out var text) ? Answer.Ok(new JsonObject { ["name"] = name, ["policy"] = text, ["rules"] = text }) : Answer.NotFound,
            ("policy", "DELETE") => space.Policies.Remove(name) ? Answer.None : Answer.None,
            _ => Answer.Error(404, $"no handler for route \"sys/{path}\""),
        };
    }

    Answer Mount(Request request, string name)
    {
        if (space.Mounts.ContainsKey(name))
        {
            return Answer.Error(400, $"path is already in use at {name}/");
        }

        IEngine? engine = request.Text("type") switch
        {
            "transit" => new TransitEngine(),
            "kv" or "kv-v2" when request.Text("type") == "kv-v2" || request.Body["options"]?["version"]?.ToString() == "2" => new KvEngine(time),
            _ => null,
        };
        if (engine is null)
        {
            return Answer.Error(400, $"plugin not found in the catalog: {request.Text("type")}");
        }

        space.Mounts[name] = engine;
        return Answer.None;
    }

    Answer Enable(Request request, string name)
    {
        if (space.Logins.ContainsKey(name))
        {
            return Answer.Error(400, $"path is already in use at {name}/");
        }

        ILoginMethod? method = request.Text("type") switch
        {
            "approle" => new AppRoleMethod(time, request.Namespace),
            "kubernetes" => new KubernetesMethod(request.Namespace),
            _ => null,
        };
        if (method is null)
        {
            return Answer.Error(400, $"plugin not found in the catalog: {request.Text("type")}");
        }

        space.Logins[name] = method;
        return Answer.None;
    }

    Answer Write(string name, string text)
    {
        Policy.Rules(text);
        space.Policies[name] = text;
        return Answer.None;
    }
}

/// <summary>ACL policies: of all rules that match a path, the most specific decides; nothing that matches means no.</summary>
static partial class Policy
{
    public static bool Allows(Space space, Token token, Request request, string capability)
    {
        var rules = token.Policies.Where(space.Policies.ContainsKey).SelectMany(p => Rules(space.Policies[p])).Where(r => Matches(r.Path, request.Path)).ToList();
        if (rules.Count == 0)
        {
            return false;
        }

        var best = rules.Max(r => Weight(r.Path));
        var capabilities = rules.Where(r => Weight(r.Path) == best).SelectMany(r => r.Capabilities).ToHashSet();
        return capabilities.Contains(capability) && !capabilities.Contains("deny");
    }

    public static List<(string Path, List<string> Capabilities)> Rules(string text)
    {
        var rules = Rule().Matches(Comment().Replace(text, ""));
        return rules.Count > 0 || text.Trim().Length == 0
            ? [.. rules.Select(m => (m.Groups[1].Value, Word().Matches(m.Groups[2].Value).Select(w => w.Groups[1].Value).ToList()))]
            : throw new FormatException("failed to parse policy");
    }

    // A trailing * is any rest, + is any one segment.
    static bool Matches(string pattern, string path) =>
        Regex.IsMatch(path, "^" + Regex.Escape(pattern.TrimEnd('*')).Replace("\\+", "[^/]+", StringComparison.Ordinal) + (pattern.EndsWith('*') ? "" : "$"));

    static int Weight(string pattern) => (pattern.IndexOfAny(['+', '*']) is >= 0 and var at ? at * 2 : (pattern.Length * 2) + 1) + (pattern.EndsWith('*') ? 0 : 1);

    [GeneratedRegex("""path\s+"([^"]+)"\s*\{\s*capabilities\s*=\s*\[([^\]]*)\]\s*\}""")]
    private static partial Regex Rule();

    [GeneratedRegex("\"([a-z]+)\"")]
    private static partial Regex Word();

    [GeneratedRegex("#[^\n]*")]
    private static partial Regex Comment();
}
