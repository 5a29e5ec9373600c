using System.CommandLine;

namespace Anumate.Cli.Verbs;

/// <summary>Signing in, and seeing as whom.</summary>
static class LoginVerbs
{
    public static Command Login()
    {
        var tenant = new Option<string?>("--tenant") { Description = "tenant to sign in to", HelpName = "name" };
        return new Command("login", "Sign in and store the profile; the secret is read from ANUMATE_SECRET or from standard input") { tenant }.Does(async (call, ct) =>
        {
            var known = Client.Profile.Load(UserCommands.DataFolder(call.Parse));
            var user = call.Get(UserCommands.User) ?? known?.Current ?? throw new UsageException("name the user: anumate login --user NAME");
            var name = call.Get(tenant) ?? known?.Tenant ?? throw new UsageException("name the tenant: anumate login --tenant NAME");

            // A secret that is handed in may replace one that was reset; a stored one is told to no server but its own.
            var secret = Environment.GetEnvironmentVariable("ANUMATE_SECRET") ?? call.Session.StoredSecret(name, user) ?? ReadSecret(user);
            var profile = await call.Session.LoginAsync(name, user, secret, ct);
            call.Out.Write(profile.User(user).Roles, o => o.Line($"signed in to {profile.Server} as [bold]{user}[/] of {profile.Tenant} ({string.Join(", ", profile.User(user).Roles)})"));
            return ExitCode.Ok;
        });
    }

    public static Command WhoAmI() => new Command("whoami", "Show whom the server takes you for").Does(async (call, ct) =>
    {
        var me = await call.Client.Identity.GetMeAsync(call.Self, ct);
        call.Out.Write(me, o =>
        {
            o.Line($"[bold]{me.Name}[/] of {me.TenantName} ({me.Principal})");
            o.Line($"roles   {string.Join(", ", me.Roles)}");
            o.Line($"groups  {(me.Groups.Count == 0 ? "none" : string.Join(", ", me.Groups))}");
            o.Line($"scopes  {string.Join(", ", me.Scopes)}");
        });
        return ExitCode.Ok;
    });

    static string ReadSecret(string user)
    {
        if (Console.IsInputRedirected)
        {
            return Console.In.ReadLine() ?? throw new UsageException("no secret on standard input");
        }

        Console.Error.Write($"sign-in secret of {user}: ");
        var secret = new System.Text.StringBuilder();
        for (ConsoleKeyInfo key; (key = Console.ReadKey(intercept: true)).Key != ConsoleKey.Enter;)
        {
            if (key.Key == ConsoleKey.Backspace)
            {
                secret.Length = Math.Max(0, secret.Length - 1);
            }
            else if (!char.IsControl(key.KeyChar))
            {
                secret.Append(key.KeyChar);
            }
        }

        Console.Error.WriteLine();
        return secret.ToString();
    }
}
