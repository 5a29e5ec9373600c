using System.Text.Json.Nodes;
using Anumate.VaultStandIn;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

string? Option(string name) => Array.IndexOf(args, name) is >= 0 and var at && at + 1 < args.Length ? args[at + 1] : null;

var builder = WebApplication.CreateSlimBuilder();
builder.Logging.ClearProviders();
builder.WebHost.UseUrls($"http://127.0.0.1:{Option("--port") ?? "0"}");
var app = builder.Build();
using var vault = new Vault(Option("--root-token") ?? Vault.Random("hvs."), TimeProvider.System);
var leader = Option("--standby-of");

app.Map("/v1/{**path}", async (HttpContext context, string path) =>
{
    var answer = leader is null ? await vault.AnswerAsync(await RequestOf(context, path)) : Standby(context, path);
    context.Response.StatusCode = answer.Status;
    if (answer.Body is not null)
    {
        await context.Response.WriteAsJsonAsync(answer.Body);
    }

    Console.WriteLine($"{context.Request.Method} {path} {answer.Status}");
});

await app.StartAsync();
Console.WriteLine($"root token: {vault.RootToken}");
Console.WriteLine($"unseal key: {vault.UnsealKey}");
Console.WriteLine($"listening at {app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()}");
await app.WaitForShutdownAsync();

Answer Standby(HttpContext context, string path)
{
    if (path == "sys/health")
    {
        return new Answer(context.Request.Query.ContainsKey("standbyok") ? 200 : 429, new JsonObject { ["initialized"] = true, ["sealed"] = false, ["standby"] = true });
    }

    context.Response.Headers.Location = $"{leader}/v1/{path}{context.Request.QueryString}";
    return new Answer(307, null);
}

static async Task<Request> RequestOf(HttpContext context, string path)
{
    using var reader = new StreamReader(context.Request.Body);
    var text = await reader.ReadToEndAsync();
    var method = context.Request.Method;
    method = method == "PUT" ? "POST" : method == "GET" && context.Request.Query["list"] == "true" ? "LIST" : method;
    var header = context.Request.Headers["X-Vault-Token"].ToString();
    var bearer = context.Request.Headers.Authorization.ToString();
    return new Request(
        method, path.Trim('/'), context.Request.Query.ToDictionary(q => q.Key, q => q.Value.ToString()),
        text.Length == 0 ? [] : JsonNode.Parse(text)!.AsObject(),
        header.Length > 0 ? header : bearer.StartsWith("Bearer ", StringComparison.Ordinal) ? bearer[7..] : "",
        context.Request.Headers["X-Vault-Namespace"].ToString().Trim('/'));
}
