using System.Text.Json;
using Anumate.Proofs;
using Anumate.Schemas;

namespace Anumate.PlanEngine;

/// <summary>
/// Plan format 1: the canonical JSON document that <c>plan_hash</c> names (<c>schemas/plan.v1.schema.json</c>). Its meaning never
/// changes; another meaning gets another number, and this reader stays as long as runs of it may exist.
/// </summary>
public static class PlanFormat
{
    public const int Format = 1;

    /// <summary>The version of the compiler that is written into plans: raised when the same capsule and lock may give other bytes.</summary>
    public const string Compiler = "1";

    /// <summary>Reads a plan and compiles its expressions.</summary>
    /// <exception cref="ProblemException"><c>plan-invalid</c>: these bytes are no plan of a format that this version knows.</exception>
    public static ExecutablePlan Read(ReadOnlyMemory<byte> canonical)
    {
        try
        {
            if (!CanonicalJson.IsCanonical(canonical, 64 * 1024 * 1024))
            {
                throw Invalid("its bytes are not in canonical form, so its hash would name another document");
            }

            using var document = JsonDocument.Parse(canonical, new JsonDocumentOptions { MaxDepth = 2 * AnumateJson.MaxDepth });
            return new PlanReader(document.RootElement.Clone(), canonical.ToArray()).Plan();
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException or KeyNotFoundException or ArgumentException)
        {
            throw Invalid(e.Message);
        }
    }

    /// <inheritdoc cref="Read(ReadOnlyMemory{byte})"/>
    public static ExecutablePlan Read(JsonElement plan) => Read(CanonicalJson.Write(plan));

    internal static ProblemException Invalid(string why) => PlanProblems.Invalid(why);

    /// <summary>Why a value does not fit a schema, in one line; null when it does. Of a guarded value only places and rules are named.</summary>
    internal static string? Misfit(Schema schema, Json value, bool guarded)
    {
        var element = value.ToElement();
        if (schema.IsValid(element))
        {
            return null;
        }

        return string.Join("; ", schema.Validate(element).Take(3).Select(e =>
            guarded ? $"`{e.InstancePath}` does not keep `{e.Keyword}`" : e.InstancePath.Length == 0 ? e.Message : $"`{e.InstancePath}`: {e.Message}"));
    }

    internal static Schema CompileSchema(JsonElement schema, string what) =>
        Schema.Compile(schema) is { IsValid: true } compiled
            ? compiled.Schema
            : throw Invalid($"the schema of {what} is not valid");
}
