using Anumate.PolicyEngine;
using Anumate.PolicyEngine.Checks;
using Anumate.PolicyEngine.Syntax;
using Anumate.PolicyEngine.Testing;

namespace Anumate.Policies;

/// <summary>What helps to write a policy. Nothing of it is stored.</summary>
sealed partial class PolicyService : IDisposable
{
    const int MostInputs = 10_000, MostTools = 2_000;

    static readonly TimeSpan TestsTake = TimeSpan.FromSeconds(10);

    // Tests compute and do nothing else: those of one tenant must not take every core.
    readonly SemaphoreSlim testing = new(Math.Max(1, Environment.ProcessorCount / 2));

    public void Dispose() => testing.Dispose();

    public async Task<CheckedPolicy> CheckAsync(Caller caller, PolicyText request, CancellationToken ct)
    {
        caller.Demand(Scope.PolicyRead);
        var check = CompiledPolicy.Check(request.Source, await WorldAsync(caller, ct));
        return new CheckedPolicy(check.Policy?.Name, check.Policy?.Version, check.Policy?.Digest, check.Diagnostics);
    }

    public Task<FormattedPolicy> FormatAsync(Caller caller, PolicyText request, CancellationToken ct)
    {
        caller.Demand(Scope.PolicyRead);
        return Formatter.Format(request.Source, out var diagnostics) is { } formatted
            ? Task.FromResult(new FormattedPolicy(formatted, formatted != request.Source))
            : throw PolicyProblems.Invalid(diagnostics);
    }

    public async Task<PolicyTestReport> TestAsync(Caller caller, TestPolicyText request, CancellationToken ct)
    {
        caller.Demand(Scope.PolicyRead);
        return await RunAsync(request.Source, request.Suite, request.Inputs, ct);
    }

    public async Task<PolicyTestReport> TestVersionAsync(Caller caller, Id<Policy> id, TestPolicy request, CancellationToken ct)
    {
        caller.Demand(Scope.PolicyRead);
        return await RunAsync((await store.GetAsync(caller, id, ct)).Source, request.Suite, request.Inputs, ct);
    }

    async Task<PolicyTestReport> RunAsync(string source, string? suite, int? inputs, CancellationToken ct)
    {
        if (inputs is < 1 or > MostInputs)
        {
            throw Problems.Invalid($"`inputs` is 1 to {MostInputs}");
        }

        // With the checks of an author: of the tests that stand in the document too.
        var check = CompiledPolicy.Check(source, PolicyWorld.Unknown);
        var policy = check.Policy ?? throw PolicyProblems.Invalid(check.Diagnostics);
        await testing.WaitAsync(ct);
        using var clock = new CancellationTokenSource(TestsTake, time);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct, clock.Token);
        try
        {
            return await Task.Run(() => Run(policy, suite, inputs ?? PolicyTesting.Inputs, limit.Token), ct);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            throw PolicyProblems.TestsTooLong(TestsTake);
        }
        finally
        {
            testing.Release();
        }
    }

    static PolicyTestReport Run(CompiledPolicy policy, string? suite, int inputs, CancellationToken ct)
    {
        if (suite is null)
        {
            return PolicyTesting.Run(policy, inputs, ct);
        }

        return PolicyTesting.Run(policy, suite, out var findings, inputs, ct) ?? throw PolicyProblems.Invalid(findings);
    }

    /// <summary>The tenant's tools to check against; nothing is known where there are too many.</summary>
    internal async Task<PolicyWorld> WorldAsync(Caller caller, CancellationToken ct)
    {
        var tools = new List<Tool>();
        for (string? cursor = null; ;)
        {
            var page = await connectors.ListToolsAsync(caller.AsService("policies"), new PageRequest(cursor, PageRequest.MaxLimit), ct);
            tools.AddRange(page.Items);
            if (page.Next is null)
            {
                return PolicyWorld.Of(tools);
            }

            if (tools.Count >= MostTools)
            {
                return PolicyWorld.Unknown;
            }

            cursor = page.Next;
        }
    }
}
