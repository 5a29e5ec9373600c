using System.CommandLine;
using Spectre.Console;

namespace Anumate.Cli.Verbs;

/// <summary><c>anumate compile</c> and <c>anumate ghostrun</c>.</summary>
static class PlanVerbs
{
    public static Command Compile()
    {
        var capsule = new Argument<string>("capsule") { Description = "name@version, or name for the highest version" };
        return new Command("compile", "Compile a published capsule to a plan named by its hash") { capsule }.Does(async (call, ct) =>
        {
            var plan = await call.Client.Compiler.CompileAsync(call.Self, new CompileCapsule(call.Get(capsule)), ct);
            call.Out.Write(plan, o =>
            {
                o.Line($"[bold]{plan.Capsule}@{plan.CapsuleVersion}[/]  {plan.Plan.GetProperty("steps").GetArrayLength()} steps");
                o.Line($"plan_hash {plan.PlanHash}");
            });
            foreach (var d in plan.Diagnostics)
            {
                call.Out.Diagnostic(d, call.Get(capsule));
            }

            return ExitCode.Ok;
        });
    }

    public static Command GhostRun()
    {
        var plan = new Argument<string>("plan") { Description = "plan hash, or name@version to compile first" };
        var inputs = new Documents.InputOptions();
        return new Command("ghostrun", "Simulate a plan without any effect and print the preflight report") { plan, inputs.Each, inputs.File }.Does(async (call, ct) =>
        {
            var hash = await HashAsync(call, call.Get(plan), ct);
            var ghost = await call.Client.GhostRuns.SimulateAsync(call.Self, new NewGhostRun(hash, await inputs.ReadAsync(call.Parse, ct)), ct);
            call.Out.Write(ghost, o => Show(o, ghost));
            return ghost.Report.Verdict switch
            {
                PreflightVerdict.Ready => ExitCode.Ok,
                PreflightVerdict.NeedsApproval => ExitCode.ApprovalPending,
                _ => ghost.Report.Steps.Any(s => s.Outcome == "denied") ? ExitCode.PolicyDenied : ExitCode.Error,
            };
        });
    }

    /// <summary>A plan hash as it is; a capsule reference compiled to one.</summary>
    public static async Task<string> HashAsync(Call call, string planOrCapsule, CancellationToken ct) => planOrCapsule.StartsWith("sha256:")
        ? planOrCapsule
        : (await call.Client.Compiler.CompileAsync(call.Self, new CompileCapsule(planOrCapsule), ct)).PlanHash;

    public static void Show(Output o, GhostRun ghost)
    {
        var report = ghost.Report;
        var color = report.Verdict switch { PreflightVerdict.Ready => "green", PreflightVerdict.NeedsApproval => "yellow", _ => "red" };
        var tree = new Tree($"[bold {color}]{Lists.Word(report.Verdict)}[/]  risk {report.Risk.Score}/100  {report.DurationMs:0.0} ms  [grey]{ghost.Id}[/]");
        var steps = tree.AddNode("steps");
        foreach (var s in report.Steps)
        {
            var note = s.Decision is { } d ? $"  policy: {Lists.Word(d.Verdict)}" : "";
            var mock = s.MockSource is { } source ? $"  output from {source}" : "";
            steps.AddNode(Markup.Escape($"{s.Step}  {s.Tool ?? "pure"}  {s.Outcome}{note}{mock}{(s.Detail is null ? "" : "  " + s.Detail)}"));
        }

        Section(tree, "approvals", report.Approvals, a =>
            $"{a.Id}: {a.Quorum} of {string.Join(" or ", a.Groups)}{(a.Step is null ? "" : $" before {a.Step}")}  could be granted by {(a.People.Count == 0 ? "nobody" : string.Join(", ", a.People))}");
        Section(tree, "sensitive data", report.DataFlows, f => $"{f.Field} ({f.Sensitivity}) is seen by {f.Tool} in step {f.Step}");
        Section(tree, "explored", report.Explored, e =>
            $"{e.Assumption} → {Lists.Word(e.Ends)}{(e.Compensated.Count == 0 ? "" : $", undoes {string.Join(", ", e.Compensated)}")}");
        Section(tree, "risk", report.Risk.Factors, f => $"+{f.Points} {f.Name}: {f.Why}");
        Section(tree, "findings", report.Findings, f => f.ToString());
        o.Tree(tree);
        o.Line($"plan_hash {ghost.PlanHash}");
    }

    static void Section<T>(Tree tree, string title, IReadOnlyList<T> items, Func<T, string> line)
    {
        if (items.Count == 0)
        {
            return;
        }

        var node = tree.AddNode(title);
        foreach (var item in items)
        {
            node.AddNode(Markup.Escape(line(item)));
        }
    }
}
