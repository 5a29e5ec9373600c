using Anumate.Schemas;
namespace Anumate.PlanEngine;

/// <summary>What a capsule is compiled against: the lock.</summary>
/// <param name="Tools">The tenant's tools by name, as far as the capsule names them.</param>
/// <param name="Policies">The versions its policy references resolve to.</param>
public sealed record CompileContext(IReadOnlyDictionary<string, Tool> Tools, IReadOnlyList<PolicyVersion> Policies);

/// <summary>What came of compiling: a plan when there is no error among the diagnostics.</summary>
public sealed record PlanCompilation(ExecutablePlan? Plan, IReadOnlyList<Diagnostic> Diagnostics)
{
    [System.Diagnostics.CodeAnalysis.MemberNotNullWhen(true, nameof(Plan))]
    public bool IsValid => Plan is not null;
}

/// <summary>
/// Compiles a capsule to a plan: resolve → collect what expressions read → order the steps → type everything in that order → follow
/// sensitive values → emit. Pure: the same capsule and lock give the same bytes everywhere.
/// </summary>
public sealed class PlanCompiler
{
    readonly CapsuleDocument capsule;
    readonly CompileContext? context;
    readonly Findings findings = new();

    PlanCompiler(CapsuleDocument capsule, CompileContext? context) => (this.capsule, this.context) = (capsule, context);

    /// <summary>Compiles a capsule against a lock.</summary>
    public static PlanCompilation Compile(CapsuleDocument capsule, CompileContext context)
    {
        var compiler = new PlanCompiler(capsule, context);
        var draft = compiler.Draft();
        var diagnostics = compiler.findings.Ordered();
        return compiler.findings.HasErrors || draft is null
            ? new PlanCompilation(null, diagnostics)
            : new PlanCompilation(PlanFormat.Read(PlanWriter.Write(draft)), diagnostics);
    }

    /// <summary>
    /// Checks all that can be checked without knowing the tools: expressions, references, cycles, inputs. For publishing, where the tools
    /// of the tenants that will run the capsule are not known.
    /// </summary>
    public static IReadOnlyList<Diagnostic> Check(CapsuleDocument capsule)
    {
        var compiler = new PlanCompiler(capsule, null);
        compiler.Draft();
        return compiler.findings.Ordered();
    }

    PlanDraft? Draft()
    {
        var inputs = InputsDraft.Of(capsule.Inputs, findings);
        var tools = new ToolDrafts(capsule, context, findings);
        var policies = context is null ? [] : Policies(context);
        var steps = capsule.Steps.Select((s, i) => new StepDraft(s, i, tools)).ToList();
        tools.WarnOfUnused();
        var byId = steps.ToDictionary(s => s.Id, StringComparer.Ordinal);
        var reader = new ReferenceReader(byId, findings);
        foreach (var step in steps)
        {
            reader.Read(step);
        }

        var outputs = OutputDraft.All(capsule.Outputs);
        var approvals = capsule.Approvals.Select(a => new ApprovalDraft(a, byId, findings)).ToList();
        outputs.ForEach(reader.Read);
        approvals.ForEach(reader.Read);
        if (StepOrder.Of(steps, findings) is not { } ordered)
        {
            return null;
        }

        var typer = new Typer(inputs.Type, findings);
        var lineage = new Lineage(inputs);
        foreach (var step in ordered)
        {
            typer.Type(step);
            step.Follow(lineage);
        }

        outputs.ForEach(o => typer.Type(o, ordered));
        outputs.ForEach(o => o.Lineage = lineage.Of(o.Value, steps: byId));
        approvals.ForEach(typer.Type);
        return new PlanDraft(capsule, inputs, tools, policies, ordered, outputs, approvals);
    }

    List<PlanPolicy> Policies(CompileContext lockOf)
    {
        var resolved = new List<PlanPolicy>();
        foreach (var reference in capsule.Policies)
        {
            CapsuleWords.TryPolicy(reference.Value, out var name, out var version, out var major);
            var found = lockOf.Policies.FirstOrDefault(p => p.Name == name && (version is null || major || p.Version == version));
            if (found is null)
            {
                findings.Add(reference.Error("capsule.unknown-policy", $"there is no policy `{reference.Value}`",
                    DidYouMean.Suggest(name, lockOf.Policies.Select(p => p.Name)) ?? "publish it first"));
            }
            else
            {
                resolved.Add(new PlanPolicy(found.Name, found.Version, found.Digest));
            }
        }

        resolved.Sort((a, b) => string.CompareOrdinal(a.Name, b.Name));
        return resolved;
    }
}
