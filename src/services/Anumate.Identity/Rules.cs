using System.Text.RegularExpressions;
using Anumate.Platform.Http;

namespace Anumate.Identity;

/// <summary>What names, roles and groups may be.</summary>
static partial class Rules
{
    const int MaxGroups = 100, MaxPrincipals = 100, MaxKeyName = 100;

    public static bool IsTenantName(string text) => TenantName().IsMatch(text);

    public static bool IsPrincipalName(string text) => PrincipalName().IsMatch(text);

    public static bool IsGroupName(string text) => GroupName().IsMatch(text);

    /// <summary>Without repetition, in byte order.</summary>
    public static IReadOnlyList<string> Sorted(IEnumerable<string> words) => [.. words.Distinct().Order(StringComparer.Ordinal)];

    public static void Check(NewTenant request)
    {
        Demand(IsTenantName(request.Name), $"`{Text.Excerpt(request.Name)}` cannot name a tenant: 1 to 63 of a-z, 0-9 and -, beginning with a letter or digit");
        Demand(request.Principals.Count <= MaxPrincipals, $"a tenant begins with at most {MaxPrincipals} principals");
        foreach (var principal in request.Principals)
        {
            Check(principal);
        }

        Demand(request.Principals.DistinctBy(p => p.Name).Count() == request.Principals.Count, "two principals have the same name");
    }

    public static void Check(NewPrincipal request)
    {
        Demand(IsPrincipalName(request.Name),
            $"`{Text.Excerpt(request.Name)}` cannot name a principal: 1 to 100 of a-z, 0-9, ., _, @ and -, beginning with a letter or digit");
        Demand(Enum.IsDefined(request.Kind), "the kind is user, service or agent");
        Check(request.Roles, request.Groups);
    }

    public static void Check(PrincipalUpdate request) => Check(request.Roles, request.Groups);

    public static void Check(NewApiKey request, DateTimeOffset now)
    {
        Demand(request.Name.Length is > 0 and <= MaxKeyName && !request.Name.Any(char.IsControl), $"the name of a key is 1 to {MaxKeyName} printable characters");
        Demand(request.Expires is null || request.Expires > now, "a key cannot expire in the past");
        Check(request.Roles ?? [], []);
    }

    static void Check(IReadOnlyList<string> roles, IReadOnlyList<string> groups)
    {
        var unknown = roles.FirstOrDefault(r => !Role.Scopes.ContainsKey(r));
        Demand(unknown is null, $"there is no role `{Text.Excerpt(unknown)}`; roles are {string.Join(", ", Role.All)}");
        Demand(groups.Count <= MaxGroups, $"a principal is in at most {MaxGroups} groups");
        Demand(groups.All(IsGroupName), $"`{Text.Excerpt(groups.FirstOrDefault(g => !IsGroupName(g)))}` cannot name a group: 1 to 63 of a-z, 0-9, - and _");
    }

    static void Demand(bool holds, string otherwise)
    {
        if (!holds)
        {
            throw Problems.Invalid(otherwise);
        }
    }

    [GeneratedRegex(@"\A[a-z0-9][a-z0-9-]{0,62}\z")]
    private static partial Regex TenantName();

    [GeneratedRegex(@"\A[a-z0-9][a-z0-9._@-]{0,99}\z")]
    private static partial Regex PrincipalName();

    [GeneratedRegex(@"\A[a-z0-9_-]{1,63}\z")]
    private static partial Regex GroupName();
}
