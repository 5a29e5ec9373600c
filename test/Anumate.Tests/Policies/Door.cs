namespace Anumate.Tests.Policies;

/// <summary>The policies service behind a door that can be shut, and that counts.</summary>
sealed class Door(IPolicies inner) : IPolicies
{
    public bool Shut { get; set; }

    public int Calls { get; private set; }

    public Func<Task>? Meanwhile { get; set; }

    public async Task<PolicyBundle> GetBundleAsync(Caller caller, IReadOnlyList<string> pinned, CancellationToken ct)
    {
        Calls++;
        if (Shut)
        {
            throw Problems.Unavailable("the door is shut");
        }

        var bundle = await inner.GetBundleAsync(caller, pinned, ct);
        if (Meanwhile is { } act)
        {
            Meanwhile = null;
            await act();
        }

        return bundle;
    }

    public Task<PolicyVersion> PublishAsync(Caller caller, PublishPolicy request, CancellationToken ct) => inner.PublishAsync(caller, request, ct);

    public Task<PolicyVersion> UpdateAsync(Caller caller, Id<Policy> id, PolicyText request, long ifMatch, CancellationToken ct) =>
        inner.UpdateAsync(caller, id, request, ifMatch, ct);

    public Task DeleteAsync(Caller caller, Id<Policy> id, CancellationToken ct) => inner.DeleteAsync(caller, id, ct);

    public Task<Page<PolicyVersion>> ListAsync(Caller caller, string? name, bool deleted, PageRequest page, CancellationToken ct) =>
        inner.ListAsync(caller, name, deleted, page, ct);

    public Task<PolicyVersion> GetAsync(Caller caller, Id<Policy> id, CancellationToken ct) => inner.GetAsync(caller, id, ct);

    public Task<CheckedPolicy> CheckAsync(Caller caller, PolicyText request, CancellationToken ct) => inner.CheckAsync(caller, request, ct);

    public Task<FormattedPolicy> FormatAsync(Caller caller, PolicyText request, CancellationToken ct) => inner.FormatAsync(caller, request, ct);

    public Task<PolicyTestReport> TestAsync(Caller caller, TestPolicyText request, CancellationToken ct) => inner.TestAsync(caller, request, ct);

    public Task<PolicyTestReport> TestVersionAsync(Caller caller, Id<Policy> id, TestPolicy request, CancellationToken ct) =>
        inner.TestVersionAsync(caller, id, request, ct);

    public Task<IReadOnlyList<PolicyVersion>> ResolveAsync(Caller caller, IReadOnlyList<string> references, CancellationToken ct) =>
        inner.ResolveAsync(caller, references, ct);

    public Task<IReadOnlyList<RevealedToken>> RevealAsync(Caller caller, RevealTokens request, CancellationToken ct) => inner.RevealAsync(caller, request, ct);

    public Task<Decision> EvaluateAsync(Caller caller, EvaluatePolicy request, CancellationToken ct) => inner.EvaluateAsync(caller, request, ct);
}
