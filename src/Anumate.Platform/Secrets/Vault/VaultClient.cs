using System.Net.Http.Json;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;

namespace Anumate.Platform.Secrets;

/// <summary>Why Vault did not do what was asked.</summary>
enum VaultFailure
{
    /// <summary>No node could answer: away, sealed, standby without a leader, overloaded. Nothing is known about the value.</summary>
    Unavailable,

    /// <summary>Vault said no, also after a fresh login.</summary>
    Denied,

    /// <summary>The check-and-set version was not the current one.</summary>
    Changed,

    /// <summary>Vault understood the request and found it wrong.</summary>
    Invalid,
}

sealed class VaultException(VaultFailure failure, string message) : Exception(message)
{
    public VaultFailure Failure { get; } = failure;

    /// <summary>What a caller of the API is told. A refusal by Vault is the operator's affair, not the caller's: never a 403.</summary>
    public ProblemException Problem() => Problems.Unavailable($"the secret store {Failure switch
    {
        VaultFailure.Denied => "refuses this installation; its operator has to look at its role and policies",
        VaultFailure.Unavailable => "does not answer",
        _ => "does not accept the request",
    }}");
}

/// <summary>An answer of Vault: 2xx, or a 404 (with what it says of a deleted version).</summary>
readonly record struct VaultAnswer(int Status, JsonElement Body)
{
    public bool Found => Status != 404;
}

/// <summary>
/// Vault's HTTP API (<c>/v1/…</c>), over all its nodes. Redirects are followed to configured nodes only: a token goes nowhere else.
/// A 403 leads to one fresh login and one more try. Values and tokens are never logged.
/// </summary>
sealed partial class VaultClient : IDisposable
{
    readonly HttpClient _http;
    readonly IReadOnlyList<Uri> _nodes;
    readonly string _namespace;
    readonly ILogger _log;
    readonly VaultLogin _login;
    int _preferred;
    volatile bool _away;

    public VaultClient(VaultOptions options, TimeProvider time, ILogger<VaultClient> log)
    {
        _nodes = options.Nodes();
        _namespace = options.Namespace;
        _log = log;
        _http = new HttpClient(Handler(options)) { Timeout = options.Timeout };
        _login = new VaultLogin(this, options, time, log);
    }

    public Task<VaultAnswer> GetAsync(string path, CancellationToken ct) => SendAsync(HttpMethod.Get, path, null, ct);

    public Task<VaultAnswer> PostAsync(string path, JsonObject body, CancellationToken ct) => SendAsync(HttpMethod.Post, path, body, ct);

    public Task<VaultAnswer> DeleteAsync(string path, CancellationToken ct) => SendAsync(HttpMethod.Delete, path, null, ct);

    /// <summary>Whether some node serves; what it says otherwise.</summary>
    public async Task<string?> TroubleAsync(CancellationToken ct)
    {
        try
        {
            await ExchangeAsync(HttpMethod.Get, "sys/health?standbyok=true&perfstandbyok=true", null, null, ct);
            return null;
        }
        catch (VaultException e)
        {
            return e.Message;
        }
    }

    /// <summary>One exchange without a login of ours, for the login itself.</summary>
    internal Task<VaultAnswer> ExchangeAsync(string path, JsonObject body, string? token, CancellationToken ct) =>
        ExchangeAsync(HttpMethod.Post, path, body, token, ct);

    public void Dispose()
    {
        _login.Dispose();
        _http.Dispose();
    }

    async Task<VaultAnswer> SendAsync(HttpMethod method, string path, JsonObject? body, CancellationToken ct)
    {
        var token = await _login.TokenAsync(ct);
        try
        {
            return await ExchangeAsync(method, path, body, token, ct);
        }
        catch (VaultException e) when (e.Failure == VaultFailure.Denied)
        {
            // The token may have expired or been revoked, or the policy does not allow it: a fresh login tells.
            if (await _login.AgainAsync(token, ct) is not { } fresh)
            {
                throw;
            }

            return await ExchangeAsync(method, path, body, fresh, ct);
        }
    }

    async Task<VaultAnswer> ExchangeAsync(HttpMethod method, string path, JsonObject? body, string? token, CancellationToken ct)
    {
        var tried = new HashSet<Uri>();
        var why = "";
        var next = _nodes[_preferred];
        while (tried.Add(next))
        {
            try
            {
                using var request = RequestOf(method, new Uri(next, "v1/" + path), body, token);
                using var response = await _http.SendAsync(request, ct);
                switch ((int)response.StatusCode)
                {
                    case 307 or 308:
                        why = $"{next.Authority} is on standby and points to a node that is not configured";
                        if (NodeAt(response.Headers.Location, next) is { } leader && !tried.Contains(leader))
                        {
                            next = leader;
                            continue;
                        }

                        break;
                    case 412 or 429 or 472 or 473 or >= 500:
                        why = $"{next.Authority} says {await ErrorsAsync(response, ct)}";
                        break;
                    default:
                        var answer = await AnswerAsync(response, ct);
                        Serves(next);
                        return answer;
                }
            }
            catch (HttpRequestException e)
            {
                why = $"{next.Authority} cannot be reached: {e.Message}";
            }
            catch (TaskCanceledException) when (!ct.IsCancellationRequested)
            {
                why = $"{next.Authority} did not answer in time";
            }

            next = _nodes.FirstOrDefault(n => !tried.Contains(n), next);
        }

        if (!_away)
        {
            _away = true;
            Lost(why);
        }

        throw new VaultException(VaultFailure.Unavailable, $"no node of Vault answers; {why}");
    }

    HttpRequestMessage RequestOf(HttpMethod method, Uri address, JsonObject? body, string? token)
    {
        var request = new HttpRequestMessage(method, address);
        request.Headers.Add("X-Vault-Request", "true");
        if (token is not null)
        {
            request.Headers.Add("X-Vault-Token", token);
        }

        if (_namespace.Length > 0)
        {
            request.Headers.Add("X-Vault-Namespace", _namespace);
        }

        request.Content = body is null ? null : JsonContent.Create(body);
        return request;
    }

    static async Task<VaultAnswer> AnswerAsync(HttpResponseMessage response, CancellationToken ct)
    {
        var status = (int)response.StatusCode;
        if (status is >= 200 and < 300 or 404)
        {
            var bytes = await response.Content.ReadAsByteArrayAsync(ct);
            return new VaultAnswer(status, bytes.Length == 0 ? default : Parse(bytes));
        }

        var errors = await ErrorsAsync(response, ct);
        throw new VaultException(
            status == 403 ? VaultFailure.Denied
            : errors.Contains("check-and-set parameter did not match", StringComparison.Ordinal) ? VaultFailure.Changed
            : VaultFailure.Invalid,
            errors);
    }

    static JsonElement Parse(byte[] bytes)
    {
        try
        {
            return JsonElement.Parse(bytes);
        }
        catch (JsonException)
        {
            throw new VaultException(VaultFailure.Unavailable, "the answer is not one of Vault");
        }
    }

    static async Task<string> ErrorsAsync(HttpResponseMessage response, CancellationToken ct)
    {
        try
        {
            var body = JsonElement.Parse(await response.Content.ReadAsByteArrayAsync(ct));
            if (body.ValueKind == JsonValueKind.Object && body.TryGetProperty("errors", out var errors) && errors.ValueKind == JsonValueKind.Array && errors.GetArrayLength() > 0)
            {
                return Http.Text.Excerpt(string.Join("; ", errors.EnumerateArray().Select(e => e.ToString())));
            }

            if (body.ValueKind == JsonValueKind.Object && body.TryGetProperty("sealed", out var state) && state.ValueKind == JsonValueKind.True)
            {
                return "that it is sealed";
            }
        }
        catch (JsonException)
        {
            // Something before Vault answered; its status has to do.
        }

        return $"status {(int)response.StatusCode}";
    }

    Uri? NodeAt(Uri? location, Uri from)
    {
        var target = location is null ? null : new Uri(from, location);
        return target is null ? null : _nodes.FirstOrDefault(n => Uri.Compare(n, target, UriComponents.SchemeAndServer, UriFormat.Unescaped, StringComparison.OrdinalIgnoreCase) == 0);
    }

    void Serves(Uri node)
    {
        for (var i = 0; i < _nodes.Count; i++)
        {
            if (_nodes[i] == node)
            {
                _preferred = i;
            }
        }

        if (_away)
        {
            _away = false;
            Back(node.Authority);
        }
    }

    static SocketsHttpHandler Handler(VaultOptions options)
    {
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false, UseCookies = false, PooledConnectionLifetime = TimeSpan.FromMinutes(2), ConnectTimeout = options.Timeout,
        };
        if (options.CaFile.Length > 0)
        {
            var authorities = new X509Certificate2Collection();
            authorities.ImportFromPemFile(options.CaFile);
            var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
            policy.CustomTrustStore.AddRange(authorities);
            handler.SslOptions = new SslClientAuthenticationOptions { CertificateChainPolicy = policy };
        }

        return handler;
    }

    [LoggerMessage(LogLevel.Error, "no node of Vault answers ({Why}); values in memory are used while they may be, everything else is refused")]
    private partial void Lost(string why);

    [LoggerMessage(LogLevel.Information, "Vault answers again at {Node}")]
    private partial void Back(string node);
}
