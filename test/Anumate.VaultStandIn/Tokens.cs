using System.Text.Json.Nodes;

namespace Anumate.VaultStandIn;

sealed record Token(string Id, string Accessor, IReadOnlyList<string> Policies, string Namespace, bool IsRoot)
{
    public DateTimeOffset Created { get; init; }

    public TimeSpan Period { get; init; }

    public DateTimeOffset Expires { get; set; }

    /// <summary>No renewal goes past it.</summary>
    public DateTimeOffset End { get; init; }
}

/// <summary><c>auth/token</c>: leases, renewal, revocation.</summary>
sealed class Tokens(TimeProvider time)
{
    readonly Dictionary<string, Token> _tokens = [];

    public void AddRoot(string id) =>
        _tokens[id] = new Token(id, Vault.Random(""), ["root"], "", IsRoot: true) { Created = time.GetUtcNow(), Expires = DateTimeOffset.MaxValue, End = DateTimeOffset.MaxValue };

    public Token? Find(string id) => _tokens.TryGetValue(id, out var token) && token.Expires > time.GetUtcNow() ? token : null;

    /// <summary>A new token, as the answer of a login.</summary>
    public Answer Issue(IEnumerable<string> policies, string ns, long ttl, long most, JsonObject metadata)
    {
        var now = time.GetUtcNow();
        var lease = TimeSpan.FromSeconds(ttl > 0 ? ttl : 2_764_800);
        var token = new Token(Vault.Random("hvs."), Vault.Random(""), ["default", .. policies.Where(p => p != "default")], ns, IsRoot: false)
        {
            Created = now, Period = lease, Expires = now + lease, End = now + TimeSpan.FromSeconds(most > 0 ? most : 2_764_800),
        };
        _tokens[token.Id] = token;
        return Answer.Auth(Auth(token, lease, metadata));
    }

    public Answer Handle(Request request, string path, Token token)
    {
        switch (path)
        {
            case "renew-self":
                if (token.IsRoot)
                {
                    return Answer.Error(400, "lease is not renewable");
                }

                var now = time.GetUtcNow();
                var until = now + token.Period;
                token.Expires = until < token.End ? until : token.End;
                return Answer.Auth(Auth(token, token.Expires - now, []));
            case "lookup-self":
                return Answer.Ok(new JsonObject
                {
                    ["id"] = token.Id, ["accessor"] = token.Accessor, ["policies"] = Names(token), ["renewable"] = !token.IsRoot,
                    ["ttl"] = token.IsRoot ? 0 : (long)(token.Expires - time.GetUtcNow()).TotalSeconds,
                });
            case "revoke-self":
                _tokens.Remove(token.Id);
                return Answer.None;
            case "revoke-accessor":
                foreach (var found in _tokens.Values.Where(t => t.Accessor == request.Text("accessor")).ToList())
                {
                    _tokens.Remove(found.Id);
                }

                return Answer.None;
            case "accessors":
                return Answer.Ok(new JsonObject { ["keys"] = new JsonArray([.. _tokens.Values.Select(t => (JsonNode)t.Accessor)]) });
            default:
                return Answer.Error(404, $"unsupported path auth/token/{path}");
        }
    }

    static JsonObject Auth(Token token, TimeSpan lease, JsonObject metadata) => new()
    {
        ["client_token"] = token.Id, ["accessor"] = token.Accessor, ["policies"] = Names(token), ["token_policies"] = Names(token), ["metadata"] = metadata,
        ["lease_duration"] = (long)lease.TotalSeconds, ["renewable"] = true, ["token_type"] = "service", ["orphan"] = true, ["num_uses"] = 0,
    };

    static JsonArray Names(Token token) => [.. token.Policies.Select(p => (JsonNode)p)];
}
