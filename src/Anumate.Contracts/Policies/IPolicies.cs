using System.Text.Json;
using System.Text.Json.Serialization;

namespace Anumate;

/// <summary>Policies: what may happen, decided by typed documents.</summary>
public interface IPolicies
{
    /// <summary>Checks and stores a policy version. The version number stands in the document.</summary>
    /// <exception cref="ProblemException"><c>policy-invalid</c> with diagnostics, <c>policy-version-exists</c>, <c>policy-binding-changed</c>.</exception>
    Task<PolicyVersion> PublishAsync(Caller caller, PublishPolicy request, CancellationToken ct);

    /// <summary>Publishes the version that follows: the document has the policy's name and a higher number.</summary>
    /// <param name="caller">Who asks.</param>
    /// <param name="id">Any version of the policy.</param>
    /// <param name="request">The document.</param>
    /// <param name="ifMatch">The number of the highest version, as the caller has seen it.</param>
    /// <param name="ct">Ends the call.</param>
    /// <exception cref="ProblemException">As <see cref="PublishAsync"/>, and <c>version-conflict</c>, <c>policy-not-newer</c>, <c>policy-deleted</c>.</exception>
    Task<PolicyVersion> UpdateAsync(Caller caller, Id<Policy> id, PolicyText request, long ifMatch, CancellationToken ct);

    /// <summary>
    /// Deletes the policy of a version: it rules nothing any more and nothing new can name it. Plans that have pinned a version of it still
    /// find it. A version published later brings it back.
    /// </summary>
    Task DeleteAsync(Caller caller, Id<Policy> id, CancellationToken ct);

    /// <summary>The newest versions first; <paramref name="name"/> keeps one policy. Deleted policies are listed where <paramref name="deleted"/> asks for them.</summary>
    Task<Page<PolicyVersion>> ListAsync(Caller caller, string? name, bool deleted, PageRequest page, CancellationToken ct);

    /// <summary>A version by its id, of a deleted policy too.</summary>
    Task<PolicyVersion> GetAsync(Caller caller, Id<Policy> id, CancellationToken ct);

    /// <summary>What is found in a document, the static checks against the tenant's tools included. Nothing is stored.</summary>
    Task<CheckedPolicy> CheckAsync(Caller caller, PolicyText request, CancellationToken ct);

    /// <summary>A document in its one form.</summary>
    /// <exception cref="ProblemException"><c>policy-invalid</c>: it cannot be read.</exception>
    Task<FormattedPolicy> FormatAsync(Caller caller, PolicyText request, CancellationToken ct);

    /// <summary>Runs tests of a document: its own, or those of <see cref="TestPolicyText.Suite"/>.</summary>
    /// <exception cref="ProblemException"><c>policy-invalid</c>, <c>policy-tests-too-long</c>.</exception>
    Task<PolicyTestReport> TestAsync(Caller caller, TestPolicyText request, CancellationToken ct);

    /// <summary>Runs tests of a stored version: its own, or those of <see cref="TestPolicy.Suite"/>.</summary>
    /// <exception cref="ProblemException"><c>policy-invalid</c>, <c>policy-tests-too-long</c>.</exception>
    Task<PolicyTestReport> TestVersionAsync(Caller caller, Id<Policy> id, TestPolicy request, CancellationToken ct);

    /// <summary>
    /// Resolves references (<c>name</c>, <c>name@3</c>, <c>name@^3</c> = the highest published version of major number 3) for a plan's lock, all or nothing.
    /// </summary>
    Task<IReadOnlyList<PolicyVersion>> ResolveAsync(Caller caller, IReadOnlyList<string> references, CancellationToken ct);

    /// <summary>What rules the tenant now: the current version of every tenant-bound policy, and the pinned versions asked for by digest.</summary>
    Task<PolicyBundle> GetBundleAsync(Caller caller, IReadOnlyList<string> pinned, CancellationToken ct);

    /// <summary>
    /// What tokens of redactions stand for, for those who may see sensitive values. Each token that is asked for is recorded in the audit trail in the
    /// moment in which it is read.
    /// </summary>
    Task<IReadOnlyList<RevealedToken>> RevealAsync(Caller caller, RevealTokens request, CancellationToken ct);

    /// <summary>Decides given facts, for trying a policy; nothing is recorded as enforced.</summary>
    Task<Decision> EvaluateAsync(Caller caller, EvaluatePolicy request, CancellationToken ct);
}

/// <summary>Tokens to turn back: <c>t1.</c> and 24 characters, as they stand in place of a value or, in a text, in <c>[EMAIL:…]</c>.</summary>
public sealed record RevealTokens(IReadOnlyList<string> Tokens);

/// <summary>A token and what it stands for; null when there is none such, or when it was erased with its run.</summary>
public sealed record RevealedToken(string Token, string? Value);

/// <summary>The mark of policy ids.</summary>
public sealed record Policy : IEntity
{
    /// <inheritdoc/>
    public static string Prefix => "pol";
}

/// <summary>Whom a policy rules.</summary>
[JsonConverter(typeof(WordConverter<PolicyBinding>))]
public enum PolicyBinding
{
    /// <summary>Those capsules that name it; pinned in their plans.</summary>
    [JsonStringEnumMemberName("capsule")]
    Capsule,

    /// <summary>Everything in the tenant, in its current version.</summary>
    [JsonStringEnumMemberName("tenant")]
    Tenant,
}

/// <summary>A policy document to publish.</summary>
public sealed record PublishPolicy(string Source, PolicyBinding Binding = PolicyBinding.Capsule)
{
    /// <summary>Makes a repeated request safe; over HTTP it is the header <c>Idempotency-Key</c>.</summary>
    [JsonIgnore]
    public string? IdempotencyKey { get; init; }
}

/// <summary>A published policy version; <see cref="Digest"/> is over its formatted text.</summary>
public sealed record PolicyVersion(
    Id<Policy> Id, string Name, int Version, PolicyBinding Binding, string Digest, string Source, Id<Principal> PublishedBy, DateTimeOffset PublishedAt)
{
    /// <summary>When the policy was deleted; absent while it is not.</summary>
    public DateTimeOffset? Deleted { get; init; }
}

/// <summary>A policy document.</summary>
public sealed record PolicyText(string Source);

/// <summary>The policies that rule a tenant, and the digest over all of them.</summary>
public sealed record PolicyBundle(string Digest, IReadOnlyList<PolicyVersion> Tenant, IReadOnlyList<PolicyVersion> Pinned);

/// <summary>A trial decision. <see cref="Facts"/> has the variables of the point, e.g. <c>call</c>, <c>actor</c>, <c>inputs</c>.</summary>
public sealed record EvaluatePolicy(string Point, JsonElement Facts, IReadOnlyList<string> Policies)
{
    /// <summary>Whether the decision says how it came about.</summary>
    public bool Explain { get; init; }
}

/// <summary>The four outcomes, strongest first.</summary>
[JsonConverter(typeof(WordConverter<Verdict>))]
public enum Verdict
{
    /// <summary>It must not happen.</summary>
    [JsonStringEnumMemberName("deny")]
    Deny,

    /// <summary>It may happen once the named people approve.</summary>
    [JsonStringEnumMemberName("approval")]
    Approval,

    /// <summary>It may happen as often as the limits say, which must be taken first.</summary>
    [JsonStringEnumMemberName("limit")]
    Limit,

    /// <summary>It may happen.</summary>
    [JsonStringEnumMemberName("allow")]
    Allow,
}

/// <summary>A decision: the verdict, the rules that made it and what must be done for it to hold.</summary>
public sealed record Decision(Verdict Verdict, string Point, IReadOnlyList<MatchedRule> Matched, IReadOnlyList<ApprovalDemand> Approvals)
{
    /// <summary>Limits to take, all or none, right before what was decided happens.</summary>
    public IReadOnlyList<LimitDemand> Limits { get; init; } = [];

    /// <summary>What must be redacted.</summary>
    public IReadOnlyList<RedactionDemand> Redactions { get; init; } = [];

    /// <summary>The rules that matched and were lifted by a waiver.</summary>
    public IReadOnlyList<string> Waived { get; init; } = [];

    /// <summary>Digest of the decision for its subject: verdict, matched rules and obligations in canonical form.</summary>
    public string Digest { get; init; } = "";

    /// <summary>Why, in one sentence.</summary>
    public string Reason { get; init; } = "";

    /// <summary>Digest of the bundle that decided.</summary>
    public string Bundle { get; init; } = "";

    /// <summary>Digest of the decision in whose place a denial stands, since a limit that it demanded is used up.</summary>
    public string? InsteadOf { get; init; }

    /// <summary>How it came about, where that was asked for.</summary>
    public Explanation? Explanation { get; init; }
}

/// <summary>A rule that took part in a decision.</summary>
/// <param name="Verdict">What it comes to: an unmet <c>only</c> or <c>require</c> is a denial, a <c>redact</c> stands in the way of nothing.</param>
/// <param name="Error">The expression's error, if the rule counted as matched (restricting) because it failed.</param>
public sealed record MatchedRule(string Policy, int Version, string Rule, Verdict Verdict, string? Because = null, string? Error = null)
{
    /// <summary>The kind of the rule.</summary>
    public RuleKind? Kind { get; init; }

    /// <summary>What an <c>only</c> or <c>require</c> rule asks for and is not so.</summary>
    public string? Unmet { get; init; }
}

/// <summary>An approval a rule demands: <see cref="Quorum"/> different people of any of <see cref="Groups"/>.</summary>
public sealed record ApprovalDemand(string Rule, IReadOnlyList<string> Groups, int Quorum, TimeSpan Within, bool DistinctFromActor);

/// <summary>A policy version was published.</summary>
public sealed record PolicyPublished(Id<Policy> Policy, string Name, int Version, PolicyBinding Binding, string Digest) : IEvent
{
    /// <inheritdoc/>
    public static string EventType => "policy.published";

    /// <inheritdoc/>
    public string Subject => Policy.ToString();
}

/// <summary>A policy was deleted: it rules nothing any more.</summary>
public sealed record PolicyDeleted(Id<Policy> Policy, string Name, PolicyBinding Binding) : IEvent
{
    /// <inheritdoc/>
    public static string EventType => "policy.deleted";

    /// <inheritdoc/>
    public string Subject => Policy.ToString();
}

/// <summary>Problems of policies.</summary>
public static class PolicyProblems
{
    /// <summary>422: the document is not a valid policy.</summary>
    public static ProblemException Invalid(IReadOnlyList<Diagnostic> diagnostics) =>
        new Problem("policy-invalid", 422, "The policy is not valid", $"{diagnostics.Count(d => d.Severity == Severity.Error)} error(s); see diagnostics")
        { Diagnostics = diagnostics }.Exception();

    /// <summary>409: the version exists with another content.</summary>
    public static ProblemException VersionExists(string name, int version) =>
        new Problem("policy-version-exists", 409, "A published version never changes", $"policy `{name}` version {version} is published with another content; raise the version").Exception();

    /// <summary>409: a policy rules a capsule or the tenant, for good; otherwise a version could silently stop ruling the tenant.</summary>
    public static ProblemException BindingChanged(string name, PolicyBinding asked) =>
        new Problem("policy-binding-changed", 409, "Whom a policy rules does not change",
            $"policy `{name}` is not bound to the {asked.ToString().ToLowerInvariant()} and no version of it can be; give the document another name").Exception();

    /// <summary>409: the policy was deleted; a higher version brings it back.</summary>
    public static ProblemException WasDeleted(string name) =>
        new Problem("policy-deleted", 409, "The policy was deleted", $"policy `{name}` was deleted; publish a higher version to bring it back").Exception();

    /// <summary>409: an update has a higher version than all before.</summary>
    public static ProblemException NotNewer(string name, int version, long highest) =>
        new Problem("policy-not-newer", 409, "An update has a higher version",
            $"policy `{name}` is at version {highest} and the document says {version}; raise the version in the document").Exception();

    /// <summary>422: the tests take longer than a request may.</summary>
    public static ProblemException TestsTooLong(TimeSpan time) =>
        new Problem("policy-tests-too-long", 422, "The tests take too long",
            $"the tests were not done after {time.TotalSeconds:0} s; ask for fewer inputs, split them, or run them with `anumate policy test`").Exception();

    /// <summary>404: no such policy or version.</summary>
    public static ProblemException NotFound(string reference) =>
        new Problem("policy-not-found", 404, "There is no such policy version", $"no policy `{reference}`").Exception();

    /// <summary>403: a policy withholds what a tool answered, whoever brings it.</summary>
    public static ProblemException Withheld(string why) =>
        new Problem("answer-withheld", 403, "A policy withholds this answer", why).Exception();

    /// <summary>403: a policy forbids it.</summary>
    public static ProblemException Denied(Decision decision) =>
        new Problem("policy-denied", 403, "A policy forbids this", decision.Reason)
        {
            Facts = new Dictionary<string, JsonElement> { ["decision"] = JsonSerializer.SerializeToElement(decision, AnumateJson.Options.GetTypeInfo(typeof(Decision))) },
        }.Exception();
}
