using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace Anumate.Tests.Http;

/// <summary>An answer as it came over the wire.</summary>
public sealed record Answer(int Status, string? ContentType, byte[] Body, HttpResponseHeaders Headers)
{
    /// <summary>The problem it carries; every answer from 400 on must be one.</summary>
    public Problem Problem
    {
        get
        {
            Assert.Equal("application/problem+json", ContentType);
            var problem = JsonSerializer.Deserialize(Body, (System.Text.Json.Serialization.Metadata.JsonTypeInfo<Problem>)AnumateJson.Options.GetTypeInfo(typeof(Problem)))!;
            Assert.Equal(Status, problem.Status);
            Assert.NotNull(problem.TraceId);
            return problem;
        }
    }

    public T Json<T>() => JsonSerializer.Deserialize(Body, (System.Text.Json.Serialization.Metadata.JsonTypeInfo<T>)AnumateJson.Options.GetTypeInfo(typeof(T)))!;

    public string? Header(string name) => Headers.TryGetValues(name, out var values) ? string.Join(",", values) : null;
}

/// <summary>Requests as a test wants them, however malformed.</summary>
public static class Wire
{
    public static Task<Answer> AskAsync(this HttpClient http, string path, params (string Name, string Value)[] headers) =>
        http.TellAsync("GET", path, null, null, headers);

    public static Task<Answer> PostJsonAsync(this HttpClient http, string path, string json, params (string Name, string Value)[] headers) =>
        http.TellAsync("POST", path, Encoding.UTF8.GetBytes(json), "application/json", headers);

    public static async Task<Answer> TellAsync(
        this HttpClient http, string method, string path, byte[]? body, string? contentType, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        if (body is not null)
        {
            request.Content = new ByteArrayContent(body);
            if (contentType is not null)
            {
                request.Content.Headers.TryAddWithoutValidation("Content-Type", contentType);
            }
        }

        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        return await http.ReadAsync(request);
    }

    public static async Task<Answer> ReadAsync(this HttpClient http, HttpRequestMessage request)
    {
        using var response = await http.SendAsync(request);
        return new Answer((int)response.StatusCode, response.Content.Headers.ContentType?.ToString(), await response.Content.ReadAsByteArrayAsync(), response.Headers);
    }
}
