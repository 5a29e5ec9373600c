using Anumate.Schemas.Documents;

namespace Anumate.PlanEngine;

public sealed partial class CapsuleReader
{
    (TimeSpan? Timeout, int MaxParallel) Limits(ObjectNode? node)
    {
        if (node is null)
        {
            return (null, CapsuleWords.MaxParallelDefault);
        }

        var fields = new Fields(node, "`limits`", findings, ["timeout", "max_parallel"], "max_cost", "max_calls");
        return (fields.Duration("timeout", CapsuleWords.RunTimeoutMost),
            fields.Whole("max_parallel", 1, CapsuleWords.MaxParallelMost) ?? CapsuleWords.MaxParallelDefault);
    }

    IReadOnlyList<StringNode> Tools(Fields spec)
    {
        var tools = spec.Texts("tools");
        if (tools.Count > CapsuleWords.MaxTools)
        {
            findings.Add(tools[CapsuleWords.MaxTools].Error("capsule.too-many", $"a capsule has at most {CapsuleWords.MaxTools} tools"));
        }

        foreach (var tool in tools)
        {
            ToolName(tool);
        }

        return tools;
    }

    void ToolName(StringNode tool)
    {
        if (!CapsuleWords.IsToolName(tool.Value))
        {
            findings.Add(tool.Error("capsule.invalid-value", $"`{tool.Value}` is not a tool name of the form object.verb",
                tool.Value.Contains('*', StringComparison.Ordinal) ? "name each tool: the allow-list has no wildcards" : null));
        }
    }

    IReadOnlyList<StringNode> Policies(Fields spec)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var policies = spec.Texts("policies");
        foreach (var policy in policies)
        {
            if (!CapsuleWords.TryPolicy(policy.Value, out var name, out _, out _))
            {
                findings.Add(policy.Error("capsule.invalid-value", $"`{policy.Value}` is not a policy reference", "write `name`, `name@3` or `name@^3`"));
            }
            else if (!seen.Add(name))
            {
                findings.Add(policy.Error("capsule.duplicate", $"policy `{name}` is named twice", "name one version of it"));
            }
        }

        return policies;
    }

    List<CapsuleApproval> Approvals(Fields spec)
    {
        var approvals = new List<CapsuleApproval>();
        var ids = new HashSet<string>(StringComparer.Ordinal);
        foreach (var item in spec.Items("approvals"))
        {
            if (item is not ObjectNode node)
            {
                findings.Add(item.Error("capsule.wrong-type", $"an approval is an object, not {item.Described}"));
                continue;
            }

            var fields = new Fields(node, "an approval", findings, ["id", "when", "before", "title", "stages"], "escalate_to", "remind", "delegate");
            var stages = fields.Items("stages", required: true);
            if (fields.Has("stages") && stages.Count is 0 or > 10)
            {
                findings.Add(fields.Any("stages")!.Error("capsule.out-of-range", "an approval has 1 to 10 stages"));
            }

            approvals.Add(new CapsuleApproval(Id(fields, ids, "approval"), node)
            {
                Title = Line(fields, "title"),
                When = fields.Text("when"),
                Before = fields.Text("before"),
                Stages = [.. stages.Select(Stage)],
            });
        }

        return approvals;
    }

    PlanStage Stage(DocumentNode item)
    {
        if (item is not ObjectNode node)
        {
            findings.Add(item.Error("capsule.wrong-type", $"a stage is an object, not {item.Described}"));
            return new PlanStage([], 1, CapsuleWords.StageWithin);
        }

        var fields = new Fields(node, "a stage", findings, ["group", "groups", "quorum", "within"], "escalate_to", "remind", "delegate");
        var named = fields.Text("group") is { } group ? [group] : fields.Texts("groups");
        if (fields.Has("group") && fields.Has("groups"))
        {
            findings.Add(node.Get("groups")!.Error("capsule.contradiction", "a stage has `group` or `groups`, not both", "list every group in `groups`"));
        }
        else if (!fields.Has("group") && named.Count == 0)
        {
            findings.Add(node.Error("capsule.missing-key", "a stage names no group", "add `group`"));
        }

        foreach (var name in named.Where(n => !CapsuleWords.IsGroupName(n.Value)))
        {
            findings.Add(name.Error("capsule.invalid-value", $"`{name.Value}` is not a group name: lower-case letters, digits, `_` and `-`, at most 63"));
        }

        return new PlanStage([.. named.Select(n => n.Value)], fields.Whole("quorum", 1, CapsuleWords.MostQuorum) ?? 1,
            fields.Duration("within", CapsuleWords.StageWithinMost) ?? CapsuleWords.StageWithin);
    }

    string Id(Fields fields, HashSet<string> taken, string what)
    {
        var id = fields.Form("id", true, CapsuleWords.IsId,
            "an id: a lower-case letter, then letters, digits and `_`, at most 64, no word of the expression language", CapsuleWords.BetterId);
        if (id.Length > 0 && !taken.Add(id))
        {
            findings.Add(fields.Any("id")!.Error("capsule.duplicate", $"two {what}s have the id `{id}`"));
        }

        return id;
    }

    List<CapsuleStep> Steps(Fields spec)
    {
        var items = spec.Items("steps", required: true);
        if (spec.Any("steps") is ArrayNode node && items.Count is 0 or > CapsuleWords.MaxSteps)
        {
            findings.Add(spec.Any("steps")!.Error("capsule.out-of-range", $"a capsule has 1 to {CapsuleWords.MaxSteps} steps, not {items.Count}"));
            return [];
        }

        var steps = new List<CapsuleStep>(items.Count);
        var ids = new HashSet<string>(StringComparer.Ordinal);
        foreach (var item in items)
        {
            if (findings.IsFull)
            {
                break;
            }

            if (item is ObjectNode step)
            {
                steps.Add(Step(step, ids));
            }
            else
            {
                findings.Add(item.Error("capsule.wrong-type", $"a step is an object, not {item.Described}"));
            }
        }

        return steps;
    }

    static readonly string[] OfEveryStep = ["id", "when", "needs"];
    static readonly string[] OfCalls = ["with", "timeout", "retry", "compensate", "on_unknown"];
    static readonly string[] LaterKinds = ["capsule", "parallel", "wait", "clarify", "for_each"];
    static readonly string[] Later = [.. LaterKinds, "as", "max_parallel", "finally", "secrets", "cost"];

    CapsuleStep Step(ObjectNode node, HashSet<string> ids)
    {
        var pure = node.Get("pure") is not null;
        var fields = new Fields(node, "a step", findings, [.. OfEveryStep, "call", "pure", .. OfCalls], Later);
        var id = Id(fields, ids, "step");
        if (pure && fields.Has("call"))
        {
            findings.Add(node.Get("pure")!.Error("capsule.contradiction", "a step has `call` or `pure`, not both", "make two steps of it"));
        }
        else if (!pure && !fields.Has("call") && !LaterKinds.Any(fields.Has))
        {
            findings.Add(node.Error("capsule.missing-key", $"step `{id}` does nothing", "add `call` (a tool) or `pure` (a value)"));
        }

        foreach (var key in OfCalls.Where(k => pure && fields.Has(k)))
        {
            findings.Add(node.Get(key)!.Error("capsule.contradiction", $"`{key}` belongs to a call, and step `{id}` computes a value", $"remove `{key}`"));
        }

        var step = new CapsuleStep(id, pure ? StepKind.Pure : StepKind.Call, node)
        {
            When = fields.Text("when"),
            Needs = fields.Texts("needs"),
            Retry = CapsuleWords.Retry,
            Body = pure ? fields.Any("pure") : null,
        };
        return pure ? step : Call(fields, step);
    }

    CapsuleStep Call(Fields fields, CapsuleStep step)
    {
        var tool = fields.Text("call");
        if (tool is not null)
        {
            ToolName(tool);
        }

        var (undo, with) = Compensate(fields.Object("compensate"));
        return step with
        {
            Call = tool,
            Body = fields.Object("with"),
            Timeout = fields.Duration("timeout", CapsuleWords.StepTimeoutMost) ?? CapsuleWords.StepTimeout,
            Retry = Retry(fields.Object("retry")),
            CompensationCall = undo,
            CompensationWith = with,
            OnUnknown = fields.Word("on_unknown", Words.Unknowns),
            OnUnknownNode = fields.Any("on_unknown"),
        };
    }

    (StringNode? Call, ObjectNode? With) Compensate(ObjectNode? node)
    {
        if (node is null)
        {
            return default;
        }

        var fields = new Fields(node, "`compensate`", findings, ["call", "with"], "retry", "timeout", "capsule");
        var call = fields.Text("call", required: true);
        if (call is not null)
        {
            ToolName(call);
        }

        return (call, fields.Object("with"));
    }

    RetryRule Retry(ObjectNode? node)
    {
        var rule = CapsuleWords.Retry;
        if (node is null)
        {
            return rule;
        }

        var fields = new Fields(node, "`retry`", findings, ["max_attempts", "backoff", "on"]);
        rule = rule with { MaxAttempts = fields.Whole("max_attempts", 1, CapsuleWords.MaxAttemptsMost) ?? rule.MaxAttempts };
        if (fields.Has("on"))
        {
            var on = RetryOn.None;
            foreach (var word in fields.Texts("on"))
            {
                on |= fields.Word(word, "on", Words.Retries) ?? RetryOn.None;
            }

            rule = rule with { On = on };
        }

        return fields.Object("backoff") is { } backoff ? Backoff(backoff, rule) : rule;
    }

    RetryRule Backoff(ObjectNode node, RetryRule rule)
    {
        var fields = new Fields(node, "`backoff`", findings, ["initial", "factor", "max", "jitter"]);
        rule = rule with
        {
            Initial = fields.Duration("initial", CapsuleWords.BackoffMost) ?? rule.Initial,
            Factor = fields.Number("factor", 1, 100) ?? rule.Factor,
            Max = fields.Duration("max", CapsuleWords.BackoffMost) ?? rule.Max,
            Jitter = fields.Truth("jitter") ?? rule.Jitter,
        };
        if (!fields.Has("max") && rule.Max < rule.Initial)
        {
            return rule with { Max = rule.Initial };
        }

        if (rule.Max < rule.Initial)
        {
            findings.Add(node.Error("capsule.contradiction",
                $"`max` ({Durations.Text(rule.Max)}) is less than `initial` ({Durations.Text(rule.Initial)})", "raise `max`"));
        }

        return rule;
    }
}
