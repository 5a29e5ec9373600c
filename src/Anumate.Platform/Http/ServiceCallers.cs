using System.Collections.Frozen;
using Anumate.Platform.Data;
using Anumate.Platform.Hosting;
using Anumate.Proofs;
using Microsoft.Extensions.Logging;

namespace Anumate.Platform.Http;

/// <summary>
/// Who calls with the token of a process (<c>svc+jwt</c>): the caller in it, when the process's key is enrolled for a service that calls
/// this one. What a process may sign is bounded by the services it hosts, and those by its database role.
/// </summary>
public sealed partial class ServiceCallers(Db db, CallGraph graph, TimeProvider time, ILogger<ServiceCallers> log) : IDisposable
{
    /// <summary>Every process asks it, whose credential it received.</summary>
    const string Authenticate = "identity.authenticate";

    const string Select = """
        select public_key, min(created), max(expires), array_agg(service) from platform.service_key where expires > $1 group by public_key
        """;

    static readonly TimeSpan FreshFor = TimeSpan.FromMinutes(1), RefreshAtMost = TimeSpan.FromMilliseconds(250), Early = TimeSpan.FromSeconds(10);

    readonly SemaphoreSlim _turn = new(1);
    Loaded? _loaded;

    /// <summary>Whether a credential says that it is a process's. That it is, only the check tells.</summary>
    public static bool IsOne(string credential) => Token.ClaimsToBe(TokenType.Service, credential);

    /// <exception cref="ProblemException"><c>process-refused</c>: the token does not hold, or no service of the process calls this one.</exception>
    public async Task<Caller> AuthenticateAsync(string token, string service, string method, CancellationToken ct)
    {
        var loaded = await LoadedAsync(ct);
        var verified = ServiceTokenClaims.Verify(token, service, method, time.GetUtcNow(), loaded.Ring);
        if (verified.Token.Refusal is TokenRefusal.UnknownKey or TokenRefusal.KeyWindow)
        {
            loaded = await LoadAsync(time.GetTimestamp(), ct);
            verified = ServiceTokenClaims.Verify(token, service, method, time.GetUtcNow(), loaded.Ring);
        }

        if (verified.Claims is not { } claims)
        {
            Refused(method, verified.Token.Code);
            throw Problems.ProcessRefused($"the service token is refused: {verified.Token.Reason}");
        }

        if (method != Authenticate && !loaded.Services[verified.Token.Kid].Any(s => graph.Calls(s, service)))
        {
            NotCalling(claims.Process, method);
            throw Problems.ProcessRefused($"no service of the calling process calls `{service}`");
        }

        return claims.Caller;
    }

    public void Dispose() => _turn.Dispose();

    async ValueTask<Loaded> LoadedAsync(CancellationToken ct) =>
        _loaded is { } loaded && time.GetElapsedTime(loaded.Since) < FreshFor ? loaded : await LoadAsync(time.GetTimestamp(), ct);

    // A process that has just started is unknown until the keys are read again. Who asks meanwhile waits for the same look, and a flood
    // of unknown keys costs four looks a second.
    async Task<Loaded> LoadAsync(long asked, CancellationToken ct)
    {
        await _turn.WaitAsync(ct);
        try
        {
            if (_loaded is { } known)
            {
                if (known.Since >= asked)
                {
                    return known;
                }

                if (time.GetElapsedTime(known.Since) is var age && age < RefreshAtMost)
                {
                    await Task.Delay(RefreshAtMost - age, time, ct);
                }
            }

            var began = time.GetTimestamp();
            var rows = await db.ForPlatform().ListAsync(Select, r => new Row(r.Bytes(0), r.Time(1), r.Time(2), r.GetFieldValue<string[]>(3)), ct, time.GetUtcNow());
            var keys = rows.Where(r => Ed25519PublicKey.TryImport(r.PublicKey, out _)).Select(r => (Key: Ed25519PublicKey.Import(r.PublicKey), Row: r)).ToList();
            return _loaded = new Loaded(
                new KeyRing(keys.Select(k => new TrustedKey(k.Key, ServiceTokenClaims.Issuer) { From = k.Row.Created - Early, Until = k.Row.Expires })),
                keys.ToFrozenDictionary(k => k.Key.Kid, k => k.Row.Services.ToFrozenSet()), began);
        }
        finally
        {
            _turn.Release();
        }
    }

    sealed record Row(byte[] PublicKey, DateTimeOffset Created, DateTimeOffset Expires, string[] Services);

    sealed record Loaded(KeyRing Ring, FrozenDictionary<string, FrozenSet<string>> Services, long Since);

    [LoggerMessage(LogLevel.Warning, "a service token for {Method} is refused: {Code}")]
    private partial void Refused(string method, string code);

    [LoggerMessage(LogLevel.Warning, "the process {Process} calls {Method}, which none of its services calls")]
    private partial void NotCalling(string process, string method);
}
