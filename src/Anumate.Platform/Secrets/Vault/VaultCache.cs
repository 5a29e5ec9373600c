using System.Collections.Concurrent;

namespace Anumate.Platform.Secrets;

/// <summary>
/// Values of Vault, so many at most. A fresh one is given at once; an older one only while no node answers, and not for long; one that
/// Vault refuses, or no longer has, is forgotten. So a revoked right ends within the time of freshness, whatever else happens.
/// </summary>
sealed class VaultCache<TKey, TValue>(TimeSpan freshFor, VaultOptions options, TimeProvider time)
    where TKey : notnull
    where TValue : class
{
    readonly ConcurrentDictionary<TKey, (TValue Value, long Since)> _entries = new();

    public async Task<TValue?> GetAsync(TKey key, Func<Task<TValue?>> fetch)
    {
        var known = _entries.TryGetValue(key, out var entry);
        if (known && time.GetElapsedTime(entry.Since) < freshFor)
        {
            return entry.Value;
        }

        try
        {
            var value = await fetch();
            Keep(key, value);
            return value;
        }
        catch (VaultException e) when (e.Failure == VaultFailure.Unavailable && known && time.GetElapsedTime(entry.Since) < options.UsableFor)
        {
            return entry.Value;
        }
        catch (VaultException e) when (e.Failure != VaultFailure.Unavailable)
        {
            Forget(key);
            throw;
        }
    }

    public void Keep(TKey key, TValue? value)
    {
        if (value is null)
        {
            Forget(key);
            return;
        }

        if (_entries.Count >= options.CacheSize)
        {
            _entries.Clear();
        }

        _entries[key] = (value, time.GetTimestamp());
    }

    public void Forget(TKey key) => _entries.TryRemove(key, out _);
}
