using System.Text.RegularExpressions;

namespace Anumate.Proofs;

/// <summary>
/// One thing a capability token allows: calls of exactly one tool in exactly one version (<c>name@sha256:…</c>), with exactly the
/// arguments of the digest where there is one, at most <see cref="MaxUses"/> times. There are no wildcards and no prefixes.
/// </summary>
public sealed partial record Capability(string Tool, int MaxUses)
{
    /// <summary>The most uses one capability can have.</summary>
    public const int MostUses = 10_000;

    /// <summary>The digest of the arguments as text (<c>hmac-sha256:…</c> under the run's salt, or <c>sha256:…</c>); null: any.</summary>
    public string? ArgsDigest { get; init; }

    /// <summary>Whether it allows that tool with arguments of that digest, compared byte for byte.</summary>
    public bool Permits(string tool, string argsDigest) =>
        string.Equals(Tool, tool, StringComparison.Ordinal)
        && (ArgsDigest is null || string.Equals(ArgsDigest, argsDigest, StringComparison.Ordinal));

    /// <summary>What is wrong with it, or null.</summary>
    public string? Fault() =>
        !IsToolReference(Tool) ? "a tool is written name@sha256:<64 lower-case hexadecimal digits>"
        : MaxUses is < 1 or > MostUses ? $"max_uses must be between 1 and {MostUses}"
        : ArgsDigest is not null && !Digest.TryParse(ArgsDigest, out _) && !SaltedDigest.TryParse(ArgsDigest, out _)
            ? "args_digest must be sha256:<hex> or hmac-sha256:<hex>"
        : null;

    /// <summary>Whether the text is a tool with its version: <c>name@sha256:…</c>, the name in lower case with dots.</summary>
    public static bool IsToolReference(string text) =>
        text.IndexOf('@') is var at and > 0 and <= 200
        && ToolName().IsMatch(text.AsSpan(0, at)) && Digest.TryParse(text.AsSpan(at + 1), null, out _);

    [GeneratedRegex(@"\A[a-z0-9][a-z0-9_-]*(\.[a-z0-9][a-z0-9_-]*)*\z", RegexOptions.NonBacktracking)]
    private static partial Regex ToolName();
}
