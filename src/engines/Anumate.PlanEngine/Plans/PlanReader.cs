using System.Text.Json;
using Anumate.Cel;
using Anumate.Proofs;
using Anumate.Schemas;
using Anumate.Schemas.Documents;

namespace Anumate.PlanEngine;

/// <summary>Reads one plan of format 1.</summary>
sealed class PlanReader
{
    readonly PlanObject root;
    readonly byte[] canonical;
    readonly Dictionary<string, PlanTool> tools = new(StringComparer.Ordinal);
    readonly Dictionary<string, int> indexes = new(StringComparer.Ordinal);
    readonly List<PlanStep> steps = [];
    CelType inputs = CelType.Dyn;
    List<SensitivePath> sensitiveInputs = [];

    public PlanReader(JsonElement root, byte[] canonical)
    {
        (this.root, this.canonical) = (new PlanObject(root, "a plan"), canonical);
        if (this.root.Number("format") is not PlanFormat.Format and var format)
        {
            throw PlanFormat.Invalid($"its format is {format}; this version knows {PlanFormat.Format}");
        }
    }

    public ExecutablePlan Plan()
    {
        _ = root.Text("compiler");
        var capsule = root.Object("capsule");
        var inputsSchema = root.Any("inputs");
        inputs = CelType.FromSchema(inputsSchema);
        var policies = Lock(root.Object("lock"));
        var sensitive = root.Object("sensitive");
        sensitiveInputs = Paths(sensitive, "inputs");
        foreach (var step in root.Objects("steps"))
        {
            steps.Add(Step(step));
        }

        Connect();
        var approvals = root.Objects("approvals").Select(Approval).ToList();
        foreach (var step in steps)
        {
            step.Approvals = [.. approvals.Where(a => a.Before == step)];
        }

        var (timeout, parallel) = Limits(root.Object("limits"));
        var plan = new ExecutablePlan(steps, Outputs(root.Objects("outputs")), inputs, PlanFormat.CompileSchema(inputsSchema, "the inputs"))
        {
            Hash = Digest.Of(canonical).ToString(),
            Canonical = Json.FromCanonical(canonical),
            Capsule = capsule.Text("name"),
            CapsuleVersion = capsule.Text("version"),
            CapsuleDigest = capsule.Text("digest"),
            Labels = capsule.Any("labels").EnumerateObject().ToDictionary(l => l.Name, l => l.Value.GetString() ?? "", StringComparer.Ordinal),
            InputsSchema = inputsSchema,
            Tools = tools,
            Policies = policies,
            Approvals = approvals,
            OnFailure = root.Word("on_failure", Words.Failures),
            Limits = new PlanLimits(timeout, parallel),
            SensitiveInputs = sensitiveInputs,
            SensitiveOutputs = Paths(sensitive, "outputs"),
            Flows = [.. sensitive.Objects("flows").Select(Flow)],
        };
        capsule.Done();
        sensitive.Done();
        root.Done();
        return plan;
    }

    List<PlanPolicy> Lock(PlanObject locked)
    {
        var digests = locked.Any("tools");
        foreach (var tool in root.Any("tools").EnumerateObject())
        {
            var fields = new PlanObject(tool.Value, $"tool `{tool.Name}`");
            var (input, output) = (fields.Any("input"), fields.Any("output"));
            var schema = PlanFormat.CompileSchema(input, $"the input of `{tool.Name}`");
            tools.Add(tool.Name, new PlanTool(
                tool.Name, digests.GetProperty(tool.Name).GetString()!, fields.Word("effect", Words.Effects), fields.Truth("lookup"), input, output)
            {
                Misfit = (arguments, guarded) => PlanFormat.Misfit(schema, arguments, guarded),
                OutputType = CelType.FromSchema(output),
            });
            fields.Done();
        }

        if (digests.EnumerateObject().Count() != tools.Count)
        {
            throw PlanFormat.Invalid("its lock and its tools differ");
        }

        var policies = locked.Objects("policies").Select(p =>
        {
            var policy = new PlanPolicy(p.Text("name"), checked((int)p.Number("version")), p.Text("digest"));
            p.Done();
            return policy;
        }).ToList();
        locked.Done();
        return policies;
    }

    PlanStep Step(PlanObject step)
    {
        var id = step.Text("id");
        var kind = step.Word("kind", Words.Kinds);
        var needs = Indexes(step, "needs");
        var scope = Scope(id, needs);
        var sensitive = step.Object("sensitive");
        var tool = kind is StepKind.Call ? Tool(step.Text("tool")) : null;
        var body = TemplateFormat.Read(step.Any(kind is StepKind.Call ? "args" : "value"), scope);
        var outputType = tool?.OutputType ?? body.Type;
        var output = Paths(sensitive, "output");
        var compensation = step.ObjectOrNull("compensate") is { } undo ? Undo(undo, Scope(id, needs, (outputType, output))) : default;
        if (!indexes.TryAdd(id, steps.Count))
        {
            throw PlanFormat.Invalid($"two steps have the id `{id}`");
        }

        var read = new PlanStep(body, [.. Indexes(step, "reads")])
        {
            Index = steps.Count,
            Id = id,
            Level = checked((int)step.Number("level")),
            Kind = kind,
            Needs = needs,
            Tool = tool,
            Timeout = tool is null ? default : step.Milliseconds("timeout_ms"),
            Retry = tool is null ? None : Retry(step.Object("retry")),
            OnUnknown = tool is null ? OnUnknown.Ask : step.Word("on_unknown", Words.Unknowns),
            CompensationTool = compensation.Tool,
            Compensation = compensation.Arguments,
            CompensationOnUnknown = compensation.OnUnknown,
            Grants = step.Texts("grants"),
            When = scope.Condition(step.TextOrNull("when")),
            OutputType = outputType,
            SensitiveArguments = Paths(sensitive, "args"),
            SensitiveOutput = output,
            SensitiveCompensation = Paths(sensitive, "compensate"),
        };
        sensitive.Done();
        step.Done();
        return read;
    }

    static readonly RetryRule None = new(1, default, 1, default, false, RetryOn.None);

    (PlanTool? Tool, Template? Arguments, OnUnknown OnUnknown) Undo(PlanObject undo, TemplateScope scope)
    {
        var read = (Tool(undo.Text("tool")), TemplateFormat.Read(undo.Any("args"), scope), undo.Word("on_unknown", Words.Unknowns));
        undo.Done();
        return read;
    }

    static RetryRule Retry(PlanObject retry)
    {
        var on = retry.Texts("on").Aggregate(RetryOn.None, (all, word) => all | (Words.Retries.Find(word) ?? throw PlanFormat.Invalid($"`{word}` is no cause of a retry")));
        var rule = new RetryRule(checked((int)retry.Number("max_attempts")), retry.Milliseconds("initial_ms"), retry.Double("factor"),
            retry.Milliseconds("max_ms"), retry.Truth("jitter"), on);
        retry.Done();
        return rule;
    }

    PlanApproval Approval(PlanObject approval)
    {
        var before = approval.TextOrNull("before") is { } id
            ? steps[indexes.TryGetValue(id, out var index) ? index : throw PlanFormat.Invalid($"an approval stands before the step `{id}`, which is missing")]
            : null;
        var when = approval.TextOrNull("when");
        var read = new PlanApproval
        {
            Id = approval.Text("id"),
            Title = approval.Text("title"),
            Before = before,
            When = when,
            Condition = Scope(approval.Text("id"), before?.Needs ?? []).Condition(when),
            Stages = [.. approval.Objects("stages").Select(Stage)],
        };
        approval.Done();
        return read;
    }

    static PlanStage Stage(PlanObject stage)
    {
        var read = new PlanStage(stage.Texts("groups"), checked((int)stage.Number("quorum")), stage.Milliseconds("within_ms"));
        stage.Done();
        return read;
    }

    Outputs Outputs(IEnumerable<PlanObject> outputs)
    {
        var scope = new Lazy<TemplateScope>(() => Scope("the outputs", [.. steps.Select(s => s.Index)]));
        return new Outputs([.. outputs.Select(o =>
        {
            var name = o.Text("name");
            var output = (name, TemplateFormat.Read(o.Any("value"), scope.Value), Indexes(o, "reads").ToArray());
            o.Done();
            return output;
        })]);
    }

    static (TimeSpan?, int) Limits(PlanObject limits)
    {
        var read = (limits.Has("timeout_ms") ? limits.Milliseconds("timeout_ms") : (TimeSpan?)null, checked((int)limits.Number("max_parallel")));
        limits.Done();
        return read;
    }

    static List<SensitivePath> Paths(PlanObject sensitive, string name) => [.. sensitive.Objects(name).Select(p =>
    {
        var path = new SensitivePath(
            JsonPointer.TrySplit(p.Text("path"), out var tokens) ? tokens : throw PlanFormat.Invalid("a path is no JSON Pointer"),
            p.Word("class", Words.Classes));
        p.Done();
        return path;
    })];

    static SensitiveFlow Flow(PlanObject flow)
    {
        var read = new SensitiveFlow(flow.Text("field"), flow.Word("class", Words.Classes), flow.Text("step"), flow.Word("phase", Words.Phases), flow.Text("tool"), flow.Text("argument"));
        flow.Done();
        return read;
    }

    void Connect()
    {
        var dependents = new List<int>[steps.Count];
        foreach (var step in steps)
        {
            foreach (var need in step.Needs)
            {
                (dependents[need] ??= []).Add(step.Index);
            }
        }

        foreach (var step in steps)
        {
            step.Dependents = dependents[step.Index]?.ToArray() ?? [];
        }
    }

    PlanTool Tool(string name) => tools.TryGetValue(name, out var tool) ? tool : throw PlanFormat.Invalid($"it calls `{name}`, which it does not pin");

    /// <summary>Steps that stand before the one being read: that they do is what makes the graph acyclic.</summary>
    List<int> Indexes(PlanObject of, string name) => [.. of.Texts(name).Select(id =>
        indexes.TryGetValue(id, out var index) ? index : throw PlanFormat.Invalid($"a step refers to `{id}`, which does not stand before it"))];

    TemplateScope Scope(string of, IReadOnlyList<int> needs, (CelType Type, IReadOnlyList<SensitivePath> Sensitive)? own = null)
    {
        var visible = needs.Select(n => (steps[n].Id, steps[n].OutputType));
        return new TemplateScope(
            ExpressionScope.Typed(inputs, own is { } self ? visible.Append((of, self.Type)) : visible), of,
            expression => expression.References.Any(r => r.Variable switch
            {
                "inputs" => Touches(sensitiveInputs, r.Fields),
                _ when r.Fields.Count == 0 => true,
                _ when own is { } o && r.Fields[0] == of => Touches(o.Sensitive, [.. r.Fields.Skip(2)]),
                _ => Touches(steps[indexes[r.Fields[0]]].SensitiveOutput, [.. r.Fields.Skip(2)]),
            }));
    }

    /// <summary>Whether a sensitive place lies at, above or below what is read.</summary>
    static bool Touches(IReadOnlyList<SensitivePath> places, IReadOnlyList<string> fields)
    {
        foreach (var place in places)
        {
            var length = Math.Min(place.Tokens.Count, fields.Count);
            if (Enumerable.Range(0, length).All(i => place.Tokens[i] is "*" or "**" || place.Tokens[i] == fields[i]))
            {
                return true;
            }
        }

        return false;
    }
}
