using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;

namespace Anumate.Platform.Secrets;

/// <summary>
/// The token of this process. It is got at the first use, renewed after two thirds of its lease, and got anew when it cannot be renewed
/// further, has expired or is refused. One caller signs in at a time; the others wait for its token.
/// </summary>
sealed partial class VaultLogin : IDisposable
{
    // A refusal right after a login is meant, not an expired token; asking again and again would only load Vault.
    static readonly TimeSpan LoginAtMost = TimeSpan.FromSeconds(2);

    static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(2);

    readonly VaultClient _vault;
    readonly VaultOptions _options;
    readonly TimeProvider _time;
    readonly ILogger _log;
    readonly SemaphoreSlim _one = new(1);
    readonly ITimer _renewal;
    Held? _held;

    public VaultLogin(VaultClient vault, VaultOptions options, TimeProvider time, ILogger log)
    {
        (_vault, _options, _time, _log) = (vault, options, time, log);
        _renewal = time.CreateTimer(state => _ = ((VaultLogin)state!).RenewAsync(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <param name="First">The lease that the login gave; a renewal that gives much less has come to the token's end.</param>
    sealed record Held(string Token, TimeSpan Lease, TimeSpan First, bool Renewable, long Since, long LoggedIn);

    public async ValueTask<string> TokenAsync(CancellationToken ct) =>
        Volatile.Read(ref _held) is { } held && !HasExpired(held) ? held.Token : await LoginAsync(replaces: null, ct);

    /// <summary>Another token, as this one was refused; null when a login just now gave it.</summary>
    public async ValueTask<string?> AgainAsync(string refused, CancellationToken ct) =>
        Volatile.Read(ref _held) is { } held && held.Token == refused && _time.GetElapsedTime(held.LoggedIn) < LoginAtMost ? null : await LoginAsync(refused, ct);

    public void Dispose()
    {
        _renewal.Dispose();
        _one.Dispose();
    }

    bool HasExpired(Held held) => held.Lease > TimeSpan.Zero && _time.GetElapsedTime(held.Since) >= held.Lease;

    async Task<string> LoginAsync(string? replaces, CancellationToken ct)
    {
        await _one.WaitAsync(ct);
        try
        {
            if (_held is { } held && !HasExpired(held) && held.Token != replaces)
            {
                return held.Token;
            }

            var answer = await _vault.ExchangeAsync($"auth/{Mount}/login", await CredentialsAsync(ct), null, ct);
            var now = _time.GetTimestamp();
            var (token, lease, renewable) = Read(answer);
            Keep(new Held(token, lease, lease, renewable, now, now));
            return token;
        }
        catch (VaultException e) when (e.Failure == VaultFailure.Invalid)
        {
            // A wrong role or secret id is answered with 400.
            throw new VaultException(VaultFailure.Denied, $"the login was refused: {e.Message}");
        }
        finally
        {
            _one.Release();
        }
    }

    /// <summary>Runs by the timer, never twice at once: it is set again only here and after a login.</summary>
    async Task RenewAsync()
    {
        if (Volatile.Read(ref _held) is not { } held)
        {
            return;
        }

        try
        {
            if (held.Renewable)
            {
                var answer = await _vault.ExchangeAsync("auth/token/renew-self", [], held.Token, CancellationToken.None);
                var (token, lease, renewable) = Read(answer);
                if (lease > held.First / 3)
                {
                    Keep(held with { Token = token, Lease = lease, Renewable = renewable, Since = _time.GetTimestamp() });
                    return;
                }
            }

            await LoginAsync(held.Token, CancellationToken.None);
        }
        catch (VaultException e) when (e.Failure == VaultFailure.Unavailable)
        {
            // The token is good until its lease ends.
            Set(RetryAfter);
        }
        catch (VaultException e)
        {
            NotRenewed(e.Message);
            await LoginAgainAsync(held.Token);
        }
        catch (ObjectDisposedException)
        {
            // The process ends.
        }
    }

    async Task LoginAgainAsync(string token)
    {
        try
        {
            await LoginAsync(token, CancellationToken.None);
        }
        catch (VaultException e)
        {
            NotRenewed(e.Message);
            Set(RetryAfter);
        }
    }

    void Keep(Held held)
    {
        Volatile.Write(ref _held, held);
        if (held.Lease > TimeSpan.Zero)
        {
            Set(held.Lease * 2 / 3);
        }
    }

    void Set(TimeSpan due) => _renewal.Change(due, Timeout.InfiniteTimeSpan);

    string Mount => _options.LoginMount.Length > 0 ? _options.LoginMount : _options.Login == VaultLoginKind.AppRole ? "approle" : "kubernetes";

    async Task<JsonObject> CredentialsAsync(CancellationToken ct) => _options.Login == VaultLoginKind.AppRole
        ? new JsonObject { ["role_id"] = _options.Role, ["secret_id"] = await FileAsync(_options.SecretIdFile, ct) }
        : new JsonObject { ["role"] = _options.Role, ["jwt"] = await FileAsync(_options.TokenFile, ct) };

    static async Task<string> FileAsync(string path, CancellationToken ct)
    {
        try
        {
            return (await File.ReadAllTextAsync(path, ct)).Trim();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new VaultException(VaultFailure.Denied, $"the credential for Vault cannot be read: {e.Message}");
        }
    }

    static (string Token, TimeSpan Lease, bool Renewable) Read(VaultAnswer answer) =>
        answer.Body.ValueKind == JsonValueKind.Object && answer.Body.TryGetProperty("auth", out var auth) && auth.ValueKind == JsonValueKind.Object
            ? (auth.GetProperty("client_token").GetString()!, TimeSpan.FromSeconds(auth.GetProperty("lease_duration").GetInt64()), auth.GetProperty("renewable").GetBoolean())
            : throw new VaultException(VaultFailure.Denied, "the login gave no token; is the login method mounted where `LoginMount` says?");

    [LoggerMessage(LogLevel.Warning, "the token for Vault was not renewed: {Why}")]
    private partial void NotRenewed(string why);
}
