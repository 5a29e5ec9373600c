using System.Buffers;
using System.Text.Json;
using Anumate.Cel;
using Anumate.Proofs;

namespace Anumate.PolicyEngine;

/// <summary>The terms of a <c>limit</c> rule.</summary>
sealed record LimitTerms(int Count, TimeSpan Per, Expression? Key)
{
    /// <summary>The key of a limit that counts everything together.</summary>
    public static readonly string NoKey = Digest.Of("[]"u8).ToString();

    /// <summary>The digest of a key's canonical JSON; null when it has none, or too much of it.</summary>
    public static string? DigestOf(CelValue key)
    {
        var buffer = new ArrayBufferWriter<byte>(128);
        using (var json = new Utf8JsonWriter(buffer))
        {
            if (key.WriteJson(json) is not null)
            {
                return null;
            }
        }

        if (buffer.WrittenCount > PolicyLimits.Key)
        {
            return null;
        }

        using var document = JsonDocument.Parse(buffer.WrittenMemory);
        return Digest.OfJson(document.RootElement).ToString();
    }
}

/// <summary>The terms of a <c>require</c> rule: a preflight report of bounded risk and age, which found nothing that blocks.</summary>
sealed record RequireTerms(int MostRisk, TimeSpan? MostAge)
{
    public bool IsMet(CelValue report, DateTimeOffset? now) =>
        report.TryGetField("risk", out var risk) && risk.Kind == CelKind.Int && risk.AsInt <= MostRisk
        && report.TryGetField("verdict", out var verdict) && verdict.Kind == CelKind.String && verdict.AsString != "blocked"
        && (MostAge is not { } age
            || (now is { } moment && report.TryGetField("at", out var at) && at.Kind == CelKind.Timestamp
                && at.AsTimestamp <= moment && moment - at.AsTimestamp <= age));
}

/// <summary>A document that lifts one rule for one subject until it expires, signed by a member of the group that may.</summary>
/// <param name="Rule"><c>policy/rule</c>.</param>
/// <param name="Subject"><c>actor ID</c>, <c>run ID</c>, <c>capsule NAME</c> or <c>tool NAME</c>.</param>
public sealed record Waiver(string Rule, string Group, string Subject, DateTimeOffset Expires);
