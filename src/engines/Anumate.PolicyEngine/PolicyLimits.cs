namespace Anumate.PolicyEngine;

/// <summary>
/// The bounds of a policy document. They are generous for people and small for machines; each is a diagnostic, never a crash.
/// </summary>
public static class PolicyLimits
{
    /// <summary>Characters (UTF-16 code units) of a document.</summary>
    public const int Source = 256 * 1024;

    /// <summary>Tokens of a document.</summary>
    public const int Tokens = 65_536;

    /// <summary>Brackets open at once.</summary>
    public const int Nesting = 100;

    /// <summary>Rules of a policy.</summary>
    public const int Rules = 1_000;

    /// <summary>Named values (<c>let</c>) of a policy.</summary>
    public const int Lets = 100;

    /// <summary>Characters of a <c>because</c> text.</summary>
    public const int Because = 500;

    /// <summary>Patterns in one <c>on tool in […]</c>.</summary>
    public const int Patterns = 200;

    /// <summary>Groups of one approval.</summary>
    public const int Groups = 16;

    /// <summary>People one approval may ask for.</summary>
    public const int Quorum = 50;

    /// <summary>The longest time an approval may wait.</summary>
    public static readonly TimeSpan Within = TimeSpan.FromDays(90);

    /// <summary>How often a limit may allow; each taking within its time is remembered.</summary>
    public const int LimitCount = 1_000;

    /// <summary>The longest time a limit counts over.</summary>
    public static readonly TimeSpan LimitPer = TimeSpan.FromDays(31);

    /// <summary>Redactions of one rule.</summary>
    public const int Redactions = 50;

    /// <summary>Parts of a redaction's path.</summary>
    public const int PathParts = 32;

    /// <summary>Characters of a limit's key in canonical JSON; a longer one fails.</summary>
    public const int Key = 4_096;

    /// <summary>Tests of a document, and rows of one table.</summary>
    public const int Tests = 200, Rows = 1_000;

    /// <summary>Steps one clause or value may take; what would take more fails.</summary>
    public const long Steps = 100_000;

    /// <summary>Steps a whole policy may be expected to take for one decision.</summary>
    public const long PolicySteps = 1_000_000;

    /// <summary>Findings after which checking stops: a reader mends the first ones first.</summary>
    public const int Findings = 50;
}
