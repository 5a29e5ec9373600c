using System.CommandLine;
using System.Text.Json;

namespace Anumate.Cli.Verbs;

/// <summary><c>anumate connector</c>.</summary>
public static class ConnectorVerbs
{
    internal static Command Connector() => new("connector", "Register tool servers and see their tools") { Push(), Tools() };

    static Command Push()
    {
        var file = new Argument<string>("file") { Description = "the connector's JSON: name, base_url, tools; - for standard input" };
        var url = new Option<string?>("--base-url") { Description = "address of the tool server, in place of the file's", HelpName = "url" };
        return new Command("push", "Register a connector, or replace its tools") { file, url }.Does(async (call, ct) =>
        {
            var request = Parse(await Documents.ReadAsync(call.Get(file), ct), call.Get(file));
            var connector = await call.Client.Connectors.PutAsync(call.Self, call.Get(url) is { } other ? request with { BaseUrl = other } : request, ct);
            call.Out.Write(connector, o =>
            {
                o.Line($"connector [bold]{connector.Name}[/] at {connector.BaseUrl}  {connector.Id}");
                o.Table(["tool", "effect", "digest"], connector.Tools.Select(t => new[] { t.Name, Lists.Word(t.Effect), Lists.Short(t.Digest) }));
            });
            return ExitCode.Ok;
        });
    }

    static Command Tools()
    {
        var lists = new Lists();
        return new Command("tools", "List the tenant's tools") { lists.Limit, lists.Cursor }.Does(async (call, ct) =>
            Lists.Show(call, await call.Client.Connectors.ListToolsAsync(call.Self, lists.Page(call.Parse), ct),
                ["tool", "effect", "description", "digest"], t => [t.Name, Lists.Word(t.Effect), t.Description ?? "", Lists.Short(t.Digest)]));
    }

    /// <summary>A connector document; what does not fit is a usage error that says where.</summary>
    public static PutConnector Parse(string text, string name)
    {
        try
        {
            return (PutConnector)(JsonSerializer.Deserialize(text, AnumateJson.Options.GetTypeInfo(typeof(PutConnector)))
                ?? throw new UsageException($"`{name}` is empty"));
        }
        catch (JsonException e)
        {
            throw new UsageException($"`{name}` is not a connector document: {e.Message}");
        }
    }
}
