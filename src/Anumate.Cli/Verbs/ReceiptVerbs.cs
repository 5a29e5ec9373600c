using System.CommandLine;

namespace Anumate.Cli.Verbs;

/// <summary><c>anumate receipt</c>.</summary>
static class ReceiptVerbs
{
    public static Command Receipt() => new("receipt", "Get and verify receipts") { Get() };

    static Command Get()
    {
        var id = new Argument<string>("run") { Description = "run_ id" };
        var file = new Option<string?>("--file", "-f") { Description = "write it here instead of printing it", HelpName = "file" };
        return new Command("get", "Get a run's receipt: a file that proves what happened, without a network") { id, file }.Does(async (call, ct) =>
        {
            var receipt = (await call.Client.Receipts.GetReceiptAsync(call.Self, Ids.Parse<Run>(call.Get(id)), ct)).GetRawText();
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
}
