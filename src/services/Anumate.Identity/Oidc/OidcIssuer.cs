using System.Text.Json;
using Anumate.Proofs;
using Microsoft.Extensions.Logging;

namespace Anumate.Identity.Oidc;

/// <summary>
/// One issuer and its keys, found by discovery. They are read again when they are old, and when a token names one that is not among
/// them; never more often than the options say, and by one request at a time: a flood of unknown keys costs the issuer nothing.
/// </summary>
sealed partial class OidcIssuer(OidcOptions options, HttpMessageInvoker http, TimeProvider time, ILogger log) : IDisposable
{
    const int MaxBytes = 256 * 1024;

    static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    readonly SemaphoreSlim _one = new(1);
    Known? _known;
    long? _tried;

    public OidcOptions Options => options;

    /// <summary>What became of a token that claims to be this issuer's.</summary>
    /// <exception cref="ProblemException"><c>unavailable</c>: its keys are not known, and it cannot be reached.</exception>
    public async Task<TokenVerification> VerifyAsync(OidcToken token, CancellationToken ct)
    {
        var known = await KnownAsync(ct);
        var verified = token.Verify(Expected(), known.Keys);
        return verified.Refusal == TokenRefusal.UnknownKey && await RefetchAsync(known, ct) is { } newer
            ? token.Verify(Expected(), newer.Keys)
            : verified;
    }

    public void Dispose() => _one.Dispose();

    OidcExpectation Expected() => new()
    {
        Issuer = options.Issuer, Audiences = [.. options.Audiences], Algorithms = options.AlgorithmsInEffect, Types = options.TypesInEffect,
        Now = time.GetUtcNow(), Skew = options.Skew,
    };

    async Task<Known> KnownAsync(CancellationToken ct)
    {
        var known = Volatile.Read(ref _known);
        if (known is not null && time.GetElapsedTime(known.At) < options.KeysFreshFor)
        {
            return known;
        }

        known = await RefetchAsync(known, ct) ?? Volatile.Read(ref _known);
        return known is not null && time.GetElapsedTime(known.At) < options.KeysFreshFor + options.KeysUsableFor
            ? known
            : throw Problems.Unavailable("the keys of the issuer of this credential cannot be read; try again later");
    }

    /// <summary>Newer keys than those given; null when there are none to be had now.</summary>
    async Task<Known?> RefetchAsync(Known? than, CancellationToken ct)
    {
        await _one.WaitAsync(ct);
        try
        {
            if (!ReferenceEquals(_known, than))
            {
                return _known;
            }

            if (_tried is { } tried && time.GetElapsedTime(tried) < options.RefetchAtMostEvery)
            {
                return null;
            }

            _tried = time.GetTimestamp();
            var keys = await FetchAsync(ct);
            Volatile.Write(ref _known, new Known(keys, time.GetTimestamp()));
            return _known;
        }
        catch (OidcException e)
        {
            NotRead(options.Issuer, e.Message);
            return null;
        }
        finally
        {
            _one.Release();
        }
    }

    async Task<OidcKeys> FetchAsync(CancellationToken ct)
    {
        var discovery = await GetAsync(options.Issuer.TrimEnd('/') + "/.well-known/openid-configuration", ct);
        if (!StrictJson.TryParse(discovery, MaxBytes, out var document, out var diagnostics))
        {
            throw new OidcException($"its discovery document is not acceptable: {diagnostics[0].Message}");
        }

        string? jwks;
        using (document)
        {
            // OpenID Connect Discovery 4.3: otherwise one issuer could pass off its keys as another's.
            if (TextOf(document.RootElement, "issuer") != options.Issuer)
            {
                throw new OidcException("its discovery document names another issuer");
            }

            jwks = TextOf(document.RootElement, "jwks_uri");
        }

        if (jwks is null || !OidcOptions.IsSafe(jwks))
        {
            throw new OidcException("its discovery document names no jwks_uri under https");
        }

        return OidcKeys.TryRead(await GetAsync(jwks, ct), out var keys, out var fault) ? keys : throw new OidcException($"its keys are not acceptable: {fault}");
    }

    async Task<byte[]> GetAsync(string address, CancellationToken ct)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(Patience);
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, address);
            using var response = await http.SendAsync(request, limit.Token);
            if (!response.IsSuccessStatusCode)
            {
                throw new OidcException($"{address} answered {(int)response.StatusCode}");
            }

            await response.Content.LoadIntoBufferAsync(MaxBytes, limit.Token);
            return await response.Content.ReadAsByteArrayAsync(limit.Token);
        }
        catch (HttpRequestException e)
        {
            throw new OidcException($"{address}: {e.Message}", e);
        }
        catch (OperationCanceledException e) when (!ct.IsCancellationRequested)
        {
            throw new OidcException($"{address} did not answer within {Patience.TotalSeconds} s", e);
        }
    }

    static string? TextOf(JsonElement root, string name) =>
        root.ValueKind == JsonValueKind.Object && root.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    [LoggerMessage(LogLevel.Warning, "the keys of the issuer {Issuer} were not read: {Reason}")]
    private partial void NotRead(string issuer, string reason);

    sealed record Known(OidcKeys Keys, long At);
}

/// <summary>What an issuer served cannot be used.</summary>
sealed class OidcException(string message, Exception? inner = null) : Exception(message, inner);
