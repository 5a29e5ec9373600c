using System.Collections.Concurrent;
using System.Text;
using Anumate.Platform.Data;
using Anumate.Platform.Secrets;
using Anumate.Proofs;
using Anumate.Redaction;
using Microsoft.Extensions.Logging;

namespace Anumate.Platform.Redactions;

/// <summary>
/// Whose values are redacted, and what they are part of (<paramref name="Scope"/>, most often a run's id): equal values have equal tokens within
/// it, and no others. Tokens are sealed with <paramref name="Seal"/>; without it (a simulation) nobody turns them back.
/// </summary>
public readonly record struct RedactionPlace(Id<Tenant> Tenant, string Scope, SealKey? Seal);

/// <summary>Carries out what decisions demand to be redacted. What cannot be redacted is dropped.</summary>
public sealed partial class PolicyRedaction
{
    const int MostRedactors = 1_000, MostKnown = 50_000;

    const string InsertTokens = """
        insert into platform.redaction_token (token, scope, sealed, created)
        select u.token, $3, u.sealed, $4 from unnest($1::text[], $2::text[]) as u (token, sealed)
        on conflict (tenant_id, token) do nothing
        """;

    const string SelectTokens = "select token, sealed from platform.redaction_token where token = any($1)";

    readonly Db db;
    readonly TenantKeys keys;
    readonly RunVault vault;
    readonly TimeProvider time;
    readonly ILogger<PolicyRedaction> log;
    readonly ConcurrentDictionary<string, Redactor> redactors = new(StringComparer.Ordinal);

    // Tokens that are stored: the same value shown again writes nothing.
    readonly ConcurrentDictionary<(Id<Tenant>, string), bool> stored = new();

    internal PolicyRedaction(Db db, TenantKeys keys, RunVault vault, TimeProvider time, ILogger<PolicyRedaction> log) =>
        (this.db, this.keys, this.vault, this.time, this.log) = (db, keys, vault, time, log);

    /// <summary>Whether a text has the form of a token.</summary>
    public static bool IsToken(string text) => RedactionTokens.IsOne(text);

    /// <summary>The demands that may reach what stands at <paramref name="root"/>: <c>result</c>, <c>call.args</c>.</summary>
    public static IReadOnlyList<RedactionDemand> At(string root, IReadOnlyList<RedactionDemand> demands)
    {
        foreach (var demand in demands)
        {
            if (!IsBelow(root, demand.Path))
            {
                return [.. demands.Where(d => IsBelow(root, d.Path))];
            }
        }

        return demands;
    }

    /// <summary>
    /// JSON in which nothing is left that a demand reaches; the same bytes where none does. <paramref name="root"/> is where it stands in the
    /// demands' paths. Tokens in it are stored when this returns.
    /// </summary>
    /// <exception cref="ProblemException"><c>unavailable</c>: a key, or the place of tokens, cannot be reached.</exception>
    public async ValueTask<ReadOnlyMemory<byte>> RedactAsync(
        RedactionPlace place, IReadOnlyList<RedactionDemand> demands, string root, ReadOnlyMemory<byte> json, CancellationToken ct)
    {
        if (At(root, demands) is not { Count: > 0 } here)
        {
            return json;
        }

        var key = here.Any(d => d.Operator is RedactionOperator.Hash or RedactionOperator.Token) ? await keys.GetAsync(place.Tenant, ct) : null;
        using var tokens = key is null ? null : new RedactionTokens(place, key);
        var redacted = Redact(here, root, json, key is null ? RedactionKeys.None : new RedactionKeys { HashKey = key.Derive("redaction/hash"), Tokens = tokens });
        if (tokens is not null)
        {
            await StoreAsync(place, tokens, ct);
        }

        return redacted;
    }

    /// <summary>
    /// What tokens stand for. Left out is what was never made, and what was erased with its run. That the caller asked is on record in the same
    /// moment, for each token by itself, whether there is one or not.
    /// </summary>
    public async Task<IReadOnlyDictionary<string, string>> RevealAsync(Caller caller, IReadOnlyList<string> tokens, CancellationToken ct)
    {
        var batch = db.For(caller.Tenant).Read(SelectTokens, r => (Token: r.GetString(0), Sealed: r.GetString(1)), out var rows, (object)tokens.ToArray());
        foreach (var token in tokens)
        {
            batch.Audit(AuditRecord.Of(caller, time, "token.revealed", "redaction_token", token));
        }

        await batch.SaveAsync(ct);
        var revealed = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (token, text) in rows.All)
        {
            if (await KeyOfAsync(caller.Tenant, text, ct) is { } key && key.TryOpen(text, RedactionTokens.ContextOf(token), out var value))
            {
                revealed[token] = Encoding.UTF8.GetString(value);
            }
        }

        return revealed;
    }

    /// <summary>The key that sealed a text: the tenant's, or a run's; null when that was erased.</summary>
    async ValueTask<SealKey?> KeyOfAsync(Id<Tenant> tenant, string text, CancellationToken ct) =>
        Id<Run>.TryParse(SealKey.KidOf(text), null, out var run) ? (await vault.GetAsync(tenant, run, ct))?.Seal : await keys.GetAsync(tenant, ct);

    ReadOnlyMemory<byte> Redact(IReadOnlyList<RedactionDemand> demands, string root, ReadOnlyMemory<byte> json, RedactionKeys keys)
    {
        try
        {
            var (redacted, report) = RedactorOf(demands).Redact(json.Span, root, keys);
            if (report.Failed > 0)
            {
                Dropped(report.Failed, root, report.Fault ?? "an operator could not be applied");
            }

            return redacted;
        }
        catch (Exception e)
        {
            // A bug of ours; its text might quote what it met.
            Broken(root, e.GetType().Name, e.StackTrace ?? "");
            return "null"u8.ToArray();
        }
    }

    async Task StoreAsync(RedactionPlace place, RedactionTokens tokens, CancellationToken ct)
    {
        var fresh = tokens.Sealed.Where(t => !stored.ContainsKey((place.Tenant, t.Token))).ToList();
        if (fresh.Count == 0)
        {
            return;
        }

        await db.For(place.Tenant).Run(InsertTokens, fresh.Select(t => t.Token), fresh.Select(t => t.Text), place.Scope, time.GetUtcNow()).SaveAsync(ct);
        if (stored.Count + fresh.Count > MostKnown)
        {
            stored.Clear();
        }

        fresh.ForEach(t => stored[(place.Tenant, t.Token)] = true);
    }

    Redactor RedactorOf(IReadOnlyList<RedactionDemand> demands)
    {
        var terms = TermsOf(demands);
        if (redactors.TryGetValue(terms, out var known))
        {
            return known;
        }

        var check = Redactor.Compile(demands);
        if (check.Redactor is null)
        {
            Refused(check.Diagnostics[0].Message);
        }

        if (redactors.Count >= MostRedactors)
        {
            redactors.Clear();
        }

        return redactors[terms] = check.Redactor ?? Redactor.Everything;
    }

    // Paths and names hold no line feed.
    static string TermsOf(IReadOnlyList<RedactionDemand> demands)
    {
        var terms = new StringBuilder();
        foreach (var d in demands)
        {
            terms.Append(d.Path).Append('\n').AppendJoin(',', d.Recognisers).Append('\n').Append((int)d.Operator).Append(' ').Append(d.First).Append(' ')
                .Append(d.Last).Append(' ').Append(d.Keep).Append('\n');
        }

        return terms.ToString();
    }

    static bool IsBelow(string root, string path) =>
        path.StartsWith(root, StringComparison.Ordinal) && (path.Length == root.Length || path[root.Length] is '.' or '[');

    [LoggerMessage(LogLevel.Warning, "{Count} value(s) below `{Root}` could not be redacted and were dropped: {Why}")]
    private partial void Dropped(int count, string root, string why);

    [LoggerMessage(LogLevel.Warning, "redactions that do not compile drop everything: {Why}")]
    private partial void Refused(string why);

    [LoggerMessage(LogLevel.Error, "redacting below `{Root}` failed with {Error} and everything was dropped: {Stack}")]
    private partial void Broken(string root, string error, string stack);
}
