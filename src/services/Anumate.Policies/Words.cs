namespace Anumate.Policies;

/// <summary>The words of enumerations as stored.</summary>
static class Words
{
    public static string Of(PolicyMode mode) => mode switch { PolicyMode.Observe => "observe", PolicyMode.Warn => "warn", _ => "enforce" };

    public static PolicyMode ModeOf(string word) => word switch { "observe" => PolicyMode.Observe, "warn" => PolicyMode.Warn, _ => PolicyMode.Enforce };

    public static string Of(Verdict verdict) => verdict switch { Verdict.Deny => "deny", Verdict.Approval => "approval", Verdict.Limit => "limit", _ => "allow" };

    public static Verdict VerdictOf(string word) => word switch { "approval" => Verdict.Approval, "limit" => Verdict.Limit, "allow" => Verdict.Allow, _ => Verdict.Deny };
}
