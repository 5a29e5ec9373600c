using System.Security.Cryptography;
using System.Text.Json.Nodes;

namespace Anumate.VaultStandIn;

/// <summary>One request as the API sees it: PUT is POST, and <c>?list=true</c> is LIST.</summary>
sealed record Request(string Method, string Path, IReadOnlyDictionary<string, string> Query, JsonObject Body, string Token, string Namespace)
{
    public string Text(string name) => Body[name]?.ToString() ?? "";

    public long Number(string name, long otherwise) => Body[name] is { } value ? Durations.Seconds(value) : otherwise;
}

sealed record Answer(int Status, JsonObject? Body)
{
    public static Answer None { get; } = new(204, null);

    public static Answer Ok(JsonObject data) => new(200, Wrap("data", data));

    public static Answer Auth(JsonObject auth) => new(200, Wrap("auth", auth));

    public static Answer Error(int status, params string[] errors) => new(status, new JsonObject { ["errors"] = new JsonArray([.. errors.Select(e => (JsonNode)e)]) });

    public static Answer Denied { get; } = Error(403, "permission denied");

    public static Answer NotFound { get; } = Error(404);

    static JsonObject Wrap(string name, JsonObject value)
    {
        var body = new JsonObject
        {
            ["request_id"] = Guid.CreateVersion7().ToString(), ["lease_id"] = "", ["renewable"] = false, ["lease_duration"] = 0,
            ["data"] = null, ["wrap_info"] = null, ["warnings"] = null, ["auth"] = null,
        };
        body[name] = value;
        return body;
    }
}

/// <summary>Durations as Vault takes them: seconds as a number or text, or <c>1h30m</c>.</summary>
static class Durations
{
    public static long Seconds(JsonNode value)
    {
        var text = value.ToString();
        if (long.TryParse(text, out var plain))
        {
            return plain;
        }

        long total = 0, number = 0;
        foreach (var c in text)
        {
            if (char.IsAsciiDigit(c))
            {
                number = (number * 10) + (c - '0');
                continue;
            }

            total += number * c switch { 's' => 1, 'm' => 60, 'h' => 3600, 'd' => 86400, _ => throw new FormatException($"`{text}` is no duration") };
            number = 0;
        }

        return total;
    }
}

/// <summary>A namespace: mounts, login methods, policies of its own.</summary>
sealed class Space
{
    public Dictionary<string, IEngine> Mounts { get; } = [];

    public Dictionary<string, ILoginMethod> Logins { get; } = [];

    public Dictionary<string, string> Policies { get; } = new() { ["default"] = """
        path "auth/token/lookup-self" { capabilities = ["read"] }
        path "auth/token/renew-self"  { capabilities = ["update"] }
        path "auth/token/revoke-self" { capabilities = ["update"] }
        """ };
}

/// <summary>A secrets engine; the path is the part behind its mount.</summary>
interface IEngine
{
    string Type { get; }

    /// <summary>Which capability a POST to the path needs: <c>create</c> where nothing is there yet.</summary>
    bool Exists(string path);

    Answer Handle(Request request, string path);
}

/// <summary>A login method. <c>login</c> needs no token.</summary>
interface ILoginMethod
{
    string Type { get; }

    Task<Answer> HandleAsync(Request request, string path, Tokens tokens);
}

/// <summary>The whole server. One request at a time.</summary>
sealed class Vault : IDisposable
{
    readonly Dictionary<string, Space> _spaces = [];
    readonly SemaphoreSlim _one = new(1);
    readonly Tokens _tokens;
    readonly TimeProvider _time;
    bool _sealed;

    public Vault(string rootToken, TimeProvider time)
    {
        (RootToken, _time) = (rootToken, time);
        _tokens = new Tokens(time);
        _tokens.AddRoot(rootToken);
        var root = _spaces[""] = new Space();
        root.Mounts["secret"] = new KvEngine(time);
    }

    public string RootToken { get; }

    public string UnsealKey { get; } = Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));

    public static string Random(string prefix) => prefix + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));

    public void Dispose() => _one.Dispose();

    public async Task<Answer> AnswerAsync(Request request)
    {
        await _one.WaitAsync();
        try
        {
            return await HandleAsync(request);
        }
        catch (Exception e) when (e is FormatException or InvalidOperationException or System.Text.Json.JsonException)
        {
            return Answer.Error(400, e.Message);
        }
        finally
        {
            _one.Release();
        }
    }

    async Task<Answer> HandleAsync(Request request)
    {
        switch (request.Path)
        {
            case "sys/health":
                return new Answer(_sealed ? 503 : 200, Health());
            case "sys/seal-status":
                return new Answer(200, Health());
            case "sys/init":
                return new Answer(200, new JsonObject { ["initialized"] = true });
            case "sys/unseal":
                if (request.Text("key") != UnsealKey)
                {
                    return Answer.Error(400, "invalid unseal key");
                }

                _sealed = false;
                return new Answer(200, Health());
        }

        if (_sealed)
        {
            return Answer.Error(503, "Vault is sealed");
        }

        if (!_spaces.TryGetValue(request.Namespace, out var space))
        {
            return Answer.Error(404, "no handler for route \"" + request.Path + "\"");
        }

        if (LoginAt(space, request.Path) is ({ } method, "login"))
        {
            return await method.HandleAsync(request, "login", _tokens);
        }

        if (_tokens.Find(request.Token) is not { } token || !(token.IsRoot || (token.Namespace == request.Namespace && Policy.Allows(space, token, request, Capability(space, request)))))
        {
            return Answer.Denied;
        }

        return await GoAsync(space, token, request);
    }

    async Task<Answer> GoAsync(Space space, Token token, Request request)
    {
        if (request.Path == "sys/seal")
        {
            _sealed = true;
            return Answer.None;
        }

        if (request.Path.StartsWith("sys/namespaces/", StringComparison.Ordinal))
        {
            var name = request.Namespace.Length > 0 ? $"{request.Namespace}/{request.Path[15..]}" : request.Path[15..];
            _spaces.TryAdd(name, new Space());
            return Answer.Ok(new JsonObject { ["path"] = name + "/" });
        }

        if (request.Path.StartsWith("sys/", StringComparison.Ordinal))
        {
            return new SystemPaths(space, _time).Handle(request, request.Path[4..]);
        }

        if (request.Path.StartsWith("auth/token/", StringComparison.Ordinal))
        {
            return _tokens.Handle(request, request.Path[11..], token);
        }

        if (LoginAt(space, request.Path) is ({ } method, var rest))
        {
            return await method.HandleAsync(request, rest, _tokens);
        }

        return EngineAt(space, request.Path) is ({ } engine, var path)
            ? engine.Handle(request, path)
            : Answer.Error(404, $"no handler for route \"{request.Path}\". route entry not found.");
    }

    static string Capability(Space space, Request request) => request.Method switch
    {
        "GET" => "read",
        "LIST" => "list",
        "DELETE" => "delete",
        _ => EngineAt(space, request.Path) is ({ } engine, var path) && !engine.Exists(path) ? "create" : "update",
    };

    static (IEngine Engine, string Path)? EngineAt(Space space, string path) =>
        space.Mounts.Where(m => path.StartsWith(m.Key + "/", StringComparison.Ordinal)).OrderByDescending(m => m.Key.Length)
            .Select(m => ((IEngine, string)?)(m.Value, path[(m.Key.Length + 1)..])).FirstOrDefault();

    static (ILoginMethod Method, string Path)? LoginAt(Space space, string path) =>
        space.Logins.Where(m => path.StartsWith($"auth/{m.Key}/", StringComparison.Ordinal))
            .Select(m => ((ILoginMethod, string)?)(m.Value, path[(m.Key.Length + 6)..])).FirstOrDefault();

    JsonObject Health() => new()
    {
        ["initialized"] = true, ["sealed"] = _sealed, ["standby"] = false, ["type"] = "shamir", ["t"] = 1, ["n"] = 1, ["progress"] = 0,
        ["version"] = "0.0.0+stand-in", ["server_time_utc"] = _time.GetUtcNow().ToUnixTimeSeconds(),
    };
}
