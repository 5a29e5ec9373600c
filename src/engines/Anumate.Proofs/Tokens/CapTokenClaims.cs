using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Anumate.Proofs;

/// <summary>
/// The claims of a capability token: which tool calls one attempt of one step of one run may make, under which plan. A claim that is
/// not known here is a refusal, because it could be a restriction.
/// </summary>
public sealed record CapTokenClaims
{
    /// <summary>The most capabilities in one token.</summary>
    public const int MaxCapabilities = 64;

    /// <summary>The longest chain of actors.</summary>
    public const int MaxActors = 8;

    /// <summary><c>iss</c>.</summary>
    public required string Issuer { get; init; }

    /// <summary><c>sub</c>: the principal for whom the run acts.</summary>
    public required Id<Principal> Subject { get; init; }

    /// <summary><c>aud</c>: who may accept it.</summary>
    public required string Audience { get; init; }

    /// <summary><c>tid</c>.</summary>
    public required Id<Tenant> Tenant { get; init; }

    /// <summary><c>jti</c>.</summary>
    public required Id<CapToken> TokenId { get; init; }

    /// <summary><c>iat</c>, whole seconds.</summary>
    public required DateTimeOffset IssuedAt { get; init; }

    /// <summary><c>nbf</c>, whole seconds.</summary>
    public required DateTimeOffset NotBefore { get; init; }

    /// <summary><c>exp</c>, whole seconds.</summary>
    public required DateTimeOffset Expires { get; init; }

    /// <summary><c>run</c>.</summary>
    public required Id<Run> Run { get; init; }

    /// <summary><c>step</c>: the path of the step within the run.</summary>
    public required string Step { get; init; }

    /// <summary><c>attempt</c>, from 1.</summary>
    public required int Attempt { get; init; }

    /// <summary><c>epoch</c>: of the run's owner; raised by each takeover.</summary>
    public required long Epoch { get; init; }

    /// <summary><c>plan_hash</c>.</summary>
    public required Digest PlanHash { get; init; }

    /// <summary><c>cap</c>: what is allowed; at least one, no tool twice.</summary>
    public required IReadOnlyList<Capability> Capabilities { get; init; }

    /// <summary><c>act</c> (RFC 8693): who acts for the subject, the current actor first.</summary>
    public IReadOnlyList<string> Actors { get; init; } = [];

    /// <summary><c>par</c>: the <c>jti</c> of the token this one was narrowed from.</summary>
    public Id<CapToken>? Parent { get; init; }

    /// <summary><c>dep</c>: how many narrower tokens may follow from this one, one from the other.</summary>
    public int Depth { get; init; }

    /// <summary>The capability that allows the call, or null.</summary>
    public Capability? Find(string tool, string argsDigest) => Capabilities.FirstOrDefault(c => c.Permits(tool, argsDigest));

    /// <summary>Signs them as a <c>cap+jwt</c>.</summary>
    /// <exception cref="ArgumentException">The verifier would refuse them.</exception>
    public string Sign(Ed25519Key key)
    {
        var claims = ToToken();
        return TryRead(claims, out _, out var fault) ? Token.Sign(TokenType.Capability, key, claims) : throw new ArgumentException(fault);
    }

    /// <summary>
    /// Verifies a <c>cap+jwt</c>. Run, step, attempt, epoch, plan and tenant are for the caller to compare: <see cref="MismatchWith"/>.
    /// </summary>
    public static CapTokenVerification Verify(string token, TokenExpectation expected, KeyRing keys)
    {
        if (expected.Type != TokenType.Capability)
        {
            throw new ArgumentException($"expected must be of the type {TokenType.Capability}", nameof(expected));
        }

        var verification = Token.Verify(token, expected, keys);
        return !verification.Ok ? new(null, verification)
            : TryRead(verification.Claims, out var claims, out var fault) ? new(claims, verification)
            : new(null, TokenVerification.Refused(TokenRefusal.Claims, fault));
    }

    /// <summary>
    /// The name of the first claim that does not fit the place where the token is used, or null when all do. <paramref name="planHash"/>
    /// is left out only where the plan is not known.
    /// </summary>
    public string? MismatchWith(Id<Tenant> tenant, Id<Run> run, string step, int attempt, long epoch, Digest? planHash) =>
        Tenant != tenant ? "tid"
        : Run != run ? "run"
        : !string.Equals(Step, step, StringComparison.Ordinal) ? "step"
        : Attempt != attempt ? "attempt"
        : Epoch != epoch ? "epoch"
        : planHash is { } plan && PlanHash != plan ? "plan_hash"
        : null;

    /// <summary>What makes this token wider than the one it was narrowed from, or null when it only narrows.</summary>
    public string? WidensOver(CapTokenClaims parent)
    {
        if (Parent != parent.TokenId)
        {
            return "par";
        }

        if (MismatchWith(parent.Tenant, parent.Run, parent.Step, parent.Attempt, parent.Epoch, parent.PlanHash) is { } claim)
        {
            return claim;
        }

        return !string.Equals(Audience, parent.Audience, StringComparison.Ordinal) ? "aud"
            : Subject != parent.Subject ? "sub"
            : Depth >= parent.Depth ? "dep"
            : Expires > parent.Expires ? "exp"
            : NotBefore < parent.NotBefore ? "nbf"
            : !Extends(Actors, parent.Actors) ? "act"
            : Capabilities.Any(c => !parent.Capabilities.Any(p => IsWithin(c, p))) ? "cap"
            : null;
    }

    static bool IsWithin(Capability child, Capability parent) =>
        string.Equals(child.Tool, parent.Tool, StringComparison.Ordinal)
        && (parent.ArgsDigest is null || string.Equals(child.ArgsDigest, parent.ArgsDigest, StringComparison.Ordinal))
        && child.MaxUses <= parent.MaxUses;

    // The child's chain is the parent's with new actors in front, none of whom stands in it already.
    static bool Extends(IReadOnlyList<string> child, IReadOnlyList<string> parent) =>
        child.Count >= parent.Count
        && child.Skip(child.Count - parent.Count).SequenceEqual(parent, StringComparer.Ordinal)
        && child.Distinct(StringComparer.Ordinal).Count() == child.Count;

    TokenClaims ToToken()
    {
        var others = new JsonObject
        {
            ["tid"] = Tenant.ToString(),
            ["run"] = Run.ToString(),
            ["step"] = Step,
            ["attempt"] = Attempt,
            ["epoch"] = Epoch,
            ["plan_hash"] = PlanHash.ToString(),
            ["cap"] = new JsonArray([.. Capabilities.Select(Write)]),
            ["dep"] = Depth,
        };
        if (Actors.Count > 0)
        {
            others["act"] = Actors.Reverse().Aggregate((JsonObject?)null, (inner, actor) => inner is null
                ? new JsonObject { ["sub"] = actor }
                : new JsonObject { ["sub"] = actor, ["act"] = inner });
        }

        if (Parent is { } parent)
        {
            others["par"] = parent.ToString();
        }

        return new TokenClaims
        {
            Issuer = Issuer,
            Subject = Subject.ToString(),
            Audience = Audience,
            TokenId = TokenId.ToString(),
            IssuedAt = IssuedAt,
            Expires = Expires,
            NotBefore = NotBefore,
            Others = others.ToDictionary(o => o.Key, o => JsonSerializer.SerializeToElement(o.Value!, ProofsJson.Default.JsonNode)),
        };
    }

    static JsonNode Write(Capability capability)
    {
        var node = new JsonObject { ["tool"] = capability.Tool, ["max_uses"] = capability.MaxUses };
        if (capability.ArgsDigest is not null)
        {
            node["args_digest"] = capability.ArgsDigest;
        }

        return node;
    }

    static bool TryRead(TokenClaims token, [NotNullWhen(true)] out CapTokenClaims? claims, out string fault)
    {
        claims = null;
        var reader = new ClaimReader(token.Others);
        var read = new CapTokenClaims
        {
            Issuer = token.Issuer,
            Subject = reader.Id<Principal>("sub", token.Subject),
            Audience = token.Audience,
            TokenId = reader.Id<CapToken>("jti", token.TokenId),
            IssuedAt = token.IssuedAt,
            NotBefore = token.NotBefore ?? default,
            Expires = token.Expires,
            Tenant = reader.Id<Tenant>("tid", reader.Text("tid")),
            Run = reader.Id<Run>("run", reader.Text("run")),
            Step = reader.Text("step"),
            Attempt = (int)reader.Number("attempt", 1, 1_000_000),
            Epoch = reader.Number("epoch", 0, (1L << 53) - 1),
            PlanHash = Digest.TryParse(reader.Text("plan_hash"), out var planHash) ? planHash : reader.Fail<Digest>("plan_hash"),
            Capabilities = reader.Capabilities(),
            Actors = reader.Actors(),
            Parent = reader.Has("par") ? reader.Id<CapToken>("par", reader.Text("par")) : null,
            Depth = (int)reader.Number("dep", 0, MaxActors),
        };
        fault = token.NotBefore is null ? "the claim `nbf` is missing or not acceptable" : reader.Fault();
        claims = fault.Length == 0 ? read : null;
        return fault.Length == 0;
    }
}

/// <summary>What became of a capability token.</summary>
public readonly record struct CapTokenVerification
{
    internal CapTokenVerification(CapTokenClaims? claims, TokenVerification token)
    {
        Claims = claims;
        Token = token;
    }

    /// <summary>Whether the token holds.</summary>
    [MemberNotNullWhen(true, nameof(Claims))]
    public bool Ok => Claims is not null;

    /// <summary>The claims, if it holds.</summary>
    public CapTokenClaims? Claims { get; }

    /// <summary>The outcome with its code and reason.</summary>
    public TokenVerification Token { get; }

    /// <summary>The stable code, <c>ok</c> when it holds.</summary>
    public string Code => Token.Code;

    /// <summary>One line for people.</summary>
    public string Reason => Token.Reason;
}
