using System.Net.Http.Headers;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Anumate.Client;

/// <summary>Gives the bearer credential of a caller for a call of a contract method (its name, e.g. <c>PublishAsync</c>).</summary>
public delegate ValueTask<string?> BearerOf(Caller caller, string method, CancellationToken ct);

/// <summary>
/// The one way from a client to a server: adds the caller's credential, correlation and idempotency key, reads answers and turns
/// problem documents back into the <see cref="ProblemException"/> the service threw. What changes nothing (GETs, queries) and keyed
/// writes are retried on 503 and lost connections; other writes never. A call that broke off after it was sent is <c>outcome-unknown</c>.
/// </summary>
/// <param name="http">A client whose <see cref="HttpClient.BaseAddress"/> is the server's root.</param>
/// <param name="bearer">Gives the bearer credential for a caller.</param>
/// <param name="name">What problems call the server; its address when absent.</param>
public sealed class Transport(HttpClient http, BearerOf bearer, string? name = null)
{
    const int Attempts = 3;

    string Server => name ?? $"{http.BaseAddress}";

    /// <summary>GET, answered with a JSON body.</summary>
    public Task<T> GetAsync<T>(Caller caller, string path, CancellationToken ct, [CallerMemberName] string method = "") =>
        ExchangeAsync(new Call(caller, method, HttpMethod.Get, path, null) { IsSafe = true }, ReadAsync<T>, ct);

    /// <summary>POST with a JSON body, answered with one.</summary>
    public Task<T> PostAsync<TBody, T>(Caller caller, string path, TBody body, string? idempotencyKey, CancellationToken ct, [CallerMemberName] string method = "") =>
        ExchangeAsync(new Call(caller, method, HttpMethod.Post, path, Bytes(body)) { Key = idempotencyKey }, ReadAsync<T>, ct);

    /// <summary>POST with a JSON body that asks and changes nothing.</summary>
    public Task<T> QueryAsync<TBody, T>(Caller caller, string path, TBody body, CancellationToken ct, [CallerMemberName] string method = "") =>
        ExchangeAsync(new Call(caller, method, HttpMethod.Post, path, Bytes(body)) { IsSafe = true }, ReadAsync<T>, ct);

    /// <summary>POST without a body, answered with JSON.</summary>
    public Task<T> PostAsync<T>(Caller caller, string path, CancellationToken ct, [CallerMemberName] string method = "") =>
        ExchangeAsync(new Call(caller, method, HttpMethod.Post, path, null), ReadAsync<T>, ct);

    /// <summary>PUT with a JSON body and the version it replaces.</summary>
    public Task<T> PutAsync<TBody, T>(Caller caller, string path, TBody body, long ifMatch, CancellationToken ct, [CallerMemberName] string method = "") =>
        ExchangeAsync(new Call(caller, method, HttpMethod.Put, path, Bytes(body)) { IfMatch = ifMatch }, ReadAsync<T>, ct);

    /// <summary>POST with a JSON body, answered without one.</summary>
    public Task PostAsync<TBody>(Caller caller, string path, TBody body, CancellationToken ct, [CallerMemberName] string method = "") =>
        ExchangeAsync(new Call(caller, method, HttpMethod.Post, path, Bytes(body)), NothingAsync, ct);

    /// <summary>DELETE.</summary>
    public Task DeleteAsync(Caller caller, string path, CancellationToken ct, [CallerMemberName] string method = "") =>
        ExchangeAsync(new Call(caller, method, HttpMethod.Delete, path, null), NothingAsync, ct);

    /// <summary>GET, answered with text.</summary>
    public Task<string> GetTextAsync(Caller caller, string path, CancellationToken ct, [CallerMemberName] string method = "") =>
        ExchangeAsync(new Call(caller, method, HttpMethod.Get, path, null) { IsSafe = true }, (answer, c) => answer.Content.ReadAsStringAsync(c), ct);

    /// <summary>GET of a server-sent event stream whose <c>data</c> is JSON (HTML Living Standard, section 9.2).</summary>
    public async IAsyncEnumerable<T> StreamAsync<T>(
        Caller caller, string path, [EnumeratorCancellation] CancellationToken ct, [CallerMemberName] string method = "")
    {
        var call = new Call(caller, method, HttpMethod.Get, path, null) { IsSafe = true, Accept = "text/event-stream" };
        var stream = await ExchangeAsync(call, async (answer, c) => new Answer(answer, await answer.Content.ReadAsStreamAsync(c).ConfigureAwait(false)), ct).ConfigureAwait(false);
        using (stream.Response)
        {
            var items = System.Net.ServerSentEvents.SseParser.Create(stream.Body, (_, data) => JsonSerializer.Deserialize(data, Type<T>())!).EnumerateAsync(ct).GetAsyncEnumerator(ct);
            await using (items.ConfigureAwait(false))
            {
                while (await NextAsync(items, ct).ConfigureAwait(false))
                {
                    yield return items.Current.Data;
                }
            }
        }
    }

    async Task<bool> NextAsync<T>(IAsyncEnumerator<System.Net.ServerSentEvents.SseItem<T>> items, CancellationToken ct)
    {
        try
        {
            return await items.MoveNextAsync().ConfigureAwait(false);
        }
        catch (Exception e) when (IsBroken(e, ct))
        {
            throw Problems.Unavailable($"{Server} broke off; ask again from where it ended");
        }
    }

    async Task<T> ExchangeAsync<T>(Call call, Func<HttpResponseMessage, CancellationToken, Task<T>> read, CancellationToken ct)
    {
        for (var attempt = 1; ; attempt++)
        {
            var again = attempt < Attempts && (call.IsSafe || call.Key is not null);
            HttpResponseMessage? response = null;
            try
            {
                using var request = await RequestAsync(call, ct).ConfigureAwait(false);
                response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, ct).ConfigureAwait(false);
                await ThrowOnProblemAsync(response, ct).ConfigureAwait(false);
                var answer = await read(response, ct).ConfigureAwait(false);
                response = answer is Answer ? null : response;
                return answer;
            }
            catch (ProblemException e) when (again && e.Problem.Status == 503)
            {
                // Asked again below.
            }
            catch (Exception e) when (again && IsBroken(e, ct))
            {
                // Likewise.
            }
            catch (Exception e) when (IsBroken(e, ct))
            {
                throw call.IsSafe || WasNotSent(e)
                    ? Problems.Unavailable($"{Server} does not answer")
                    : Problems.OutcomeUnknown($"{Server} broke off before it answered; look whether it happened");
            }
            finally
            {
                response?.Dispose();
            }

            await Task.Delay(TimeSpan.FromMilliseconds(100 << attempt), ct).ConfigureAwait(false);
        }
    }

    // A timeout of the HttpClient is a cancellation that nobody asked for.
    static bool IsBroken(Exception e, CancellationToken ct) =>
        e is HttpRequestException or IOException || (e is OperationCanceledException && !ct.IsCancellationRequested);

    static bool WasNotSent(Exception e) => e is HttpRequestException
    {
        HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError
    };

    static async Task<T> ReadAsync<T>(HttpResponseMessage response, CancellationToken ct)
    {
        var stream = await response.Content.ReadAsStreamAsync(ct).ConfigureAwait(false);
        try
        {
            return await JsonSerializer.DeserializeAsync(stream, Type<T>(), ct).ConfigureAwait(false) ?? throw Unexpected(response, "an empty document");
        }
        catch (JsonException)
        {
            throw Unexpected(response, "a document of another form");
        }
    }

    static Task<bool> NothingAsync(HttpResponseMessage response, CancellationToken ct) => Task.FromResult(true);

    async Task<HttpRequestMessage> RequestAsync(Call call, CancellationToken ct)
    {
        var request = new HttpRequestMessage(call.Http, call.Path);
        if (await bearer(call.Caller, call.Method, ct).ConfigureAwait(false) is { } token)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        }

        if (call.Caller.Correlation.Length > 0)
        {
            request.Headers.TryAddWithoutValidation("X-Correlation-Id", call.Caller.Correlation);
        }

        if (call.Accept is not null)
        {
            request.Headers.Accept.ParseAdd(call.Accept);
        }

        if (call.Key is not null)
        {
            request.Headers.TryAddWithoutValidation("Idempotency-Key", call.Key);
        }

        if (call.IfMatch is { } version)
        {
            request.Headers.IfMatch.Add(new EntityTagHeaderValue($"\"{version}\""));
        }

        if (call.Body is not null)
        {
            request.Content = new ByteArrayContent(call.Body);
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        }

        return request;
    }

    async Task ThrowOnProblemAsync(HttpResponseMessage response, CancellationToken ct)
    {
        if (response.IsSuccessStatusCode)
        {
            return;
        }

        var text = await response.Content.ReadAsStringAsync(ct).ConfigureAwait(false);
        throw Read(text) switch
        {
            null => Unexpected(response, "no problem document"),

            // Between services this is trouble with keys, clocks or addresses, not an answer: it may be mended, and nothing was changed.
            { Code: Problems.ProcessRefusedCode or "route-not-found" } problem when name is not null => Problems.Unavailable($"{name} does not take this process's calls: {problem.Detail}"),
            { } problem => problem.Exception(),
        };
    }

    static ProblemException Unexpected(HttpResponseMessage response, string with) => new Problem("unexpected-answer",
        response.IsSuccessStatusCode ? 502 : (int)response.StatusCode, "The server answered with something unexpected", $"status {(int)response.StatusCode} with {with}").Exception();

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

    sealed record Call(Caller Caller, string Method, HttpMethod Http, string Path, byte[]? Body)
    {
        /// <summary>It changes nothing, whatever the HTTP method.</summary>
        public bool IsSafe { get; init; }

        public string? Key { get; init; }

        public long? IfMatch { get; init; }

        public string? Accept { get; init; }
    }

    /// <summary>An answer that is read on; its reader disposes of it.</summary>
    sealed record Answer(HttpResponseMessage Response, Stream Body);

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
