namespace Anumate;

/// <summary>
/// Tests of a stored version to run. <see cref="Suite"/>: <c>test</c> blocks with their sample data, in place of those that stand in the
/// document; <see cref="Inputs"/>: how many inputs each property is tried with.
/// </summary>
public sealed record TestPolicy(string? Suite = null, int? Inputs = null);

/// <summary>Tests of a document that need not be stored; see <see cref="TestPolicy"/>.</summary>
public sealed record TestPolicyText(string Source, string? Suite = null, int? Inputs = null);

/// <summary>What became of the tests of a policy.</summary>
public sealed record PolicyTestReport(string Policy, int Version, IReadOnlyList<PolicyTestCase> Cases, PolicyCoverage Coverage)
{
    /// <summary>The file it came from, on the command line.</summary>
    public string? File { get; init; }

    /// <summary>How many cases passed.</summary>
    public int Passed => Cases.Count(c => c.Failure is null);

    /// <summary>How many cases failed.</summary>
    public int Failed => Cases.Count(c => c.Failure is not null);
}

/// <summary>One row of a table, or one property.</summary>
/// <param name="Failure">Why it failed; null when it passed.</param>
public sealed record PolicyTestCase(string Test, string Name, string? Failure, int Line, int Column);

/// <summary>What the rows of the tests reached. Generated inputs do not count: nobody said what they should give.</summary>
public sealed record PolicyCoverage(IReadOnlyList<RuleCoverage> Rules, IReadOnlyList<VerdictCount> Verdicts);

/// <summary>In how many rows a rule matched, and in how many it applied and did not.</summary>
public sealed record RuleCoverage(string Rule, RuleKind Kind, int Matched, int NotMatched);

/// <summary>How many rows gave a verdict.</summary>
public sealed record VerdictCount(Verdict Verdict, int Rows);

/// <summary>What was found in a policy document. Without an error among the findings it can be published as name, version and digest.</summary>
public sealed record CheckedPolicy(string? Name, int? Version, string? Digest, IReadOnlyList<Diagnostic> Diagnostics)
{
    /// <summary>The file it came from, on the command line.</summary>
    public string? File { get; init; }
}

/// <summary>A policy document in its one form.</summary>
public sealed record FormattedPolicy(string Source, bool Changed)
{
    /// <summary>The file it came from, on the command line.</summary>
    public string? File { get; init; }
}
