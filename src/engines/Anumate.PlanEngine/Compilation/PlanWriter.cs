using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Anumate.Proofs;
using Anumate.Schemas;
using Anumate.Schemas.Documents;

namespace Anumate.PlanEngine;

/// <summary>Writes a plan of format 1 as canonical JSON.</summary>
sealed class PlanWriter(PlanDraft plan, Utf8JsonWriter json)
{
    static readonly JsonWriterOptions Options = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        SkipValidation = true,
        MaxDepth = 2 * AnumateJson.MaxDepth,
    };

    public static byte[] Write(PlanDraft plan)
    {
        var buffer = new ArrayBufferWriter<byte>(4096);
        using (var json = new Utf8JsonWriter(buffer, Options))
        {
            new PlanWriter(plan, json).Write();
        }

        return CanonicalJson.Write(buffer.WrittenMemory, int.MaxValue);
    }

    void Write()
    {
        var capsule = plan.Capsule;
        json.WriteStartObject();
        json.WriteNumber("format", PlanFormat.Format);
        json.WriteString("compiler", PlanFormat.Compiler);
        Object("capsule", () =>
        {
            json.WriteString("name", capsule.Name);
            json.WriteString("version", capsule.Version);
            json.WriteString("digest", capsule.Digest);
            Object("labels", () =>
            {
                foreach (var (name, value) in capsule.Labels)
                {
                    json.WriteString(name, value);
                }
            });
        });
        Object("lock", Lock);
        Element("inputs", plan.Inputs.Schema);
        Object("tools", Tools);
        Array("steps", plan.Steps, Step);
        Array("approvals", plan.Approvals, Approval);
        Array("outputs", plan.Outputs.OrderBy(o => o.Name, StringComparer.Ordinal), Output);
        json.WriteString("on_failure", Words.Failures.Of(capsule.OnFailure));
        Object("limits", () =>
        {
            json.WriteNumber("max_parallel", capsule.MaxParallel);
            if (capsule.Timeout is { } timeout)
            {
                Milliseconds("timeout_ms", timeout);
            }
        });
        Object("sensitive", Sensitive);
        json.WriteEndObject();
    }

    void Lock()
    {
        Object("tools", () =>
        {
            foreach (var tool in plan.Tools.Called)
            {
                json.WriteString(tool.Tool.Name, tool.Tool.Digest);
            }
        });
        Array("policies", plan.Policies, p =>
        {
            json.WriteString("name", p.Name);
            json.WriteNumber("version", p.Version);
            json.WriteString("digest", p.Digest);
        });
    }

    void Tools()
    {
        foreach (var tool in plan.Tools.Called)
        {
            Object(tool.Tool.Name, () =>
            {
                json.WriteString("effect", Words.Effects.Of(tool.Tool.Effect));
                json.WriteBoolean("lookup", tool.HasLookup);
                Element("input", tool.Tool.InputSchema);
                Element("output", tool.Tool.OutputSchema);
            });
        }
    }

    void Step(StepDraft step)
    {
        json.WriteString("id", step.Id);
        json.WriteNumber("level", step.Level);
        json.WriteString("kind", Words.Kinds.Of(step.Source.Kind));
        Texts("needs", step.Needs.Select(n => n.Id).Order(StringComparer.Ordinal));
        Texts("reads", step.Reads.Select(n => n.Id).Order(StringComparer.Ordinal));
        if (step.When is { } when)
        {
            json.WriteString("when", when.Typed!.ToString());
        }

        if (step.Tool is { } tool)
        {
            Call(step, tool);
        }
        else
        {
            Value("value", step.Body);
        }

        Texts("grants", new[] { step.Tool?.Grant, step.Undo?.Grant }.OfType<string>().Distinct().Order(StringComparer.Ordinal));
        Object("sensitive", () =>
        {
            Paths("args", Lineage.Paths(step.Lineage.Arguments));
            Paths("output", step.Lineage.SealedOutput);
            Paths("compensate", Lineage.Paths(step.Lineage.Compensation));
        });
    }

    void Call(StepDraft step, ToolDraft tool)
    {
        json.WriteString("tool", tool.Tool.Name);
        Value("args", step.Body);
        Milliseconds("timeout_ms", step.Source.Timeout);
        json.WriteString("on_unknown", Words.Unknowns.Of(step.OnUnknown));
        var retry = step.Source.Retry;
        Object("retry", () =>
        {
            json.WriteNumber("max_attempts", retry.MaxAttempts);
            Milliseconds("initial_ms", retry.Initial);
            json.WriteNumber("factor", retry.Factor);
            Milliseconds("max_ms", retry.Max);
            json.WriteBoolean("jitter", retry.Jitter);
            Texts("on", new[] { RetryOn.Failed, RetryOn.Timeout, RetryOn.Unavailable }.Where(o => (retry.On & o) != 0).Select(Words.Retries.Of));
        });
        if (step.Undo is { } undo)
        {
            Object("compensate", () =>
            {
                json.WriteString("tool", undo.Tool.Name);
                Value("args", step.Compensation!);
                json.WriteString("on_unknown", Words.Unknowns.Of(step.CompensationOnUnknown));
            });
        }
    }

    void Approval(ApprovalDraft approval)
    {
        json.WriteString("id", approval.Source.Id);
        json.WriteString("title", approval.Source.Title ?? approval.Source.Id);
        if (approval.Before is { } before)
        {
            json.WriteString("before", before.Id);
        }

        if (approval.When is { } when)
        {
            json.WriteString("when", when.Typed!.ToString());
        }

        Array("stages", approval.Source.Stages, s =>
        {
            Texts("groups", s.Groups);
            json.WriteNumber("quorum", s.Quorum);
            Milliseconds("within_ms", s.Within);
        });
    }

    void Output(OutputDraft output)
    {
        json.WriteString("name", output.Name);
        Value("value", output.Value);
        Texts("reads", output.Value.Requires.Distinct().Order(StringComparer.Ordinal));
    }

    void Sensitive()
    {
        Paths("inputs", plan.Inputs.Sensitive);
        Paths("outputs", Lineage.Paths(plan.Outputs.SelectMany(o => o.Lineage.Select(t => t with { Path = [o.Name, .. t.Path] }))));
        var flows = from step in plan.Steps
                    where step.Tool is not null
                    from phase in new[] { CallPhase.Do, CallPhase.Compensate }
                    from taint in phase is CallPhase.Do ? step.Lineage.Arguments : step.Lineage.Compensation
                    select (step, phase, taint);
        Array("flows", flows, f =>
        {
            json.WriteString("field", f.taint.Field);
            json.WriteString("class", Words.Classes.Of(f.taint.Sensitivity));
            json.WriteString("step", f.step.Id);
            json.WriteString("phase", Words.Phases.Of(f.phase));
            json.WriteString("tool", (f.phase is CallPhase.Do ? f.step.Tool! : f.step.Undo!).Tool.Name);
            json.WriteString("argument", JsonPointer.Join(f.taint.Path));
        });
    }

    void Value(string name, ValueDraft value)
    {
        json.WritePropertyName(name);
        Template(value, value.Node);
    }

    void Template(ValueDraft value, DocumentNode? node)
    {
        switch (node)
        {
            case null:
                json.WriteStartObject();
                json.WriteEndObject();
                break;
            case StringNode when value.Expressions.TryGetValue(node, out var expression):
                Expression(expression.Typed!);
                break;
            case ObjectNode map when map.Members.Any(m => m.Key.StartsWith('$')):
                json.WriteStartObject();
                json.WritePropertyName(TemplateFormat.Literal);
                node.WriteTo(json);
                json.WriteEndObject();
                break;
            case ObjectNode map:
                json.WriteStartObject();
                foreach (var member in map.Members)
                {
                    json.WritePropertyName(member.Key);
                    Template(value, member.Value);
                }

                json.WriteEndObject();
                break;
            case ArrayNode list:
                json.WriteStartArray();
                foreach (var item in list.Items)
                {
                    Template(value, item);
                }

                json.WriteEndArray();
                break;
            default:
                node.WriteTo(json);
                break;
        }
    }

    void Expression(Cel.CelExpression expression)
    {
        switch (expression.Parts)
        {
            case [{ IsExpression: false } text]:
                json.WriteStringValue(text.Text);
                break;
            case [var only]:
                One(only.Text);
                break;
            case var parts:
                json.WriteStartObject();
                json.WriteStartArray(TemplateFormat.Text);
                foreach (var part in parts)
                {
                    if (part.IsExpression)
                    {
                        One(part.Text);
                    }
                    else
                    {
                        json.WriteStringValue(part.Text);
                    }
                }

                json.WriteEndArray();
                json.WriteEndObject();
                break;
        }

        void One(string source)
        {
            json.WriteStartObject();
            json.WriteString(TemplateFormat.Expression, source);
            json.WriteEndObject();
        }
    }

    void Paths(string name, IEnumerable<SensitivePath> paths) => Array(name, paths.OrderBy(p => p.Pointer, StringComparer.Ordinal), p =>
    {
        json.WriteString("path", p.Pointer);
        json.WriteString("class", Words.Classes.Of(p.Sensitivity));
    });

    void Object(string name, Action members)
    {
        json.WriteStartObject(name);
        members();
        json.WriteEndObject();
    }

    void Array<T>(string name, IEnumerable<T> items, Action<T> members)
    {
        json.WriteStartArray(name);
        foreach (var item in items)
        {
            json.WriteStartObject();
            members(item);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    void Texts(string name, IEnumerable<string> texts)
    {
        json.WriteStartArray(name);
        foreach (var text in texts)
        {
            json.WriteStringValue(text);
        }

        json.WriteEndArray();
    }

    void Element(string name, JsonElement element)
    {
        json.WritePropertyName(name);
        element.WriteTo(json);
    }

    void Milliseconds(string name, TimeSpan time) => json.WriteNumber(name, (long)time.TotalMilliseconds);
}
