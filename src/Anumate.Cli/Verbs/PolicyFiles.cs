using System.CommandLine;
using Anumate.PolicyEngine;
using Anumate.PolicyEngine.Checks;
using Anumate.PolicyEngine.Syntax;
using Anumate.PolicyEngine.Testing;

namespace Anumate.Cli.Verbs;

/// <summary><c>anumate policy check|fmt|test|explain</c>: they read files and need no server.</summary>
static class PolicyFiles
{
    static Argument<string[]> Files() => new("file") { Description = "policy documents; - for standard input", Arity = ArgumentArity.OneOrMore };

    public static Command Check()
    {
        var files = Files();
        var world = new Option<string?>("--world") { Description = "a JSON file with the tools and groups there are, to check against", HelpName = "file" };
        var strict = new Option<bool>("--strict") { Description = "warnings are errors" };
        return new Command("check", "Check policy documents") { files, world, strict }.Does(async (call, ct) =>
        {
            var known = await WorldAsync(call.Get(world), ct);
            var all = new List<CheckedPolicy>();
            foreach (var file in call.Get(files))
            {
                var check = CompiledPolicy.Check(await Documents.ReadAsync(file, ct), known);
                all.Add(new CheckedPolicy(check.Policy?.Name, check.Policy?.Version, check.Policy?.Digest, check.Diagnostics) { File = file });
            }

            call.Out.Write<IReadOnlyList<CheckedPolicy>>(all, o => all.ForEach(c => Show(o, c)));
            return all.Exists(c => c.Name is null || (call.Get(strict) && c.Diagnostics.Count > 0)) ? ExitCode.Error : ExitCode.Ok;
        });
    }

    static void Show(Output o, CheckedPolicy check)
    {
        if (check.Name is not null)
        {
            o.Line($"[green]sound[/] [bold]{check.Name}@{check.Version}[/]  {check.File!}  {check.Digest!}");
        }

        foreach (var d in check.Diagnostics)
        {
            o.Diagnostic(d, check.File);
        }
    }

    public static Command Fmt()
    {
        var files = Files();
        var write = new Option<bool>("--write", "-w") { Description = "write the one form into the file" };
        var check = new Option<bool>("--check") { Description = "exit code 1 when a file is not in its one form; prints nothing but its name" };
        return new Command("fmt", "Print policy documents in their one form") { files, write, check }.Does(async (call, ct) =>
        {
            var all = new List<FormattedPolicy>();
            foreach (var file in call.Get(files))
            {
                var source = await Documents.ReadAsync(file, ct);
                if (Formatter.Format(source, out var diagnostics) is not { } formatted)
                {
                    Refuse(call, file, diagnostics);
                    return ExitCode.Error;
                }

                all.Add(new FormattedPolicy(formatted, formatted != source) { File = file });
                if (call.Get(write) && formatted != source && file != "-")
                {
                    await File.WriteAllTextAsync(file, formatted, ct);
                }
            }

            call.Out.Write<IReadOnlyList<FormattedPolicy>>(all, o => all.ForEach(f =>
            {
                if (call.Get(write) || call.Get(check))
                {
                    o.Raw(f.Changed ? $"{f.File}\n" : "");
                }
                else
                {
                    o.Raw(f.Source);
                }
            }));
            return call.Get(check) && all.Exists(f => f.Changed) ? ExitCode.Error : ExitCode.Ok;
        });
    }

    public static Command Test()
    {
        var files = Files();
        var suite = new Option<string?>("--suite") { Description = "a file of tests to run instead of those in the documents", HelpName = "file" };
        var junit = new Option<string?>("--junit") { Description = "write the report as JUnit XML", HelpName = "file" };
        var inputs = new Option<int>("--inputs") { Description = "inputs to try each property with", DefaultValueFactory = _ => PolicyTesting.Inputs };
        return new Command("test", "Run the tests of policy documents") { files, suite, junit, inputs }.Does(async (call, ct) =>
        {
            if (call.Get(inputs) is < 1 or > 1_000_000)
            {
                throw new UsageException("`--inputs` is a number from 1 to 1000000");
            }

            var all = new List<PolicyTestReport>();
            foreach (var file in call.Get(files))
            {
                if (await RunAsync(call, file, call.Get(suite), call.Get(inputs), ct) is not { } report)
                {
                    return ExitCode.Error;
                }

                all.Add(report with { File = file });
            }

            if (call.Get(junit) is { } path)
            {
                await File.WriteAllTextAsync(path, JUnit.Write(all.Select(r => (r.File!, r))), ct);
            }

            call.Out.Write<IReadOnlyList<PolicyTestReport>>(all, o => all.ForEach(r => Show(o, r)));
            return all.Exists(r => r.Failed > 0) ? ExitCode.Error : ExitCode.Ok;
        });
    }

    /// <summary>The report of one file; null after saying why there is none.</summary>
    static async Task<PolicyTestReport?> RunAsync(Call call, string file, string? suite, int inputs, CancellationToken ct)
    {
        var check = CompiledPolicy.Check(await Documents.ReadAsync(file, ct), PolicyWorld.Unknown);
        if (check.Policy is not { } policy)
        {
            Refuse(call, file, check.Diagnostics);
            return null;
        }

        if (suite is null)
        {
            return PolicyTesting.Run(policy, inputs, ct);
        }

        var report = PolicyTesting.Run(policy, await Documents.ReadAsync(suite, ct), out var found, inputs, ct);
        if (report is null)
        {
            Refuse(call, suite, found);
        }

        return report;
    }

    static void Show(Output o, PolicyTestReport report)
    {
        foreach (var one in report.Cases)
        {
            if (one.Failure is { } failure)
            {
                o.Line($"[red]failed[/] {one.Test}: {one.Name}");
                o.Line($"       {report.File!}:{one.Line}:{one.Column}: {failure}");
            }
            else
            {
                o.Line($"[green]passed[/] {one.Test}: {one.Name}");
            }
        }

        var rules = report.Coverage.Rules;
        var idle = rules.Where(r => r.Matched == 0).Select(r => r.Rule).ToList();
        var verdicts = string.Join(", ", report.Coverage.Verdicts.Where(v => v.Rows > 0).Select(v => $"{v.Rows} {Lists.Word(v.Verdict)}"));
        o.Line($"{report.Policy}@{report.Version}: {report.Passed} passed, {report.Failed} failed; the rows reach {rules.Count - idle.Count} of {rules.Count} rules{(idle.Count > 0 ? $" (not {string.Join(", ", idle)})" : "")} and give {(verdicts == "" ? "no verdict" : verdicts)}");
    }

    public static Command Explain()
    {
        var files = Files();
        var facts = new Option<string>("--facts") { Description = "a JSON file with the facts; - for standard input", HelpName = "file", Required = true };
        var at = new Option<string?>("--point") { Description = "the point; the first one of the first policy otherwise", HelpName = "point" };
        return new Command("explain", "Decide by policy documents and show how") { files, facts, at }.Does(async (call, ct) =>
        {
            var policies = new List<CompiledPolicy>();
            foreach (var file in call.Get(files))
            {
                var check = CompiledPolicy.Check(await Documents.ReadAsync(file, ct));
                if (check.Policy is not { } policy)
                {
                    Refuse(call, file, check.Diagnostics);
                    return ExitCode.Error;
                }

                policies.Add(policy);
            }

            var name = call.Get(at) ?? policies[0].Rules.First().Point.Name;
            var point = PolicyPoint.Find(name)
                ?? throw new UsageException($"there is no point `{name}`; the points are {string.Join(", ", PolicyPoint.All)}");
            var path = call.Get(facts)!;
            if (PolicyFacts.Read(point, await Documents.ReadBytesAsync(path, 16 << 20, ct), out var found) is not { } read)
            {
                Refuse(call, path, found);
                return ExitCode.Error;
            }

            var decision = Decider.Explain(new PolicyLayers("", PolicySet.Empty, PolicySet.Of(policies)), point, read);
            call.Out.Write(decision, o => Show(o, decision));
            return decision.Verdict switch { Verdict.Deny => ExitCode.PolicyDenied, Verdict.Approval => ExitCode.ApprovalPending, _ => ExitCode.Ok };
        });
    }

    static void Show(Output o, Decision decision)
    {
        o.Line($"[bold]{Lists.Word(decision.Verdict)}[/]  {decision.Reason}");
        foreach (var rule in decision.Explanation!.Rules)
        {
            o.Line($"{Lists.Word(rule.Outcome)}  {rule.Policy}/{rule.Rule}  ({rule.Kind.ToString().ToLowerInvariant()}, line {rule.Line})");
            foreach (var clause in rule.Clauses)
            {
                var values = string.Join(", ", clause.Values.Select(v => $"{v.Key} = {(v.Value == "" ? "absent" : v.Value)}"));
                o.Line($"    {(clause.Holds ? "true " : clause.Error is null ? "false" : clause.Error)}  {clause.Text}{(values == "" ? "" : $"   [{values}]")}");
            }
        }

        foreach (var limit in decision.Limits)
        {
            o.Line($"limit  {limit.Count} in {limit.Per} by {limit.Rule}");
        }

        foreach (var redaction in decision.Redactions)
        {
            o.Line($"redact  {redaction.Path} with {Lists.Word(redaction.Operator)} by {string.Join(", ", redaction.Rules)}");
        }
    }

    static async Task<PolicyWorld> WorldAsync(string? path, CancellationToken ct)
    {
        if (path is null)
        {
            return PolicyWorld.Unknown;
        }

        // The schemas are read at once, the document is not needed afterwards.
        using var json = Documents.Json(await Documents.ReadAsync(path, ct), path);
        return PolicyWorld.Read(json.RootElement)
            ?? throw new UsageException($"`{path}` is no world: write {{\"tools\": [{{\"name\", \"input_schema\", \"output_schema\"}}], \"groups\": {{\"name\": [\"member\"]}}}}");
    }

    static void Refuse(Call call, string file, IReadOnlyList<Diagnostic> diagnostics) =>
        call.Out.Problem(PolicyProblems.Invalid(diagnostics).Problem, file);
}
