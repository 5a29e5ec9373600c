using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Anumate.Cel;

namespace Anumate.PlanEngine;

/// <summary>What an evaluation gave: a value, or the error that stands in its place.</summary>
readonly record struct Evaluated(Json Json, string? Error);

/// <summary>A value with expressions in it, compiled: the arguments of a call, the value of a pure step, an output.</summary>
abstract class Template
{
    /// <summary>The largest value a step may have or a call may send.</summary>
    public const int MaxBytes = 1024 * 1024;

    static readonly JsonWriterOptions Options = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        SkipValidation = true,
        MaxDepth = 2 * AnumateJson.MaxDepth,
    };

    /// <summary>The type of the values it gives.</summary>
    public abstract CelType Type { get; }

    protected abstract string? Write(Utf8JsonWriter json, CelBindings values);

    public Evaluated Evaluate(RunState state) => Evaluate(state.Bindings);

    public virtual Evaluated Evaluate(CelBindings values)
    {
        var scratch = Scratch.Take();
        try
        {
            if (Write(scratch.Json, values) is { } error)
            {
                return new Evaluated(default, error);
            }

            scratch.Json.Flush();
            return scratch.Buffer.WrittenCount > MaxBytes
                ? new Evaluated(default, $"the value has {scratch.Buffer.WrittenCount} bytes; at most {MaxBytes} are allowed")
                : new Evaluated(Json.Parse(scratch.Buffer.WrittenMemory), null);
        }
        catch (ProblemException e)
        {
            return new Evaluated(default, e.Problem.Detail);
        }
        finally
        {
            scratch.Return();
        }
    }

    /// <summary>A value without expressions.</summary>
    public sealed class Literal(Json value, CelType type) : Template
    {
        public Json Value => value;

        public override CelType Type => type;

        public override Evaluated Evaluate(CelBindings values) => new(value, null);

        protected override string? Write(Utf8JsonWriter json, CelBindings values)
        {
            json.WriteRawValue(value.Utf8.Span, skipInputValidation: true);
            return null;
        }
    }

    /// <param name="guarded">It reads sensitive values: an error must not quote what it read.</param>
    public sealed class Expression(CelExpression expression, bool guarded) : Template
    {
        public override CelType Type => expression.ResultType;

        protected override string? Write(Utf8JsonWriter json, CelBindings values)
        {
            var result = expression.Evaluate(values);
            var error = result.Error ?? result.Value.WriteJson(json);
            return error is null ? null : Explain(expression, error, guarded);
        }
    }

    public sealed class Object(IReadOnlyList<KeyValuePair<string, Template>> members) : Template
    {
        readonly (JsonEncodedText Key, Template Value)[] members =
            [.. members.Select(m => (JsonEncodedText.Encode(m.Key, JavaScriptEncoder.UnsafeRelaxedJsonEscaping), m.Value))];

        public override CelType Type { get; } =
            CelType.Object(members.Select(m => KeyValuePair.Create(m.Key, new CelField(m.Value.Type, true))));

        protected override string? Write(Utf8JsonWriter json, CelBindings values)
        {
            json.WriteStartObject();
            foreach (var (key, value) in members)
            {
                json.WritePropertyName(key);
                if (value.Write(json, values) is { } error)
                {
                    return error;
                }
            }

            json.WriteEndObject();
            return null;
        }
    }

    public sealed class Array(IReadOnlyList<Template> items) : Template
    {
        public override CelType Type { get; } =
            CelType.List(items.Count > 0 && items.All(i => i.Type.Equals(items[0].Type)) ? items[0].Type : CelType.Dyn);

        protected override string? Write(Utf8JsonWriter json, CelBindings values)
        {
            json.WriteStartArray();
            foreach (var item in items)
            {
                if (item.Write(json, values) is { } error)
                {
                    return error;
                }
            }

            json.WriteEndArray();
            return null;
        }
    }

    static string Explain(CelExpression expression, CelError error, bool guarded) =>
        $"{(guarded ? $"an error of the kind {error.Code}" : error.Message)} in `{Short(expression.Source)}`";

    static string Short(string source) => source.Length <= 80 ? source : source[..79] + "…";

    /// <summary>A compiled condition.</summary>
    public sealed class Condition(CelExpression expression, bool guarded)
    {
        public (bool Holds, string? Error) Test(RunState state)
        {
            var result = expression.Evaluate(state.Bindings);
            return result.Error is { } error ? (false, Explain(expression, error, guarded))
                : result.Value.Kind is CelKind.Bool ? (result.IsTrue, null)
                : (false, $"the condition gives {result.Value.Kind.ToString().ToLowerInvariant()}, not bool, in `{Short(expression.Source)}`");
        }
    }

    /// <summary>A buffer and its writer, one per thread, so that an evaluation allocates its result only.</summary>
    sealed class Scratch
    {
        const int Keep = 64 * 1024;

        [ThreadStatic]
        static Scratch? free;

        Scratch() => Json = new Utf8JsonWriter(Buffer, Options);

        public ArrayBufferWriter<byte> Buffer { get; } = new(1024);

        public Utf8JsonWriter Json { get; }

        public static Scratch Take()
        {
            var taken = free ?? new Scratch();
            free = null;
            return taken;
        }

        public void Return()
        {
            if (Buffer.Capacity <= Keep)
            {
                Buffer.ResetWrittenCount();
                Json.Reset();
                free = this;
            }
        }
    }
}
