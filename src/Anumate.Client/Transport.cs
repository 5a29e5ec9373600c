using System.Net.Http.Headers;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Anumate.Client;

/// <summary>
/// The one way from a client to a server: adds the caller's credential, correlation and idempotency key, reads answers and turns
/// problem documents back into the <see cref="ProblemException"/> the service threw. GETs and keyed writes are retried
/// on 503 and lost connections; other writes never.
/// </summary>
/// <param name="http">A client whose <see cref="HttpClient.BaseAddress"/> is the server's root.</param>
/// <param name="bearer">Gives the bearer credential for a caller.</param>
public sealed class Transport(HttpClient http, Func<Caller, CancellationToken, ValueTask<string?>> bearer)
{
    const int Attempts = 3;

    /// <summary>GET, answered with a JSON body.</summary>
    public Task<T> GetAsync<T>(Caller caller, string path, CancellationToken ct) =>
        SendAsync<T>(caller, HttpMethod.Get, path, null, null, null, ct);

    /// <summary>POST with a JSON body, answered with one.</summary>
    public Task<T> PostAsync<TBody, T>(Caller caller, string path, TBody body, string? idempotencyKey, CancellationToken ct) =>
        SendAsync<T>(caller, HttpMethod.Post, path, Bytes(body), idempotencyKey, null, ct);

    /// <summary>POST without a body, answered with JSON.</summary>
    public Task<T> PostAsync<T>(Caller caller, string path, CancellationToken ct) =>
        SendAsync<T>(caller, HttpMethod.Post, path, null, null, null, ct);

    /// <summary>PUT with a JSON body and the version it replaces.</summary>
    public Task<T> PutAsync<TBody, T>(Caller caller, string path, TBody body, long ifMatch, CancellationToken ct) =>
        SendAsync<T>(caller, HttpMethod.Put, path, Bytes(body), null, ifMatch, ct);

    /// <summary>POST with a JSON body, answered without one.</summary>
    public async Task PostAsync<TBody>(Caller caller, string path, TBody body, CancellationToken ct)
    {
        using var response = await ExchangeAsync(caller, HttpMethod.Post, path, Bytes(body), null, null, ct).ConfigureAwait(false);
    }

    /// <summary>DELETE.</summary>
    public async Task DeleteAsync(Caller caller, string path, CancellationToken ct)
    {
        using var response = await ExchangeAsync(caller, HttpMethod.Delete, path, null, null, null, ct).ConfigureAwait(false);
    }

    /// <summary>GET, answered with text.</summary>
    public async Task<string> GetTextAsync(Caller caller, string path, CancellationToken ct)
    {
        using var response = await ExchangeAsync(caller, HttpMethod.Get, path, null, null, null, ct).ConfigureAwait(false);
        return await response.Content.ReadAsStringAsync(ct).ConfigureAwait(false);
    }

    /// <summary>GET of a server-sent event stream whose <c>data</c> is JSON (HTML Living Standard, section 9.2).</summary>
    public async IAsyncEnumerable<T> StreamAsync<T>(Caller caller, string path, [EnumeratorCancellation] CancellationToken ct)
    {
        using var request = await RequestAsync(caller, HttpMethod.Get, path, null, null, null, ct).ConfigureAwait(false);
        request.Headers.Accept.ParseAdd("text/event-stream");
        using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, ct).ConfigureAwait(false);
        await ThrowOnProblemAsync(response, ct).ConfigureAwait(false);
        var stream = await response.Content.ReadAsStreamAsync(ct).ConfigureAwait(false);
        await foreach (var item in System.Net.ServerSentEvents.SseParser.Create(stream, (_, data) => JsonSerializer.Deserialize(data, Type<T>())!).EnumerateAsync(ct).ConfigureAwait(false))
        {
            yield return item.Data;
        }
    }

    async Task<T> SendAsync<T>(Caller caller, HttpMethod method, string path, byte[]? body, string? key, long? ifMatch, CancellationToken ct)
    {
        using var response = await ExchangeAsync(caller, method, path, body, key, ifMatch, ct).ConfigureAwait(false);
        var stream = await response.Content.ReadAsStreamAsync(ct).ConfigureAwait(false);
        return await JsonSerializer.DeserializeAsync(stream, Type<T>(), ct).ConfigureAwait(false)
            ?? throw Problems.Unavailable($"{method} {path} answered with an empty document");
    }

    async Task<HttpResponseMessage> ExchangeAsync(Caller caller, HttpMethod method, string path, byte[]? body, string? key, long? ifMatch, CancellationToken ct)
    {
        for (var attempt = 1; ; attempt++)
        {
            var again = attempt < Attempts && (method == HttpMethod.Get || key is not null);
            HttpResponseMessage? response = null;
            try
            {
                using var request = await RequestAsync(caller, method, path, body, key, ifMatch, ct).ConfigureAwait(false);
                response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, ct).ConfigureAwait(false);
                await ThrowOnProblemAsync(response, ct).ConfigureAwait(false);
                return response;
            }
            catch (ProblemException e) when (again && e.Problem.Status == 503)
            {
                response?.Dispose();
            }
            catch (HttpRequestException) when (again)
            {
                response?.Dispose();
            }
            catch (HttpRequestException e)
            {
                throw Problems.Unavailable($"cannot reach {http.BaseAddress}: {e.Message}");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(100 << attempt), ct).ConfigureAwait(false);
        }
    }

    async Task<HttpRequestMessage> RequestAsync(
        Caller caller, HttpMethod method, string path, byte[]? body, string? key, long? ifMatch, CancellationToken ct)
    {
        var request = new HttpRequestMessage(method, path);
        if (await bearer(caller, ct).ConfigureAwait(false) is { } token)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        }

        if (caller.Correlation.Length > 0)
        {
            request.Headers.TryAddWithoutValidation("X-Correlation-Id", caller.Correlation);
        }

        if (key is not null)
        {
            request.Headers.TryAddWithoutValidation("Idempotency-Key", key);
        }

        if (ifMatch is { } version)
        {
            request.Headers.IfMatch.Add(new EntityTagHeaderValue($"\"{version}\""));
        }

        if (body is not null)
        {
            request.Content = new ByteArrayContent(body);
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        }

        return request;
    }

    static async Task ThrowOnProblemAsync(HttpResponseMessage response, CancellationToken ct)
    {
        if (response.IsSuccessStatusCode)
        {
            return;
        }

        var text = await response.Content.ReadAsStringAsync(ct).ConfigureAwait(false);
        response.Dispose();
        throw Read(text)?.Exception()
            ?? new Problem("unexpected-answer", (int)response.StatusCode, "The server answered with something unexpected",
                $"status {(int)response.StatusCode} without a problem document").Exception();
    }

    static Problem? Read(string text)
    {
        try
        {
            return JsonSerializer.Deserialize(text, Type<Problem>());
        }
        catch (JsonException)
        {
            return null;
        }
    }

    static byte[] Bytes<T>(T body) => JsonSerializer.SerializeToUtf8Bytes(body, Type<T>());

    static JsonTypeInfo<T> Type<T>() => (JsonTypeInfo<T>)AnumateJson.Options.GetTypeInfo(typeof(T));
}

/// <summary>Builds paths with escaped segments and query values; absent values are left out.</summary>
static class Route
{
    public static string Of(string path, params (string Name, string? Value)[] query)
    {
        var text = new StringBuilder(path);
        var mark = '?';
        foreach (var (name, value) in query)
        {
            if (value is not null)
            {
                text.Append(mark).Append(name).Append('=').Append(Uri.EscapeDataString(value));
                mark = '&';
            }
        }

        return text.ToString();
    }

    public static string Page(string path, PageRequest page, params (string Name, string? Value)[] query) =>
        Of(path, [.. query, ("cursor", page.Cursor), ("limit", page.Limit.ToString())]);

    /// <summary>The wire word of an enum value, e.g. <c>waiting_approval</c>.</summary>
    public static string? Word<T>(T? value)
        where T : struct, Enum =>
        value is { } v ? JsonNamingPolicy.SnakeCaseLower.ConvertName(v.ToString()) : null;

    public static string Segment(string value) => Uri.EscapeDataString(value);
}
