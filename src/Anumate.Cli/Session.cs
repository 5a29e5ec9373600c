using Anumate.Client;

namespace Anumate.Cli;

/// <summary>
/// Who calls which server: <c>ANUMATE_SERVER</c> + <c>ANUMATE_API_KEY</c> if set, else the profile in the data folder, signing in with
/// the user's secret when its access token has run out.
/// </summary>
public sealed class Session(string dataFolder, string? server, string? user, HttpClient http, TimeProvider time)
{
    static readonly TimeSpan Spare = TimeSpan.FromMinutes(1);

    /// <summary>A client for the chosen server and credential.</summary>
    /// <exception cref="SetupException">No profile and no API key.</exception>
    public AnumateClient Connect()
    {
        if (Environment.GetEnvironmentVariable("ANUMATE_API_KEY") is { Length: > 0 } key && user is null)
        {
            http.BaseAddress = Root(server ?? Environment.GetEnvironmentVariable("ANUMATE_SERVER") ?? Client.Profile.Load(dataFolder)?.Server
                ?? throw new NotSignedInException("ANUMATE_API_KEY is set, but no server; set ANUMATE_SERVER or pass --server"));
            return key.Any(c => c is <= ' ' or > '~')
                ? throw new NotSignedInException("ANUMATE_API_KEY is not one API key: it holds line breaks, blanks or letters beyond ASCII")
                : new AnumateClient(http, key);
        }

        var profile = Client.Profile.Load(dataFolder)
            ?? throw new NotSignedInException($"no profile in `{dataFolder}`; start the platform with: anumate up, or sign in with: anumate login --server URL --tenant NAME --user NAME");
        http.BaseAddress = Root(server ?? profile.Server);
        var name = user ?? Environment.GetEnvironmentVariable("ANUMATE_USER") ?? profile.Current;
        if (profile.Users.All(u => u.Name != name))
        {
            throw new NotSignedInException($"the profile has no user `{name}`; it has {string.Join(", ", profile.Users.Select(u => u.Name))}; run: anumate login --user NAME");
        }

        return new AnumateClient(http, ct => TokenAsync(name, ct));
    }

    /// <summary>The secret that the profile has of a user of this server and tenant.</summary>
    public string? StoredSecret(string tenant, string name) =>
        Client.Profile.Load(dataFolder) is { } known && known.Tenant == tenant && (server is null || Root(server) == Root(known.Server))
            ? known.Users.FirstOrDefault(u => u.Name == name)?.Secret
            : null;

    /// <summary>Signs in and stores the profile.</summary>
    public async Task<Profile> LoginAsync(string tenant, string name, string secret, CancellationToken ct)
    {
        var known = Client.Profile.Load(dataFolder);
        var root = server ?? known?.Server ?? throw new NotSignedInException("name the server: anumate login --server URL --tenant NAME --user NAME");
        http.BaseAddress = Root(root);
        var token = await new AnumateClient(http, (string?)null).Identity.SignInAsync(new SignIn(tenant, name, secret), ct).ConfigureAwait(false);
        var me = await new AnumateClient(http, token.Token).Identity.GetMeAsync(Caller.Self, ct).ConfigureAwait(false);
        var kept = known is not null && known.Server == root && known.Tenant == tenant ? known : new Profile(root, tenant, name, []);
        var profile = (kept with { Current = name }).With(new ProfileUser(name, me.Roles, me.Groups, secret) { Token = token });
        profile.Save(dataFolder);
        return profile;
    }

    async ValueTask<string?> TokenAsync(string name, CancellationToken ct)
    {
        var profile = Client.Profile.Load(dataFolder) ?? throw new NotSignedInException("the profile is gone; run: anumate login");
        var person = profile.User(name);
        if (person.Token is { } token && token.ExpiresAt - Spare > time.GetUtcNow())
        {
            return token.Token;
        }

        var fresh = await new AnumateClient(http, (string?)null).Identity.SignInAsync(new SignIn(profile.Tenant, name, person.Secret), ct).ConfigureAwait(false);
        profile.With(person with { Token = fresh }).Save(dataFolder);
        return fresh.Token;
    }

    static Uri Root(string server) => Uri.TryCreate(server.TrimEnd('/') + "/", UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https"
        ? uri
        : throw new SetupException($"`{server}` is not an http or https address");
}

/// <summary>There is no credential to call with (exit code 7).</summary>
public sealed class NotSignedInException(string message) : Exception(message);
