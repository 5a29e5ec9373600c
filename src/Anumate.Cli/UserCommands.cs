using System.CommandLine;
using Anumate.Client;
using Anumate.Cli.Verbs;

namespace Anumate.Cli;

/// <summary>The verbs of users: what <c>anumate</c> does as a client of a server. The host adds its own beside them.</summary>
public static class UserCommands
{
    public static readonly Option<string> OutputForm = new("--output", "-o")
    {
        Description = "text for people, json for programs", DefaultValueFactory = _ => "text", Recursive = true, HelpName = "text|json",
    };

    public static readonly Option<string?> Data = new("--data")
    {
        Description = "data folder with profile and embedded database (ANUMATE_DATA)", Recursive = true, HelpName = "folder",
    };

    public static readonly Option<string?> Server = new("--server") { Description = "address of the server (ANUMATE_SERVER)", Recursive = true, HelpName = "url" };

    public static readonly Option<string?> User = new("--user", "-u") { Description = "user of the profile to act as (ANUMATE_USER)", Recursive = true, HelpName = "name" };

    /// <summary>Adds the global options and every user verb.</summary>
    public static void AddTo(RootCommand root)
    {
        OutputForm.AcceptOnlyFromAmong("text", "json");
        root.Options.Add(OutputForm);
        root.Options.Add(Data);
        root.Options.Add(Server);
        root.Options.Add(User);
        foreach (var command in (IEnumerable<Command>)[LoginVerbs.Login(), LoginVerbs.WhoAmI(), CapsuleVerbs.Capsule(), PolicyVerbs.Policy(), ConnectorVerbs.Connector(),
            PlanVerbs.Compile(), PlanVerbs.GhostRun(), RunVerbs.Run(), RunVerbs.Runs(), ApprovalVerbs.Approvals(), ReceiptVerbs.Receipt()])
        {
            root.Subcommands.Add(command);
        }
    }

    /// <summary>The data folder of this call.</summary>
    public static string DataFolder(ParseResult parse) => Path.GetFullPath(
        parse.GetValue(Data) ?? (Environment.GetEnvironmentVariable("ANUMATE_DATA") is { Length: > 0 } set ? set : UserFolders.Data));

    /// <summary>How this call prints.</summary>
    public static Output OutputOf(ParseResult parse) => new(parse.GetValue(OutputForm) == "json", Console.Out, Console.Error);

    /// <summary>A verb that needs a server: connects, runs, and turns what stopped it into a message and an exit code.</summary>
    internal static Command Does(this Command command, Func<Call, CancellationToken, Task<int>> action)
    {
        command.SetAction((parse, ct) => Edge.RunAsync(OutputOf(parse), async () =>
        {
            // The program owns its one client; there is no container in a verb.
#pragma warning disable RS0030
            using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(100) };
#pragma warning restore RS0030
            return await action(new Call(parse, OutputOf(parse), new Session(DataFolder(parse), parse.GetValue(Server), parse.GetValue(User), http, TimeProvider.System)), ct);
        }, ct));
        return command;
    }
}

/// <summary>One use of a verb.</summary>
public sealed record Call(ParseResult Parse, Output Out, Session Session)
{
    AnumateClient? client;

    /// <summary>The server, connected on first use.</summary>
    public AnumateClient Client => client ??= Session.Connect();

    /// <summary>The caller is whoever the credential says.</summary>
    public Caller Self { get; } = Caller.Self;

    public T? Get<T>(Option<T> option) => Parse.GetValue(option);

    public T Get<T>(Argument<T> argument) => Parse.GetRequiredValue(argument);
}
