using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace Anumate.VaultStandIn;

static class Lists
{
    /// <summary>A list, or text parted by commas: the API takes both.</summary>
    public static IReadOnlyList<string> Of(JsonNode? node) => node switch
    {
        null => [],
        JsonArray array => [.. array.Select(n => n!.ToString())],
        _ => node.ToString().Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries),
    };
}

/// <summary><c>auth/approle</c>.</summary>
sealed class AppRoleMethod(TimeProvider time, string ns) : ILoginMethod
{
    sealed class Role
    {
        public string Id { get; } = Guid.CreateVersion7().ToString();

        public required JsonObject Settings { get; init; }

        public Dictionary<string, (DateTimeOffset Expires, long UsesLeft)> Secrets { get; } = [];
    }

    readonly Dictionary<string, Role> _roles = [];

    public string Type => "approle";

    public Task<Answer> HandleAsync(Request request, string path, Tokens tokens) => Task.FromResult(Handle(request, path.Split('/'), tokens));

    Answer Handle(Request request, string[] path, Tokens tokens)
    {
        switch (path)
        {
            case ["login"]:
                return Login(request, tokens);
            case ["role", var name] when request.Method == "POST":
                _roles[name] = new Role { Settings = (JsonObject)request.Body.DeepClone() };
                return Answer.None;
            case ["role", var name, ..] when !_roles.ContainsKey(name):
                return Answer.NotFound;
            case ["role", var name]:
                return Answer.Ok((JsonObject)_roles[name].Settings.DeepClone());
            case ["role", var name, "role-id"]:
                return Answer.Ok(new JsonObject { ["role_id"] = _roles[name].Id });
            case ["role", var name, "secret-id"]:
                var (role, secret) = (_roles[name], Guid.CreateVersion7().ToString());
                var ttl = role.Settings["secret_id_ttl"] is { } given ? Durations.Seconds(given) : 0;
                var uses = role.Settings["secret_id_num_uses"] is { } number ? Durations.Seconds(number) : 0;
                role.Secrets[secret] = (ttl > 0 ? time.GetUtcNow().AddSeconds(ttl) : DateTimeOffset.MaxValue, uses > 0 ? uses : long.MaxValue);
                return Answer.Ok(new JsonObject { ["secret_id"] = secret, ["secret_id_accessor"] = Guid.CreateVersion7().ToString(), ["secret_id_ttl"] = ttl, ["secret_id_num_uses"] = uses });
            case ["role", var name, "secret-id", "destroy"]:
                _roles[name].Secrets.Remove(request.Text("secret_id"));
                return Answer.None;
            default:
                return Answer.Error(404, "unsupported path");
        }
    }

    Answer Login(Request request, Tokens tokens)
    {
        if (_roles.Values.FirstOrDefault(r => r.Id == request.Text("role_id")) is not { } role
            || !role.Secrets.TryGetValue(request.Text("secret_id"), out var secret) || secret.Expires <= time.GetUtcNow() || secret.UsesLeft == 0)
        {
            return Answer.Error(400, "invalid role or secret ID");
        }

        role.Secrets[request.Text("secret_id")] = secret with { UsesLeft = secret.UsesLeft - 1 };
        long Setting(string name) => role.Settings[name] is { } value ? Durations.Seconds(value) : 0;
        return tokens.Issue(Lists.Of(role.Settings["token_policies"] ?? role.Settings["policies"]), ns, Setting("token_ttl"), Setting("token_max_ttl"), []);
    }
}

/// <summary><c>auth/kubernetes</c>: the token of a service account is shown to the TokenReview API of the cluster, which alone judges it.</summary>
sealed class KubernetesMethod(string ns) : ILoginMethod
{
    static readonly HttpClient Http = new(new SocketsHttpHandler());

    readonly Dictionary<string, JsonObject> _roles = [];
    string _host = "";
    string _reviewer = "";

    public string Type => "kubernetes";

    public async Task<Answer> HandleAsync(Request request, string path, Tokens tokens)
    {
        switch (path.Split('/'))
        {
            case ["config"] when request.Method == "POST":
                (_host, _reviewer) = (request.Text("kubernetes_host").TrimEnd('/'), request.Text("token_reviewer_jwt"));
                return _host.Length > 0 ? Answer.None : Answer.Error(400, "no host provided");
            case ["role", var name] when request.Method == "POST":
                _roles[name] = (JsonObject)request.Body.DeepClone();
                return Answer.None;
            case ["login"]:
                return await LoginAsync(request, tokens);
            default:
                return Answer.Error(404, "unsupported path");
        }
    }

    async Task<Answer> LoginAsync(Request request, Tokens tokens)
    {
        if (!_roles.TryGetValue(request.Text("role"), out var role))
        {
            return Answer.Error(400, $"invalid role name \"{request.Text("role")}\"");
        }

        var spec = new JsonObject { ["token"] = request.Text("jwt") };
        if (role["audience"]?.ToString() is { Length: > 0 } audience)
        {
            spec["audiences"] = new JsonArray(audience);
        }

        using var review = new HttpRequestMessage(HttpMethod.Post, $"{_host}/apis/authentication.k8s.io/v1/tokenreviews")
        {
            Content = JsonContent.Create(new JsonObject { ["apiVersion"] = "authentication.k8s.io/v1", ["kind"] = "TokenReview", ["spec"] = spec }),
        };
        review.Headers.Authorization = new("Bearer", _reviewer.Length > 0 ? _reviewer : request.Text("jwt"));
        using var response = await Http.SendAsync(review);
        var status = response.IsSuccessStatusCode ? JsonNode.Parse(await response.Content.ReadAsStringAsync())?["status"] : null;
        if (status?["authenticated"]?.GetValue<bool>() != true
            || status["user"]?["username"]?.ToString().Split(':') is not ["system", "serviceaccount", var space, var account])
        {
            return Answer.Denied;
        }

        if (!IsBound(role["bound_service_account_names"], account) || !IsBound(role["bound_service_account_namespaces"], space))
        {
            return Answer.Error(403, "service account name not authorized");
        }

        long Setting(string name) => role[name] is { } value ? Durations.Seconds(value) : 0;
        return tokens.Issue(Lists.Of(role["token_policies"] ?? role["policies"]), ns, Setting("token_ttl"), Setting("token_max_ttl"),
            new JsonObject { ["role"] = request.Text("role"), ["service_account_name"] = account, ["service_account_namespace"] = space });
    }

    static bool IsBound(JsonNode? bound, string name) => Lists.Of(bound) is var names && (names.Contains("*") || names.Contains(name));
}
