using System.Text;
using System.Text.Json;
using Anumate.Cli;
using Anumate.Cli.Verbs;
using Anumate.Client;

namespace Anumate;

/// <summary>What the demo does, step by step.</summary>
sealed class DemoStory(DemoShow show, EmbeddedPlatform platform, SampleTools tools, HttpClient http, string data)
{
    const string Order = "A-1001";
    const double Amount = 750;

    static readonly TimeSpan Patience = TimeSpan.FromSeconds(50);

    readonly Dictionary<string, string> tokens = [];
    static Caller Self => Caller.Self;

    public async Task<int> TellAsync(CancellationToken ct)
    {
        await show.StepAsync(() => RegisterAsync(ct));
        await show.StepAsync(() => PolicyAsync(ct));
        var capsule = await show.StepAsync(() => PublishAsync(ct));
        var plan = await show.StepAsync(() => CompileAsync(capsule, ct));
        var inputs = JsonElement.Parse(Encoding.UTF8.GetBytes($$"""{"order_id":"{{Order}}","amount":{{Amount}},"currency":"EUR","email":"customer@example.com"}"""));
        var ghost = await show.StepAsync(() => GhostAsync(plan, inputs, ct));
        var key = $"demo-{Guid.CreateVersion7(TimeProvider.System.GetUtcNow()):n}";
        var request = new NewRun(plan.PlanHash, inputs, ghost.Id) { IdempotencyKey = key };
        var run = await show.StepAsync(() => ExecuteAsync(request, ct));
        await show.StepAsync(() => RefusedAsync(run, ct));
        await show.StepAsync(() => ApproveAsync(run, ct));
        run = await show.StepAsync(() => CompleteAsync(run, ct));
        var receipt = await show.StepAsync(() => ReceiptAsync(run, ct));
        await show.StepAsync(() => FlipAsync(receipt, ct));
        await show.StepAsync(() => RepeatAsync(run, request, ct));
        await show.StepAsync(() => ReachAsync(ct));
        return ExitCode.Ok;
    }

    async Task<string> RegisterAsync(CancellationToken ct)
    {
        var document = ConnectorVerbs.Parse(await SourceAsync("tools.json", ct), "tools.json") with { BaseUrl = tools.Address };
        var connector = await (await AsAsync("alma", ct)).Connectors.PutAsync(Self, document, ct);
        return $"alma (admin): {string.Join(", ", connector.Tools.Select(t => t.Name))}, each named by its schemas' digest";
    }

    async Task<string> PolicyAsync(CancellationToken ct)
    {
        var policy = await (await AsAsync("ada", ct)).Policies.PublishAsync(Self, new PublishPolicy(await SourceAsync("policy.pol", ct)), ct);
        return $"ada (author): {policy.Name}@{policy.Version} {Short(policy.Digest)}";
    }

    async Task<(CapsuleVersion, string)> PublishAsync(CancellationToken ct)
    {
        var version = await (await AsAsync("ada", ct)).Registry.PublishAsync(Self, new PublishCapsule(await SourceAsync("capsule.yaml", ct)), ct);
        using var signature = JsonDocument.Parse(version.Signature);
        var keyId = signature.RootElement.GetProperty("signatures")[0].GetProperty("keyid").GetString();
        return (version, $"ada: {version.Name}@{version.Version} {Short(version.Digest)}, signed with key {keyId?[..12]}…");
    }

    async Task<(CompiledPlan, string)> CompileAsync(CapsuleVersion capsule, CancellationToken ct)
    {
        var plan = await (await AsAsync("olga", ct)).Compiler.CompileAsync(Self, new CompileCapsule($"{capsule.Name}@{capsule.Version}"), ct);
        return (plan, $"olga (operator): {plan.Plan.GetProperty("steps").GetArrayLength()} steps, plan_hash {plan.PlanHash}");
    }

    async Task<(GhostRun, string)> GhostAsync(CompiledPlan plan, JsonElement inputs, CancellationToken ct)
    {
        var ghost = await (await AsAsync("olga", ct)).GhostRuns.SimulateAsync(Self, new NewGhostRun(plan.PlanHash, inputs), ct);
        var report = ghost.Report;
        Demand(report.Verdict == PreflightVerdict.NeedsApproval, $"the report says {report.Verdict}: {string.Join("; ", report.Findings)}");
        var people = string.Join(" and ", report.Approvals.SelectMany(a => a.People).Distinct());
        return (ghost, $"needs approval ({people} could give it), risk {report.Risk.Score}/100, {report.Explored.Count} paths, {report.DurationMs:0} ms; {string.Join(", ", report.DataFlows.Select(f => $"{f.Field} goes to {f.Tool}").Distinct())}");
    }

    async Task<(Run, string)> ExecuteAsync(NewRun request, CancellationToken ct)
    {
        var olga = await AsAsync("olga", ct);
        var run = await olga.Orchestrator.ExecuteAsync(Self, request, ct);
        run = await olga.Orchestrator.WaitAsync(Self, run.Id, Patience, ct);
        Demand(run.Status == RunStatus.WaitingApproval, $"the run is {run.Status}: {run.Error}");
        return (run, $"olga: {run.Id} for {Amount} EUR waits for {run.WaitingFor[0]}");
    }

    async Task<string> RefusedAsync(Run run, CancellationToken ct)
    {
        // Made an approver of finance for the moment: it is having asked that counts against her.
        var alma = await AsAsync("alma", ct);
        var olga = (await alma.Identity.ListPrincipalsAsync(Self, null, new PageRequest(Limit: PageRequest.MaxLimit), ct)).Items.First(p => p.Name == "olga");
        await ChangeAsync(alma, olga.Id, new PrincipalUpdate([Role.Operator, Role.Approver], ["finance"], true), ct);
        try
        {
            await (await AsAsync("olga", ct)).Approvals.DecideAsync(Self, run.WaitingFor[0], new DecideApproval(true), ct);
        }
        catch (ProblemException e) when (e.Problem.Code == "approval-not-entitled")
        {
            return $"olga, made an approver of finance for the moment, is refused: {e.Problem.Detail}";
        }
        finally
        {
            await ChangeAsync(alma, olga.Id, new PrincipalUpdate(olga.Roles, olga.Groups, true), ct);
        }

        throw new DemoException("the requester could approve");
    }

    static async Task ChangeAsync(AnumateClient admin, Id<Principal> id, PrincipalUpdate update, CancellationToken ct)
    {
        var now = await admin.Identity.GetPrincipalAsync(Self, id, ct);
        await admin.Identity.UpdatePrincipalAsync(Self, id, update, now.Version, ct);
    }

    async Task<string> ApproveAsync(Run run, CancellationToken ct)
    {
        foreach (var person in (string[])["finn", "fiona"])
        {
            var approval = await (await AsAsync(person, ct)).Approvals.DecideAsync(Self, run.WaitingFor[0], new DecideApproval(true, "seen in the demo"), ct);
            show.Progress($"{person}: {approval.Status.ToString().ToLowerInvariant()}, {approval.Votes.Count} of {approval.Stages[0].Quorum}");
        }

        return "finn, then fiona: granted";
    }

    async Task<(Run, string)> CompleteAsync(Run run, CancellationToken ct)
    {
        var olga = await AsAsync("olga", ct);
        for (var clock = System.Diagnostics.Stopwatch.StartNew(); !run.HasEnded && clock.Elapsed < Patience;)
        {
            run = await olga.Orchestrator.WaitAsync(Self, run.Id, TimeSpan.FromSeconds(5), ct);
            if (run.WaitingFor.Count > 0)
            {
                await Task.Delay(20, ct);
            }
        }

        Demand(run.Status == RunStatus.Completed, $"the run is {run.Status}: {run.Error}");
        return (run, $"{string.Join(" → ", run.Steps.Select(s => s.Step))}; outputs {run.Outputs?.GetRawText()}");
    }

    async Task<(byte[], string)> ReceiptAsync(Run run, CancellationToken ct)
    {
        var olga = await AsAsync("olga", ct);
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                var receipt = Encoding.UTF8.GetBytes((await olga.Receipts.GetReceiptAsync(Self, run.Id, ct)).GetRawText());
                var path = Path.Combine(platform.Folder, "demo", "receipt.json");
                await File.WriteAllBytesAsync(path, receipt, ct);
                var verification = Proofs.ReceiptBundle.Verify(receipt, await TrustedAsync(ct));
                Demand(verification.ExitCode == ExitCode.Ok, string.Join("; ", verification.Checks.Where(c => c.Outcome != Proofs.CheckOutcome.Passed).Select(c => $"{c.Name}: {c.Detail}")));
                return (receipt, $"{verification.Leaves} leaves, {verification.Checks.Count} checks passed; again: ./anumate receipt verify {path}{data}");
            }
            catch (ProblemException e) when (e.Problem.Code == "receipt-not-sealed" && attempt < 50)
            {
                await Task.Delay(100, ct);
            }
        }
    }

    async Task<string> FlipAsync(byte[] receipt, CancellationToken ct)
    {
        var flipped = receipt.ToArray();

        // A byte inside the first leaf, so that the file still is JSON.
        var at = Encoding.UTF8.GetString(receipt).IndexOf("\"leaf\":\"", StringComparison.Ordinal) + 60;
        flipped[at] = (byte)(flipped[at] == 'A' ? 'B' : 'A');
        var verification = Proofs.ReceiptBundle.Verify(flipped, await TrustedAsync(ct));
        Demand(verification.ExitCode == ExitCode.Tampered, $"the flipped byte was not found: {verification.Verdict}");
        return $"found (exit code {verification.ExitCode}): {verification.Checks.First(c => c.Outcome == Proofs.CheckOutcome.Failed).Detail}";
    }

    async Task<string> RepeatAsync(Run run, NewRun request, CancellationToken ct)
    {
        var before = await SampleTools.RecordAsync(http, tools.Address, ct);
        var again = await (await AsAsync("olga", ct)).Orchestrator.ExecuteAsync(Self, request, ct);
        var after = await SampleTools.RecordAsync(http, tools.Address, ct);
        Demand(again.Id == run.Id && before.Count == after.Count, "the second execution changed something");
        return $"the first run comes back ({again.Id}); the tools' own record has {after.Count} executions, as before";
    }

    async Task<string> ReachAsync(CancellationToken ct)
    {
        var source = (await SourceAsync("capsule.yaml", ct))
            .Replace("name: refund-order", "name: refund-order-wide", StringComparison.Ordinal)
            .Replace("tools: [orders.get, payments.refund, payments.cancel_refund, comms.send_email]", "tools: [orders.get, payments.refund, payments.cancel_refund]", StringComparison.Ordinal);
        var ada = await AsAsync("ada", ct);
        try
        {
            var version = await ada.Registry.PublishAsync(Self, new PublishCapsule(source), ct);
            await ada.Compiler.CompileAsync(Self, new CompileCapsule($"{version.Name}@{version.Version}"), ct);
        }
        catch (ProblemException e) when (e.Problem.Diagnostics is [var first, ..])
        {
            return $"refused ({e.Problem.Code}): line {first.Line}: {first.Message}";
        }

        throw new DemoException("a tool outside of the allow-list was not refused");
    }

    async Task<Proofs.KeyRing> TrustedAsync(CancellationToken ct)
    {
        // Stored on first use, as `anumate receipt get` does: verifying asks nobody.
        var path = ReceiptVerbs.TrustedKeysIn(platform.Folder);
        if (!File.Exists(path))
        {
            await File.WriteAllTextAsync(path, (await (await AsAsync("olga", ct)).Receipts.GetKeysAsync(ct)).GetRawText(), ct);
        }

        return ReceiptVerbs.RingOf(await File.ReadAllTextAsync(path, ct), path);
    }

    async Task<AnumateClient> AsAsync(string user, CancellationToken ct)
    {
        if (!tokens.TryGetValue(user, out var token))
        {
            var signIn = new SignIn(platform.Profile.Tenant, user, platform.Profile.User(user).Secret);
            tokens[user] = token = (await new AnumateClient(http, (string?)null).Identity.SignInAsync(signIn, ct)).Token;
        }

        return new AnumateClient(http, token);
    }

    Task<string> SourceAsync(string file, CancellationToken ct) => File.ReadAllTextAsync(Path.Combine(tools.Folder, file), ct);

    static string Short(string digest) => digest.Length > 19 ? digest[..19] + "…" : digest;

    static void Demand(bool holds, string otherwise)
    {
        if (!holds)
        {
            throw new DemoException(otherwise);
        }
    }
}

/// <summary>The demo did not go as it should: a fault of ours.</summary>
sealed class DemoException(string message) : Exception(message);
