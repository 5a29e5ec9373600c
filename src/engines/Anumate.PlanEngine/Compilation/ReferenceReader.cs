using Anumate.Cel;
using Anumate.Schemas;
using Anumate.Schemas.Documents;

namespace Anumate.PlanEngine;

/// <summary>Finds out what each expression reads, and from that in which order the steps must run.</summary>
sealed class ReferenceReader(Dictionary<string, StepDraft> steps, Findings findings)
{
    public void Read(StepDraft step)
    {
        foreach (var need in step.Source.Needs)
        {
            if (!steps.TryGetValue(need.Value, out var needed))
            {
                findings.Add(need.Error("capsule.unknown-step", $"there is no step `{need.Value}`", DidYouMean.Suggest(need.Value, steps.Keys)));
            }
            else
            {
                step.Needs.Add(needed);
            }
        }

        if (step.When is { } when)
        {
            Read(when, step, self: false);
        }

        Read(step.Body, step, self: false);
        if (step.Compensation is { } compensation)
        {
            Read(compensation, step, self: true);
        }
    }

    public void Read(OutputDraft output)
    {
        foreach (var expression in output.Value.Expressions.Values)
        {
            Read(expression);
            RefuseBelowDollar(expression.Node, output.Value.Node);
        }
    }

    public void Read(ApprovalDraft approval)
    {
        if (approval.When is not { } when)
        {
            return;
        }

        if (approval.Before is { } before)
        {
            Read(when, before, self: false);
            return;
        }

        Read(when);
        if (when.IsSound && when.Reads.Count > 0 && approval.Source.Before is null)
        {
            when.IsSound = false;
            findings.Add(when.Node.Error("capsule.approval-too-early",
                $"approval `{approval.Source.Id}` is asked for before the first step, so it cannot read `steps.{when.Reads[0]}`", "name the step it gates with `before`"));
        }
    }

    void Read(ValueDraft value, StepDraft step, bool self)
    {
        foreach (var expression in value.Expressions.Values)
        {
            Read(expression, step, self);
            RefuseBelowDollar(expression.Node, value.Node);
        }
    }

    /// <summary>In a plan an object with such a key stands as a literal, in which nothing is evaluated.</summary>
    void RefuseBelowDollar(DocumentNode node, DocumentNode? root)
    {
        for (var n = node; n != root; n = n.Parent!)
        {
            if ((n.Parent as ObjectNode)?.Members.FirstOrDefault(m => m.Key.StartsWith('$')) is { } dollar)
            {
                findings.Add(dollar.Error("capsule.dollar-key", $"an object with the key `{dollar.Key}` cannot hold expressions", "rename the key, or write the object without `${{ }}`"));
                return;
            }
        }
    }

    /// <summary>Reads an expression of a step: what it reads must end before the step begins.</summary>
    void Read(ExpressionDraft expression, StepDraft step, bool self)
    {
        Read(expression);
        foreach (var id in expression.Reads)
        {
            var read = steps[id];
            if (read == step && !self)
            {
                expression.IsSound = false;
                findings.Add(expression.Node.Error("capsule.self-reference", $"step `{id}` reads its own output, which does not exist yet"));
            }
            else if (read != step)
            {
                step.Needs.Add(read);
                if (expression.Requires.Contains(id))
                {
                    step.Reads.Add(read);
                }
            }
        }
    }

    void Read(ExpressionDraft expression)
    {
        if (!expression.IsTemplate && expression.Node.Value.TrimStart().StartsWith("${{", StringComparison.Ordinal))
        {
            findings.Add(expression.Node.Error("capsule.invalid-value", "a condition is an expression already", "write it without `${{ }}`"));
            return;
        }

        var compiled = expression.Compile(ExpressionScope.Base);
        findings.Add(compiled.Diagnostics.Select(d => Places.Of(d, expression.Node)));
        if (compiled.Expression is not { } found)
        {
            return;
        }

        expression.References = found.References;
        expression.IsSound = found.References.Where(r => r.Variable == "steps").All(r => Exists(r, expression.Node));
        if (expression.IsSound)
        {
            expression.Reads = [.. ExpressionScope.Reads(found)];
            expression.Requires = [.. ExpressionScope.Requires(found)];
        }
    }

    bool Exists(CelPath path, StringNode node)
    {
        var at = Places.At(node, path.Position);
        Diagnostic? finding = path.Fields switch
        {
            [] => Diagnostic.Error("capsule.steps-as-a-whole", "`steps` cannot be read as a whole", node.Pointer, at, "read `steps.<id>.output`"),
            [var id, ..] when !steps.ContainsKey(id) => Diagnostic.Error("capsule.unknown-step", $"there is no step `{id}`", node.Pointer, at,
                DidYouMean.Suggest(id, steps.Keys)),
            [var id] => Diagnostic.Error("capsule.step-as-a-whole", $"`steps.{id}` cannot be read as a whole", node.Pointer, at, $"read `steps.{id}.output`"),
            [var id, var field, ..] when field != ExpressionScope.Output => Diagnostic.Error("capsule.unknown-field",
                $"a step has `output` only, not `{field}`", node.Pointer, at, $"write `steps.{id}.output.{string.Join('.', path.Fields.Skip(1))}`"),
            _ => null,
        };
        if (finding is not null)
        {
            findings.Add(finding);
        }

        return finding is null;
    }
}

/// <summary>From places in the text of a string to places in the document around it.</summary>
static class Places
{
    public static Diagnostic Of(Diagnostic finding, StringNode node)
    {
        var at = At(node, new Position(finding.Line, finding.Column));
        return finding with { Path = node.Pointer, Line = at.Line, Column = at.Column };
    }

    public static Position At(StringNode node, Position inText)
    {
        var (text, offset) = (node.Value, 0);
        for (var line = 1; line < inText.Line; line++)
        {
            offset = text.IndexOf('\n', offset) + 1;
        }

        return node.PositionAt(Math.Clamp(offset + inText.Column - 1, 0, text.Length));
    }
}
