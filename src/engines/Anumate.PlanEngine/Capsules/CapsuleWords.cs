using System.Text.RegularExpressions;

namespace Anumate.PlanEngine;

/// <summary>The forms of names in capsules, their defaults and their bounds.</summary>
static partial class CapsuleWords
{
    public const int MaxSteps = 5_000;

    /// <summary>The largest quorum: what Approvals accepts.</summary>
    public const int MostQuorum = 64;
    public const int MaxTools = 1_000;
    public const int MaxParallelDefault = 16;
    public const int MaxParallelMost = 256;
    public const int MaxAttemptsMost = 100;

    public static readonly TimeSpan StepTimeout = TimeSpan.FromSeconds(30);
    public static readonly TimeSpan StepTimeoutMost = TimeSpan.FromHours(1);
    public static readonly TimeSpan StageWithin = TimeSpan.FromDays(1);
    public static readonly TimeSpan StageWithinMost = TimeSpan.FromDays(90);
    public static readonly TimeSpan RunTimeoutMost = TimeSpan.FromDays(366);
    public static readonly TimeSpan BackoffMost = TimeSpan.FromDays(1);

    /// <summary>What holds for a call whose step says nothing: a few quick repetitions where nothing can have happened twice.</summary>
    public static readonly RetryRule Retry = new(
        3, TimeSpan.FromSeconds(1), 2, TimeSpan.FromSeconds(30), true, RetryOn.Timeout | RetryOn.Unavailable);

    /// <summary>Words of CEL that cannot name a step, since <c>steps.in.output</c> would not parse.</summary>
    public static readonly IReadOnlySet<string> Reserved = new HashSet<string>(StringComparer.Ordinal)
    {
        "as", "break", "const", "continue", "else", "false", "for", "function", "if", "import", "in", "let", "loop", "namespace", "null",
        "package", "return", "true", "var", "void", "while",
    };

    public static bool IsCapsuleName(string text) => text.Length <= 128 && CapsuleName().IsMatch(text);

    public static bool IsId(string text) => text.Length <= 64 && IdForm().IsMatch(text) && !Reserved.Contains(text);

    public static bool IsToolName(string text) => text.Length <= 128 && ToolName().IsMatch(text);

    public static bool IsGroupName(string text) => text.Length <= 63 && GroupName().IsMatch(text);

    public static bool IsVersion(string text) => text.Length <= 128 && SemVer().IsMatch(text);

    /// <summary><c>name</c>, <c>name@3</c> or <c>name@^3</c>.</summary>
    public static bool TryPolicy(string text, out string name, out int? version, out bool major)
    {
        var match = PolicyReference().Match(text);
        name = match.Groups["name"].Value;
        major = match.Groups["caret"].Length > 0;
        version = int.TryParse(match.Groups["version"].ValueSpan, out var number) ? number : null;
        return match.Success && text.Length <= 128 && (match.Groups["version"].Length == 0 || version is not null);
    }

    /// <summary>What an id could be called instead.</summary>
    public static string? BetterId(string text)
    {
        var better = new string([.. text.ToLowerInvariant().Select(c => char.IsAsciiLetterOrDigit(c) ? c : '_')]).Trim('_');
        return IsId(better) ? $"write `{better}`" : null;
    }

    [GeneratedRegex(@"\A[a-z0-9]+(-[a-z0-9]+)*(/[a-z0-9]+(-[a-z0-9]+)*)*\z", RegexOptions.CultureInvariant)]
    private static partial Regex CapsuleName();

    [GeneratedRegex(@"\A[a-z][a-z0-9_]*\z", RegexOptions.CultureInvariant)]
    private static partial Regex IdForm();

    [GeneratedRegex(@"\A[a-z][a-z0-9_-]*(\.[a-z][a-z0-9_-]*)+\z", RegexOptions.CultureInvariant)]
    private static partial Regex ToolName();

    [GeneratedRegex(@"\A[a-z0-9_-]+\z", RegexOptions.CultureInvariant)]
    private static partial Regex GroupName();

    [GeneratedRegex(@"\A(?<name>[a-z][a-z0-9_-]*(\.[a-z][a-z0-9_-]*)*)(@(?<caret>\^)?(?<version>[1-9][0-9]{0,8}))?\z", RegexOptions.CultureInvariant)]
    private static partial Regex PolicyReference();

    /// <summary>The expression that semver.org gives.</summary>
    [GeneratedRegex(@"\A(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)(-((0|[1-9][0-9]*|[0-9]*[a-zA-Z-][0-9a-zA-Z-]*)(\.(0|[1-9][0-9]*|[0-9]*[a-zA-Z-][0-9a-zA-Z-]*))*))?(\+([0-9a-zA-Z-]+(\.[0-9a-zA-Z-]+)*))?\z", RegexOptions.CultureInvariant)]
    private static partial Regex SemVer();
}
