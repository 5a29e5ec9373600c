using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.Json.Nodes;

namespace Anumate.Proofs;

/// <summary>
/// A leaf about a run, in its final form: canonical JSON. An intent is written before an effect, an outcome after it; both name the
/// call, so that an intent alone is seen for what it is. Personal data stays outside: facts hold commitments
/// (<see cref="SaltedDigest"/>) and references only.
/// </summary>
/// <param name="Id">The leaf's own id; the same id twice is one leaf.</param>
/// <param name="Type">E.g. <see cref="Intent"/>; other kinds have types of their own.</param>
/// <param name="Call">What links an intent and its outcome: unique in the run for each attempt of a call.</param>
/// <param name="Facts">What happened: an object, by the kind of leaf.</param>
public sealed record RunLeaf(
    Id<Receipt> Id, Id<Tenant> Tenant, Id<Run> Run, string Type, DateTimeOffset At, string? Call, JsonObject? Facts)
{
    /// <summary>The type of a leaf that says what is about to be done.</summary>
    public const string Intent = "run.intent";

    /// <summary>The type of a leaf that says what came of it.</summary>
    public const string Outcome = "run.outcome";

    const int Version = 1;

    /// <summary>The canonical bytes.</summary>
    /// <exception cref="ProblemException">The facts have no canonical form.</exception>
    public byte[] ToBytes()
    {
        var leaf = new JsonObject
        {
            ["v"] = Version,
            ["id"] = Id.ToString(),
            ["type"] = Type,
            ["tenant"] = Tenant.ToString(),
            ["run"] = Run.ToString(),
            ["at"] = UtcTime.Write(At),
        };
        if (Call is not null)
        {
            leaf["call"] = Call;
        }

        if (Facts is not null)
        {
            leaf["facts"] = Facts.DeepClone();
        }

        return CanonicalJson.Write(leaf);
    }
}

/// <summary>What a verifier reads in any leaf, of whatever kind and version: members are only ever added to leaves.</summary>
sealed record LeafHead(string Id, string Type, string Tenant, string? Run, string? Call)
{
    public static bool TryRead(byte[] leaf, [NotNullWhen(true)] out LeafHead? head, out string fault)
    {
        head = null;
        fault = "is not canonical JSON";
        if (!StrictJson.TryParse(leaf, ReceiptBundle.MaxLeafBytes, out var document, out var diagnostics))
        {
            fault = $"is not acceptable: {diagnostics[0].Message}";
            return false;
        }

        using (document)
        {
            var root = document.RootElement;
            if (!CanonicalJson.TryWrite(root, out var canonical, out _) || !canonical.AsSpan().SequenceEqual(leaf))
            {
                return false;
            }

            if (root.TextOf("id") is not { } id || root.TextOf("type") is not { } type || root.TextOf("tenant") is not { } tenant)
            {
                fault = "has no id, type or tenant";
                return false;
            }

            head = new LeafHead(id, type, tenant, root.TextOf("run"), root.TextOf("call"));
            return true;
        }
    }
}

/// <summary>Moments in the one spelling that receipts use: UTC, milliseconds.</summary>
static class UtcTime
{
    const string Format = "yyyy-MM-dd'T'HH:mm:ss.fff'Z'";

    public static string Write(DateTimeOffset time) => time.UtcDateTime.ToString(Format, CultureInfo.InvariantCulture);

    public static bool TryRead(string? text, out DateTimeOffset time) =>
        DateTimeOffset.TryParseExact(text, Format, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out time);
}
