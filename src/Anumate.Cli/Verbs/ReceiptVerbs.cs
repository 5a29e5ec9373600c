using System.CommandLine;
using System.Text;
using Anumate.Proofs;

namespace Anumate.Cli.Verbs;

/// <summary><c>anumate receipt</c>.</summary>
public static class ReceiptVerbs
{
    const string KeysFile = "trusted-keys.json";

    internal static Command Receipt() => new("receipt", "Get and verify receipts") { Get(), Verify() };

    /// <summary>The file of trusted keys in a data folder: written by <c>receipt get</c> on first use, and by nothing else.</summary>
    public static string TrustedKeysIn(string dataFolder) => Path.Combine(dataFolder, KeysFile);

    static Command Get()
    {
        var id = new Argument<string>("run") { Description = "run_ id" };
        var file = new Option<string?>("--file", "-f") { Description = "write it here instead of printing it", HelpName = "file" };
        return new Command("get", "Get a run's receipt: a file that proves what happened, without a network") { id, file }.Does(async (call, ct) =>
        {
            var receipt = (await call.Client.Receipts.GetReceiptAsync(call.Self, Ids.Parse<Run>(call.Get(id)), ct)).GetRawText();
            await TrustOnFirstUseAsync(call, ct);
            if (call.Get(file) is { } path)
            {
                await File.WriteAllTextAsync(path, receipt, ct);
                call.Out.Remark($"wrote {path}; verify it with: anumate receipt verify {path}");
            }
            else
            {
                call.Out.Raw(receipt + Environment.NewLine);
            }

            return ExitCode.Ok;
        });
    }

    static Command Verify()
    {
        var file = new Argument<string>("file") { Description = "a receipt; - for standard input" };
        var keys = new Option<string?>("--keys") { Description = "the keys to trust (JWK Set); default: those stored when a receipt was first fetched", HelpName = "file" };
        var command = new Command("verify", "Check a receipt without a network; exit code 10: tampered, 11: incomplete or not anchored") { file, keys };
        command.SetAction((parse, ct) =>
        {
            var output = UserCommands.OutputOf(parse);
            return Edge.RunAsync(output, async () =>
            {
                var stored = TrustedKeysIn(UserCommands.DataFolder(parse));
                var trusted = parse.GetValue(keys) ?? (File.Exists(stored) ? stored : null);
                return Check(output, await Documents.ReadBytesAsync(parse.GetRequiredValue(file), ReceiptBundle.MaxBytes, ct),
                    trusted is null ? null : RingOf(await Documents.ReadAsync(trusted, ct), trusted));
            }, ct);
        });
        return command;
    }

    /// <summary>Verifies a receipt from its bytes and prints every check.</summary>
    public static int Check(Output output, ReadOnlyMemory<byte> receipt, KeyRing? trusted)
    {
        var verification = ReceiptBundle.Verify(receipt, trusted);
        if (output.Json)
        {
            output.Raw(verification.ToJson().ToJsonString() + Environment.NewLine);
            return verification.ExitCode;
        }

        foreach (var check in verification.Checks)
        {
            switch (check.Outcome)
            {
                case CheckOutcome.Passed: output.Line($"[green]✓[/] {check.Name}: {check.Detail}"); break;
                case CheckOutcome.Failed: output.Line($"[red]✗[/] {check.Name}: {check.Detail}"); break;
                default: output.Line($"[yellow]•[/] {check.Name}: {check.Detail}"); break;
            }
        }

        output.Line($"[bold]{verification.Verdict.ToString().ToLowerInvariant()}[/]");
        return verification.ExitCode;
    }

    /// <summary>The keys of a JWK Set, each for what it names.</summary>
    public static KeyRing RingOf(string jwks, string name) =>
        Jwks.TryRead(Encoding.UTF8.GetBytes(jwks), null, out var ring, out var fault) ? ring : throw new UsageException($"`{name}` is not a set of keys: {fault}");

    /// <summary>Keys are taken from the server once; from then on a receipt under other keys is not anchored until the user replaces the file.</summary>
    static async Task TrustOnFirstUseAsync(Call call, CancellationToken ct)
    {
        var path = TrustedKeysIn(UserCommands.DataFolder(call.Parse));
        if (!File.Exists(path))
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            await File.WriteAllTextAsync(path, (await call.Client.Receipts.GetKeysAsync(ct)).GetRawText(), ct);
            call.Out.Remark($"[grey]stored the server's keys in {path}; compare them with those its operator publishes[/]");
        }
    }
}
