using System.CommandLine;
using Anumate.Cli;

namespace Anumate;

/// <summary><c>anumate up</c>: everything in one process, with a private PostgreSQL in the data folder and a demo tenant.</summary>
static class UpVerb
{
    public static async Task<int> RunAsync(ParseResult parse, Output output, CancellationToken ct)
    {
        await using var platform = await EmbeddedPlatform.StartAsync(
            UserCommands.DataFolder(parse), folder => Settings.Load(parse, folder), line => output.Remark($"{line}"), ct);
        output.Line($"Anumate is up at {platform.Address}");
        output.Line($"  API reference  {platform.Address}/docs");
        output.Line($"  signed in as   {platform.Profile.Current} of {platform.Profile.Tenant}; others: -u {string.Join(", ", platform.Profile.Users.Where(u => u.Name != platform.Profile.Current).Select(u => u.Name))}");
        output.Line($"  data folder    {platform.Folder}");
        output.Line($"stop it with Ctrl-C");
        return await ServeVerb.UntilToldAsync(platform.App, output, ct);
    }
}
