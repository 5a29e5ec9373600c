using Anumate.Client;
using Anumate.Platform.Hosting;

namespace Anumate;

/// <summary>
/// The tenant <c>demo</c> of the embedded default, with a user per role. Their random secrets lie in a profile that its owner alone
/// can read; where that was lost, they are made anew.
/// </summary>
static class DemoTenant
{
    const string Name = "demo", Current = "alma", ProfileFolder = "demo", Correlation = "anumate-up";

    public static readonly NewPrincipal[] People =
    [
        Person("vera", Role.Viewer),
        Person("ada", Role.Author),
        Person("olga", Role.Operator),
        Person("finn", Role.Approver, "finance"),
        Person("fiona", Role.Approver, "finance"),
        Person("amir", Role.Auditor),
        Person("alma", Role.Admin),
    ];

    /// <summary>The profile of the demo tenant; made first where there is none.</summary>
    public static async Task<Profile> EnsureAsync(IIdentity identity, DataFolder folder, string address, CancellationToken ct)
    {
        // A copy of our own, since `anumate login` may point the user's profile elsewhere.
        var own = folder.PrivateFolder(ProfileFolder);
        var before = Profile.Load(own);
        var works = before is not null && await WorksAsync(identity, before, ct);
        var profile = works ? before! with { Server = address } : await MakeAsync(identity, address, ct);
        if (!works || before!.Server != address)
        {
            profile.Save(own);
        }

        var users = Profile.Load(folder.Root);
        if (users is null || !works)
        {
            profile.Save(folder.Root);
        }
        else if (users.Tenant == Name && users.Server == before!.Server && users.Server != address)
        {
            (users with { Server = address }).Save(folder.Root);
        }

        return profile;
    }

    static async Task<bool> WorksAsync(IIdentity identity, Profile profile, CancellationToken ct)
    {
        try
        {
            await identity.SignInAsync(new SignIn(profile.Tenant, profile.Current, profile.User(null).Secret), ct);
            return true;
        }
        catch (ProblemException e) when (e.Problem.Code == "unauthenticated")
        {
            return false;
        }
    }

    static async Task<Profile> MakeAsync(IIdentity identity, string address, CancellationToken ct)
    {
        var platform = PlatformCaller.For(default, "identity", Correlation);
        var people = await identity.FindTenantAsync(platform, Name, ct) is { } tenant
            ? await ResetAsync(identity, tenant.Id, ct)
            : (await identity.CreateTenantAsync(platform, new NewTenant(Name, People), ct)).Principals;
        return new Profile(address, Name, Current, [.. people.Select(p => new ProfileUser(p.Principal.Name, p.Principal.Roles, p.Principal.Groups, p.Secret!))]);
    }

    // The tenant is there and its secrets are lost: whoever owns the data folder gives its users new ones.
    static async Task<IReadOnlyList<PrincipalCreated>> ResetAsync(IIdentity identity, Id<Tenant> tenant, CancellationToken ct)
    {
        var caller = PlatformCaller.For(tenant, "identity", Correlation, Scope.IdentityRead, Scope.IdentityWrite);
        var people = await identity.ListPrincipalsAsync(caller, null, new PageRequest(Limit: PageRequest.MaxLimit), ct);
        var reset = new List<PrincipalCreated>();
        foreach (var person in people.Items.Where(p => p.Active && People.Any(d => d.Name == p.Name)))
        {
            reset.Add(await identity.ResetSecretAsync(caller, person.Id, ct));
        }

        return reset;
    }

    static NewPrincipal Person(string name, string role, params string[] groups) => new(name, PrincipalKind.User, [role], groups);
}
