using System.Text;
using System.Text.Json;
using Anumate.Redaction;

namespace Anumate.Engines.Tests.Redaction;

/// <summary>How a recogniser does on the samples: values recognised of so many, and texts without one in which it saw something.</summary>
public sealed record Score(string Kind, int Found, int Wrong, IReadOnlyList<string> Missed, IReadOnlyList<string> Mistaken)
{
    public double Recall => Found / (double)Samples.Count;

    public double Precision => Found / (double)Math.Max(1, Found + Wrong);

    public static Score Of(string kind)
    {
        var redactor = Redactor.Compile([new("**", [kind], RedactionOperator.Drop)]).Redactor!;
        var missed = Samples.Positives(kind).Where(s => !IsGone(s, Redacted(redactor, s), kind)).Select(s => s.Text).ToList();
        var mistaken = Samples.NearMisses(kind).Where(s => Redacted(redactor, s) != s.Text).Select(s => s.Text).ToList();
        return new(kind, Samples.Count - missed.Count, mistaken.Count, missed, mistaken);
    }

    static string Redacted(Redactor redactor, Sample sample)
    {
        using var document = JsonDocument.Parse(redactor.Redact(sample.Json(), "", RedactionKeys.None).Utf8);
        return document.RootElement.GetProperty(sample.Name).GetString()!;
    }

    // Nothing longer than three characters of it may be left, beside what the sentence around has anyway.
    static bool IsGone(Sample sample, string redacted, string kind)
    {
        var value = sample.Value!;
        var rest = new StringBuilder(sample.Text).Replace(value, $"[{kind}]").ToString();
        if (redacted == rest)
        {
            return true;
        }

        return redacted.Contains($"[{kind}]") && Enumerable.Range(0, Math.Max(1, value.Length - 3)).All(i => value.Substring(i, Math.Min(4, value.Length)) is var part && (!redacted.Contains(part) || rest.Contains(part)));
    }
}
