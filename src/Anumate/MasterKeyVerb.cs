using System.CommandLine;
using Anumate.Cli;
using Anumate.Platform.Secrets;
using Microsoft.Extensions.DependencyInjection;

namespace Anumate;

/// <summary>
/// <c>anumate master-key new | rewrap | prune</c>: the rotation of the master key. With a key file: <c>new</c>, copy the file to every
/// machine, <c>rewrap</c>, <c>prune</c>. With Vault: rotate the transit key there, then <c>rewrap</c>.
/// </summary>
static class MasterKeyVerb
{
    public static async Task<int> RunAsync(ParseResult parse, Output output, CancellationToken ct)
    {
        var configuration = Settings.Load(parse, null);
        switch (parse.GetRequiredValue(HostCommands.KeyStep))
        {
            case "new":
                MasterKey.AddTo(KeyFile());
                output.Line($"a new master key seals from now on; give the file to every machine of this installation, back it up, then: anumate master-key rewrap");
                return ExitCode.Ok;
            case "prune":
                if (await RewrapAsync() is > 0 and var late)
                {
                    throw new SetupException($"{late} keys were still under an older master key and were sealed anew now; some process has not read the new file yet. Try again");
                }

                output.Line($"{MasterKey.Prune(KeyFile())} older master keys removed; give the file to every machine, and keep the old one as long as the backups it opens");
                return ExitCode.Ok;
            default:
                output.Line($"{await RewrapAsync()} keys sealed anew");
                return ExitCode.Ok;
        }

        string KeyFile() => configuration[Settings.KeyFile] is { Length: > 0 } file ? file : throw new SetupException($"no key file is configured (`{Settings.KeyFile}`)");

        async Task<int> RewrapAsync()
        {
            await using var app = AnumateHost.Build(Services.All, configuration, Settings.DatabaseOf(configuration), TimeProvider.System);
            return await app.Services.GetRequiredService<KeyRotation>().RewrapAsync(ct);
        }
    }
}
