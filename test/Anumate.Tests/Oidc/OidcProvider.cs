using System.Diagnostics;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Anumate.Tests.Oidc;

/// <summary>A real OpenID provider (npm <c>oidc-provider</c>) as a process of its own; people sign in there as with a browser.</summary>
public sealed partial class OidcProvider : IAsyncDisposable
{
    const string Package = "oidc-provider", Version = "9.13.3", Back = "http://127.0.0.1/back";

    readonly Process _process;
    readonly HttpClient _http;
    readonly SemaphoreSlim _one = new(1);

    OidcProvider(Process process, string issuer)
    {
        _process = process;
        Issuer = issuer;
        _http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false }) { BaseAddress = new Uri(issuer) };
    }

    public string Issuer { get; }

    public static async Task<OidcProvider> StartAsync()
    {
        var folder = await NpmTool.FolderAsync(Package, Package, Version);
        var script = Path.Combine(NpmTool.Root, "test", "Anumate.Tests", "Oidc", "provider.mjs");
        var process = Process.Start(new ProcessStartInfo("node", [script, folder]) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true })!;
        var said = new StringBuilder();
        process.ErrorDataReceived += (_, line) => said.AppendLine(line.Data);
        process.BeginErrorReadLine();
        return new OidcProvider(process, await AnswerAsync(process) ?? throw new InvalidOperationException($"the provider did not start: {said}"));
    }

    /// <summary>What the tokens of a person, or of the program <c>robot</c>, say from now on.</summary>
    public Task SetClaimsAsync(string person, object claims) => OrderAsync(JsonSerializer.Serialize(new { person, claims }));

    /// <summary>New keys; the ones before are withdrawn.</summary>
    public Task RotateAsync() => OrderAsync("""{"rotate":true}""");

    /// <summary>An access token that a person gets by signing in with a browser: code flow with PKCE, login page, consent page.</summary>
    public async Task<string> TokenAsync(string person, string alg = "RS256", string audience = "anumate", int seconds = 600) =>
        (await SignInAsync(person, alg, audience, seconds)).GetProperty("access_token").GetString()!;

    /// <summary>The ID token of such a sign-in.</summary>
    public async Task<string> IdTokenAsync(string person) => (await SignInAsync(person, "RS256", "anumate", 600)).GetProperty("id_token").GetString()!;

    /// <summary>An access token of a program, by its client secret.</summary>
    public async Task<string> RobotTokenAsync() => (await TokensAsync(new()
    {
        ["grant_type"] = "client_credentials", ["client_id"] = "robot", ["client_secret"] = "robot-secret", ["resource"] = "urn:anumate:RS256:600",
    })).GetProperty("access_token").GetString()!;

    public async ValueTask DisposeAsync()
    {
        _process.StandardInput.Close();
        await _process.WaitForExitAsync();
        _process.Dispose();
        _http.Dispose();
        _one.Dispose();
    }

    async Task<JsonElement> SignInAsync(string person, string alg, string audience, int seconds)
    {
        var verifier = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));
        var challenge = System.Buffers.Text.Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(verifier)));
        var resource = $"urn:{audience}:{alg}:{seconds}";
        var cookies = new Dictionary<string, string>();
        var at = $"/auth?client_id=cli&response_type=code&scope=openid&redirect_uri={Uri.EscapeDataString(Back)}"
            + $"&code_challenge={challenge}&code_challenge_method=S256&resource={Uri.EscapeDataString(resource)}";
        HttpContent? form = null;
        for (var hop = 0; hop < 12; hop++)
        {
            using var request = new HttpRequestMessage(form is null ? HttpMethod.Get : HttpMethod.Post, at) { Content = form };
            request.Headers.TryAddWithoutValidation("Cookie", string.Join("; ", cookies.Select(c => $"{c.Key}={c.Value}")));
            using var response = await _http.SendAsync(request);
            foreach (var cookie in response.Headers.TryGetValues("Set-Cookie", out var set) ? set : [])
            {
                var pair = cookie.Split(';')[0].Split('=', 2);
                cookies[pair[0]] = pair[1];
            }

            form = null;
            if (response.Headers.Location is { } location)
            {
                at = location.ToString();
                if (at.StartsWith(Back, StringComparison.Ordinal))
                {
                    return await TokensAsync(new()
                    {
                        ["grant_type"] = "authorization_code", ["client_id"] = "cli", ["redirect_uri"] = Back, ["code_verifier"] = verifier, ["resource"] = resource,
                        ["code"] = Code().Match(at).Groups[1].Value,
                    });
                }

                continue;
            }

            var page = await response.Content.ReadAsStringAsync();
            Assert.True(response.StatusCode == HttpStatusCode.OK, page);
            at = Form().Match(page).Groups[1].Value;
            form = new FormUrlEncodedContent(new Dictionary<string, string> { ["prompt"] = Prompt().Match(page).Groups[1].Value, ["login"] = person, ["password"] = "any" });
        }

        throw new InvalidOperationException("the provider leads in a circle");
    }

    async Task<JsonElement> TokensAsync(Dictionary<string, string> fields)
    {
        using var response = await _http.PostAsync("/token", new FormUrlEncodedContent(fields));
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, text);
        return JsonElement.Parse(text);
    }

    async Task OrderAsync(string line)
    {
        await _one.WaitAsync();
        try
        {
            await _process.StandardInput.WriteLineAsync(line);
            await _process.StandardInput.FlushAsync();
            Assert.Equal("done", await AnswerAsync(_process));
        }
        finally
        {
            _one.Release();
        }
    }

    // Its answers begin with an arrow; whatever else it prints are notices of the library.
    static async Task<string?> AnswerAsync(Process process)
    {
        while (await process.StandardOutput.ReadLineAsync() is { } line)
        {
            if (line.StartsWith("> ", StringComparison.Ordinal))
            {
                return line[2..];
            }
        }

        return null;
    }

    [GeneratedRegex("[?&]code=([^&]+)")]
    private static partial Regex Code();

    [GeneratedRegex("<form[^>]+action=\"([^\"]+)\"")]
    private static partial Regex Form();

    [GeneratedRegex("name=\"prompt\" value=\"([^\"]+)\"")]
    private static partial Regex Prompt();
}
