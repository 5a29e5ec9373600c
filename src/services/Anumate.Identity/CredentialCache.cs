using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using Anumate.Platform.Events;
using Anumate.Proofs;

namespace Anumate.Identity;

/// <summary>A credential that was looked up; <see cref="Key"/> where it is an API key.</summary>
sealed record KnownCaller(Caller Caller, Id<ApiKey>? Key, DateTimeOffset? Expires);

/// <summary>
/// Credentials seen in the last moment, by their SHA-256. What changes here is forgotten at once; what changes in another process, when
/// its event arrives, and after <see cref="IdentityOptions.CredentialCache"/> (at most 2 s) in any case. Only valid credentials are kept.
/// </summary>
sealed class CredentialCache(IdentityOptions options, TimeProvider time)
{
    readonly ConcurrentDictionary<Digest, Entry> _entries = new();

    public bool TryGet(string credential, [NotNullWhen(true)] out KnownCaller? caller)
    {
        caller = _entries.TryGetValue(KeyOf(credential), out var entry) && IsFresh(entry) ? entry.Caller : null;
        return caller is not null;
    }

    public KnownCaller Keep(string credential, KnownCaller caller)
    {
        if (options.CredentialCache > TimeSpan.Zero)
        {
            if (_entries.Count >= options.CredentialCacheSize)
            {
                MakeRoom();
            }

            _entries[KeyOf(credential)] = new Entry(caller, time.GetTimestamp());
        }

        return caller;
    }

    public void Forget(Id<Principal> principal) => Forget(e => e.Caller.Caller.Principal == principal);

    public void Forget(Id<ApiKey> key) => Forget(e => e.Caller.Key == key);

    /// <summary>News from any process.</summary>
    public Task ForgetAsync(StoredEvent changed)
    {
        if (Id<Principal>.TryParse(changed.Subject, null, out var principal))
        {
            Forget(principal);
        }
        else if (Id<ApiKey>.TryParse(changed.Subject, null, out var key))
        {
            Forget(key);
        }

        return Task.CompletedTask;
    }

    void Forget(Func<Entry, bool> which)
    {
        foreach (var (key, entry) in _entries)
        {
            if (which(entry))
            {
                _entries.TryRemove(key, out _);
            }
        }
    }

    void MakeRoom()
    {
        Forget(e => !IsFresh(e));
        if (_entries.Count >= options.CredentialCacheSize)
        {
            _entries.Clear();
        }
    }

    bool IsFresh(Entry entry) =>
        time.GetElapsedTime(entry.Kept) < options.CredentialCache && !(entry.Caller.Expires <= time.GetUtcNow());

    static Digest KeyOf(string credential) => Digest.Of(Encoding.UTF8.GetBytes(credential));

    readonly record struct Entry(KnownCaller Caller, long Kept);
}
