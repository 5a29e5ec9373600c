using Anumate.Platform.Redactions;

namespace Anumate.Policies;

/// <summary>Tokens of redactions, turned back.</summary>
sealed partial class PolicyService
{
    const int MostTokens = 20;

    public async Task<IReadOnlyList<RevealedToken>> RevealAsync(Caller caller, RevealTokens request, CancellationToken ct)
    {
        caller.Demand(Scope.SensitiveRead);
        if (request.Tokens.Count is 0 or > MostTokens || request.Tokens.Any(t => t is null || !PolicyRedaction.IsToken(t)))
        {
            throw Problems.Invalid($"`tokens` is 1 to {MostTokens} tokens like `t1.` and 24 characters, without what stands around them");
        }

        var tokens = request.Tokens.Distinct(StringComparer.Ordinal).ToList();
        var revealed = await redaction.RevealAsync(caller, tokens, ct);
        return [.. tokens.Select(t => new RevealedToken(t, revealed.GetValueOrDefault(t)))];
    }
}
