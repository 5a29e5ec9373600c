using System.CommandLine;
using System.Runtime.CompilerServices;
using Anumate.Cli;

namespace Anumate;

/// <summary>
/// The verbs of the host. What they need (ASP.NET, Npgsql) is loaded only when one of them runs, so that the verbs of users start fast.
/// </summary>
static class HostCommands
{
    public static readonly Option<string?> Config = new("--config") { Description = "configuration file (default: anumate.json in the data folder)", HelpName = "file" };

    public static readonly Option<string?> Urls = new("--urls") { Description = "addresses to listen at (default: http://127.0.0.1:7400)", HelpName = "urls" };

    public static readonly Option<string?> ServicesOption = new("--services") { Description = "services to host, parted by commas (default: all)", HelpName = "words" };

    public static readonly Option<string?> Admin = new("--admin") { Description = "connection string of a PostgreSQL superuser (ANUMATE_POSTGRES_ADMIN)", HelpName = "text" };

    public static readonly Argument<string> TenantName = new("tenant") { Description = "its name: 1 to 63 of a-z, 0-9 and -" };

    public static readonly Option<string[]> Person = new("--person")
    {
        Description = "a user with roles and groups, like alma=admin or finn=approver@finance; may be repeated", HelpName = "name=role,role@group,group", Required = true,
    };

    public static readonly Option<string> DocsFolder = new("--folder") { Description = "where to write", DefaultValueFactory = _ => "docs", HelpName = "folder" };

    public static readonly Argument<string> KeyStep = Step();

    public static void AddTo(RootCommand root)
    {
        root.Subcommands.Add(Verb("demo", "Take the sample automation the whole way, on the embedded default", [Urls, Config], Demo));
        root.Subcommands.Add(Verb("up", "Start everything with a private PostgreSQL in the data folder", [Urls, Config], Up));
        root.Subcommands.Add(Verb("serve", "Start the server on a configured database", [Urls, ServicesOption, Config], Serve));
        root.Subcommands.Add(Verb("bootstrap", "Make database and roles, or with --services the login role of one process", [Admin, ServicesOption, Config], MakeRoles));
        root.Subcommands.Add(Verb("migrate", "Bring the database to the schema of this program", [Config], Migrate));
        var tenant = Verb("tenant", "Create a tenant and its first users on the configured database", [Person, Config], CreateTenant);
        tenant.Arguments.Add(TenantName);
        root.Subcommands.Add(tenant);
        root.Subcommands.Add(Verb("doctor", "Check this machine and the database: what is wrong and how to mend it", [Config, Urls], Doctor));
        var masterKey = Verb("master-key", "Rotate the master key: new, rewrap, prune", [Config], RotateMasterKey);
        masterKey.Arguments.Add(KeyStep);
        root.Subcommands.Add(masterKey);
        root.Subcommands.Add(Verb("services", "Print the services and who calls whom", [], ShowServices));
        root.Subcommands.Add(Verb("docs", "Write the generated documentation: problems, roles and OpenAPI documents", [DocsFolder], Docs));
        root.Subcommands.Add(Verb("config", "Print the settings in effect, secrets masked", [Config], ShowConfig));
    }

    // Each in a method of its own that is not inlined: what it refers to is loaded when it is called.
    [MethodImpl(MethodImplOptions.NoInlining)]
    static Task<int> Demo(ParseResult parse, Output output, CancellationToken ct) => DemoVerb.RunAsync(parse, output, ct);

    [MethodImpl(MethodImplOptions.NoInlining)]
    static Task<int> Up(ParseResult parse, Output output, CancellationToken ct) => UpVerb.RunAsync(parse, output, ct);

    [MethodImpl(MethodImplOptions.NoInlining)]
    static Task<int> Serve(ParseResult parse, Output output, CancellationToken ct) => ServeVerb.RunAsync(parse, output, ct);

    [MethodImpl(MethodImplOptions.NoInlining)]
    static Task<int> Migrate(ParseResult parse, Output output, CancellationToken ct) => MigrateVerb.RunAsync(parse, output, ct);

    [MethodImpl(MethodImplOptions.NoInlining)]
    static Task<int> MakeRoles(ParseResult parse, Output output, CancellationToken ct) => BootstrapVerb.RunAsync(parse, output, ct);

    [MethodImpl(MethodImplOptions.NoInlining)]
    static Task<int> CreateTenant(ParseResult parse, Output output, CancellationToken ct) => TenantVerb.RunAsync(parse, output, ct);

    [MethodImpl(MethodImplOptions.NoInlining)]
    static Task<int> Doctor(ParseResult parse, Output output, CancellationToken ct) => DoctorVerb.RunAsync(parse, output, ct);

    [MethodImpl(MethodImplOptions.NoInlining)]
    static Task<int> ShowServices(ParseResult parse, Output output, CancellationToken ct) => ServicesVerb.RunAsync(output);

    [MethodImpl(MethodImplOptions.NoInlining)]
    static Task<int> ShowConfig(ParseResult parse, Output output, CancellationToken ct) => ConfigVerb.RunAsync(parse, output);

    [MethodImpl(MethodImplOptions.NoInlining)]
    static Task<int> RotateMasterKey(ParseResult parse, Output output, CancellationToken ct) => MasterKeyVerb.RunAsync(parse, output, ct);

    static Argument<string> Step()
    {
        var step = new Argument<string>("step") { Description = "new: another key seals from now on; rewrap: seal anew what older keys sealed; prune: remove the older keys" };
        step.AcceptOnlyFromAmong("new", "rewrap", "prune");
        return step;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    static Task<int> Docs(ParseResult parse, Output output, CancellationToken ct) => DocsVerb.RunAsync(parse, output, ct);

    static Command Verb(string name, string description, Option[] options, Func<ParseResult, Output, CancellationToken, Task<int>> run)
    {
        var command = new Command(name, description);
        foreach (var option in options)
        {
            command.Options.Add(option);
        }

        command.SetAction((parse, ct) =>
        {
            var output = UserCommands.OutputOf(parse);
            return Edge.RunAsync(output, () => run(parse, output, ct), ct);
        });
        return command;
    }
}
