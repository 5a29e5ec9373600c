using System.Security.Cryptography;
using System.Text.Json;
using Npgsql;
using NpgsqlTypes;

namespace Anumate.Platform.Data;

/// <summary>A request that its sender may repeat: the operation, the sender's key, and the digest of the request.</summary>
public sealed record Once
{
    const int MaxKey = 255;

    Once(string operation, string? key, byte[] digest) => (Operation, Key, Digest) = (operation, key, digest);

    /// <summary>E.g. <c>capsule.publish</c>.</summary>
    public string Operation { get; }

    /// <summary>The sender's key (<c>Idempotency-Key</c>), or null when it sent none.</summary>
    public string? Key { get; }

    internal byte[] Digest { get; }

    /// <summary>The key of a contract request.</summary>
    /// <exception cref="ProblemException"><c>invalid-request</c>: the key is not 1 to 255 visible ASCII characters.</exception>
    public static Once Of<T>(string operation, string? key, T request)
    {
        if (key is not null && (key.Length is 0 or > MaxKey || key.AsSpan().ContainsAnyExceptInRange('!', '~')))
        {
            throw Problems.Invalid($"an idempotency key is 1 to {MaxKey} visible ASCII characters");
        }

        return new Once(operation, key, key is null ? [] : SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(request, Json.TypeOf<T>())));
    }
}

public sealed partial class Batch
{
    const string Remember = """
        with w as (
            insert into platform.idempotency as i (principal, operation, key, digest, response, created) values ($1, $2, $3, $4, $5, $6)
            on conflict (tenant_id, principal, operation, key) do update
                set digest = excluded.digest, response = excluded.response, created = excluded.created
                where i.created <= excluded.created - interval '24 hours'
            returning 1)
        select platform.expect_one(count(*)) from w
        """;

    const string Recall = """
        select digest, response from platform.idempotency
        where principal = $1 and operation = $2 and key = $3 and created > $4::timestamptz - interval '24 hours'
        """;

    /// <summary>
    /// Saves and answers <paramref name="response"/>; or, where the same request with the same key was answered in the last 24 hours,
    /// saves nothing and gives that answer again. <paramref name="kept"/> is what is stored for a repetition where the answer itself
    /// holds a secret.
    /// </summary>
    /// <exception cref="ProblemException"><c>idempotency-mismatch</c>, and as <see cref="SaveAsync"/>.</exception>
    public async Task<T> SaveOnceAsync<T>(Caller caller, Once once, T response, CancellationToken ct, T? kept = null)
        where T : class
    {
        if (once.Key is null)
        {
            await SaveAsync(ct);
            return response;
        }

        // First, so that a repetition is known as one before any other statement can refuse it.
        NpgsqlParameter[] args =
        [
            Arguments.Of(caller.Principal),
            Arguments.Of(once.Operation),
            Arguments.Of(once.Key),
            Arguments.Of(once.Digest),
            Arguments.Typed(Json.Of(kept ?? response).Utf8, NpgsqlDbType.Json),
            Arguments.Of(_db.Time.GetUtcNow()),
        ];
        _commands.Insert(1, new Command(Remember, args, Returns.Rows, null));

        if (await TrySaveAsync(ct) is not { } failure)
        {
            return response;
        }

        return failure.Command == 1 && await _db.ReplayAsync<T>(caller, once, ct) is { } before ? before : throw failure.Problem();
    }

    internal async Task<T?> RecallAsync<T>(Caller caller, Once once, CancellationToken ct)
        where T : class
    {
        var stored = await FirstAsync(Recall, r => (Digest: r.Bytes(0), Response: r.Bytes(1)), ct,
            caller.Principal, once.Operation, once.Key, _db.Time.GetUtcNow());
        if (stored.Digest is null)
        {
            return null;
        }

        return stored.Digest.AsSpan().SequenceEqual(once.Digest)
            ? JsonSerializer.Deserialize(stored.Response, Json.TypeOf<T>())
            : throw Problems.IdempotencyMismatch(once.Key!);
    }
}

/// <summary>Repetitions that must be known before the work is prepared.</summary>
public static class Replay
{
    /// <summary>
    /// What the same request was answered, or null. Only for operations that look at the state before they write (a second «approve»
    /// would be refused as decided already); others leave it to <see cref="Batch.SaveOnceAsync"/>, which needs no trip for it.
    /// </summary>
    public static Task<T?> ReplayAsync<T>(this Db db, Caller caller, Once once, CancellationToken ct)
        where T : class =>
        once.Key is null ? Task.FromResult<T?>(null) : db.For(caller.Tenant).RecallAsync<T>(caller, once, ct);
}
