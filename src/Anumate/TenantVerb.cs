using System.CommandLine;
using Anumate.Cli;
using Anumate.Client;
using Anumate.Identity;
using Anumate.Platform.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace Anumate;

/// <summary>
/// <c>anumate tenant</c>: a tenant and its first users, on the configured database. Their secrets are shown once; with <c>--server</c> they go
/// into the profile of this machine's user in place of that.
/// </summary>
static class TenantVerb
{
    public static async Task<int> RunAsync(ParseResult parse, Output output, CancellationToken ct)
    {
        var configuration = Settings.Load(parse, null);
        var people = parse.GetRequiredValue(HostCommands.Person).Select(PersonOf).ToList();
        await using var host = AnumateHost.Build([IdentityModule.Module], configuration, Settings.DatabaseOf(configuration), TimeProvider.System);
        var created = await host.Services.GetRequiredService<IIdentity>()
            .CreateTenantAsync(PlatformCaller.For(default, "identity", "tenant"), new NewTenant(parse.GetRequiredValue(HostCommands.TenantName), people), ct);
        if (parse.GetValue(UserCommands.Server) is { } server)
        {
            var folder = UserCommands.DataFolder(parse);
            Directory.CreateDirectory(folder);
            new Profile(server, created.Tenant.Name, people[0].Name, [.. created.Principals.Select(p => new ProfileUser(p.Principal.Name, p.Principal.Roles, p.Principal.Groups, p.Secret!))]).Save(folder);
            output.Line($"tenant {created.Tenant.Name}; its users stand in {Profile.PathIn(folder)}");
            return ExitCode.Ok;
        }

        output.Write(created, o => o.Table(["user", "roles", "groups", "secret"],
            created.Principals.Select(p => new[] { p.Principal.Name, string.Join(", ", p.Principal.Roles), string.Join(", ", p.Principal.Groups), p.Secret! })));
        return ExitCode.Ok;
    }

    static NewPrincipal PersonOf(string text)
    {
        var (name, rest) = Cut(text, '=');
        var (roles, groups) = Cut(rest, '@');
        return new NewPrincipal(name, PrincipalKind.User, Words(roles), Words(groups));
    }

    static (string Before, string After) Cut(string text, char at) => text.IndexOf(at) is var i and >= 0 ? (text[..i], text[(i + 1)..]) : (text, "");

    static string[] Words(string text) => text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
}
