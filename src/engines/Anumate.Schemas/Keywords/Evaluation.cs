using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using Anumate.Schemas.Documents;

namespace Anumate.Schemas.Keywords;

/// <summary>
/// One validation of one value. Its work and depth are bounded: a schema that multiplies its own references, or a dynamic reference
/// that leads to itself, ends as an error and never as a hang or a stack overflow.
/// </summary>
sealed class Evaluation(Schema schema, bool collect, int maxSteps = Evaluation.MaxSteps)
{
    const int MaxSteps = 3_000_000;
    const int MaxDepth = 1000;
    const int MaxErrors = 1000;

    readonly List<SchemaError> found = [];
    readonly List<(string? Key, int Index)> path = [];
    readonly List<Resource> scope = [];
    bool collecting = collect;
    string? stopped;
    int steps;
    int depth;

    public IReadOnlyList<SchemaError> Found =>
        stopped is null ? found : [new SchemaError("", schema.Root.Path, "validation", stopped, "make the schema or the value smaller")];

    /// <summary>Whether the validation ended before it could answer.</summary>
    public bool Stopped => stopped is not null;

    /// <summary>Whether failures are wanted in words, not only as an answer.</summary>
    public bool Collecting => collecting && found.Count < MaxErrors;

    /// <summary>The resources entered on the way here, outermost first.</summary>
    public IReadOnlyList<Resource> Scope => scope;

    public bool Run(JsonElement value)
    {
        if (value.ValueKind == JsonValueKind.Undefined)
        {
            throw new ArgumentException("the element is undefined", nameof(value));
        }

        try
        {
            return Apply(schema.Root, value, null) && stopped is null;
        }
        catch (InvalidOperationException)
        {
            // System.Text.Json decodes strings late: only now does half of a surrogate pair or invalid UTF-8 come to light.
            stopped = "the value holds text that is not valid unicode";
            return false;
        }
    }

    /// <summary>Applies a schema to the value at the current place.</summary>
    public bool Apply(SchemaNode node, JsonElement value, Evaluated? outer)
    {
        if (node.Always is { } always)
        {
            return always || Fail(node);
        }

        if (!Enter())
        {
            return false;
        }

        var pushed = schema.Dynamic && (scope.Count == 0 || scope[^1] != node.Resource);
        if (pushed)
        {
            scope.Add(node.Resource);
        }

        var evaluated = outer is not null || node.Tracks ? new Evaluated() : null;
        var valid = true;
        foreach (var keyword in node.Keywords)
        {
            if (!keyword.Check(value, this, evaluated))
            {
                valid = false;
                if (!Collecting)
                {
                    break;
                }
            }
        }

        if (pushed)
        {
            scope.RemoveAt(scope.Count - 1);
        }

        depth--;
        if (valid && outer is not null)
        {
            outer.Merge(evaluated!);
        }

        return valid;
    }

    /// <summary>Applies a schema to a member's value.</summary>
    public bool Apply(SchemaNode node, string key, JsonElement value)
    {
        path.Add((key, -1));
        var valid = Apply(node, value, null);
        path.RemoveAt(path.Count - 1);
        return valid;
    }

    /// <summary>Applies a schema to an item.</summary>
    public bool Apply(SchemaNode node, int index, JsonElement value)
    {
        path.Add((null, index));
        var valid = Apply(node, value, null);
        path.RemoveAt(path.Count - 1);
        return valid;
    }

    /// <summary>Applies a schema whose failure is not an error by itself, e.g. of <c>if</c>.</summary>
    public bool Test(SchemaNode node, JsonElement value, Evaluated? outer)
    {
        var before = collecting;
        collecting = false;
        var valid = Apply(node, value, outer);
        collecting = before;
        return valid;
    }

    /// <summary>Applies a schema and hands its errors to the caller instead of the report.</summary>
    public (bool Valid, List<SchemaError> Errors) Try(SchemaNode node, JsonElement value, Evaluated? outer)
    {
        var mark = found.Count;
        var valid = Apply(node, value, outer);
        var errors = found[mark..];
        found.RemoveRange(mark, found.Count - mark);
        return (valid, errors);
    }

    public void Add(IEnumerable<SchemaError> errors) => found.AddRange(errors.Take(MaxErrors - found.Count));

    /// <summary>Counts work done without applying a schema; false when there was too much of it.</summary>
    public bool Spend(int amount)
    {
        steps = (int)Math.Min((long)steps + amount, int.MaxValue);
        return steps <= maxSteps || Stop($"checking takes more than {maxSteps} steps");
    }

    /// <summary>Reports a failure at the current place. The words are built only when somebody collects them.</summary>
    public bool Fail(Keyword keyword, [InterpolatedStringHandlerArgument("")] ref Words words, string? suggestion = null, string? key = null)
    {
        if (Collecting)
        {
            var at = key is null ? Pointer() : $"{Pointer()}/{JsonPointer.Escape(key)}";
            found.Add(new SchemaError(at, keyword.Path, keyword.Name, words.ToString(), suggestion) { AboutKey = key is not null });
        }

        return false;
    }

    bool Fail(SchemaNode never)
    {
        if (Collecting)
        {
            found.Add(new SchemaError(Pointer(), never.Path, "false", $"{Subject} is not allowed", "remove it") { AboutKey = true });
        }

        return false;
    }

    /// <summary>The current place as messages say it: <c>`steps[2].id`</c>.</summary>
    public string Subject => Name(null);

    /// <summary>A member of the current value.</summary>
    public string Name(string? key)
    {
        var text = new StringBuilder();
        foreach (var (name, index) in key is null ? path : [.. path, (key, -1)])
        {
            if (name is null)
            {
                text.Append('[').Append(index).Append(']');
            }
            else
            {
                text.Append(text.Length == 0 ? "" : ".").Append(name);
            }
        }

        return text.Length == 0 ? "the value" : $"`{JsonWords.Shorten(text.ToString(), 200)}`";
    }

    /// <summary><c>, it was -5</c>; nothing of what is guarded.</summary>
    public string Was(JsonElement value)
    {
        var at = Pointer();
        if (schema.SensitivePaths.Any(s => s.Covers(at)))
        {
            return "";
        }

        return value.ValueKind switch
        {
            JsonValueKind.Object => ", it was an object",
            JsonValueKind.Array => ", it was an array",
            JsonValueKind.String => $", it was `{JsonWords.Shorten(value.GetString()!, 60)}`",
            _ => $", it was {JsonWords.Shorten(value.GetRawText(), 60)}",
        };
    }

    /// <summary>Tests the name of a member; says why it fails when errors are collected.</summary>
    public bool TestName(SchemaNode node, string name, out string why)
    {
        why = "";
        using var buffer = JsonDocument.Parse(JsonSerializer.SerializeToUtf8Bytes(name, StringJson.Default.String));
        if (!Collecting)
        {
            return Test(node, buffer.RootElement, null);
        }

        var (valid, errors) = Try(node, buffer.RootElement, null);
        why = errors.Count == 0 || errors[0].Keyword == "false" ? "" : $": it {After(errors[0].Message)}";
        return valid;
    }

    /// <summary>The pointer of the current place.</summary>
    public string Pointer() => JsonPointer.Join(path.Select(p => p.Key ?? p.Index.ToString()));

    /// <summary>The message without its subject.</summary>
    string After(string message) => message.StartsWith(Subject, StringComparison.Ordinal) ? message[Subject.Length..].TrimStart() : message;

    bool Enter()
    {
        if (++depth > MaxDepth)
        {
            depth--;
            return Stop($"the schema applies itself more than {MaxDepth} levels deep");
        }

        if (!Spend(1))
        {
            depth--;
            return false;
        }

        return true;
    }

    bool Stop(string reason)
    {
        stopped ??= reason;
        collecting = false;
        return false;
    }

    /// <summary>An interpolated message that is not built while nobody collects.</summary>
    [InterpolatedStringHandler]
    public ref struct Words
    {
        readonly StringBuilder? text;

        public Words(int literalLength, int formattedCount, Evaluation run, out bool wanted)
        {
            wanted = run.Collecting;
            text = wanted ? new StringBuilder(literalLength + (formattedCount * 16)) : null;
        }

        public readonly void AppendLiteral(string value) => text!.Append(value);

        public readonly void AppendFormatted<T>(T value) => text!.Append(value);

        public override readonly string ToString() => text?.ToString() ?? "";
    }
}

[System.Text.Json.Serialization.JsonSerializable(typeof(string))]
sealed partial class StringJson : System.Text.Json.Serialization.JsonSerializerContext;
