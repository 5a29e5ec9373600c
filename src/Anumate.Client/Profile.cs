using System.Text.Json;
using System.Text.Json.Serialization;

namespace Anumate.Client;

/// <summary>
/// Where a server is and who signs in there: <c>profile.json</c> in the data folder, readable by its owner alone. The first start of the
/// embedded default writes it with one user per role; <c>anumate login</c> writes it for a server elsewhere.
/// </summary>
public sealed record Profile(string Server, string Tenant, string Current, IReadOnlyList<ProfileUser> Users)
{
    static readonly JsonSerializerOptions Json = AnumateJson.Make(ProfileJson.Default);

    /// <summary>The profile's file in a data folder.</summary>
    public static string PathIn(string dataFolder) => Path.Combine(dataFolder, "profile.json");

    /// <summary>Reads a profile; null when there is none.</summary>
    /// <exception cref="SetupException">The file is open to others, or is not a profile.</exception>
    public static Profile? Load(string dataFolder)
    {
        if (PrivateFile.Read(PathIn(dataFolder)) is not { } bytes)
        {
            return null;
        }

        try
        {
            return JsonSerializer.Deserialize(bytes, (System.Text.Json.Serialization.Metadata.JsonTypeInfo<Profile>)Json.GetTypeInfo(typeof(Profile)));
        }
        catch (JsonException e)
        {
            throw new SetupException($"`{PathIn(dataFolder)}` is not a profile; run: anumate login", e);
        }
    }

    /// <summary>Writes the profile, replacing the file in one step.</summary>
    public void Save(string dataFolder) =>
        PrivateFile.Write(PathIn(dataFolder), JsonSerializer.SerializeToUtf8Bytes(this, Json.GetTypeInfo(typeof(Profile))));

    /// <summary>The user with this name, or the current one.</summary>
    /// <exception cref="SetupException">The profile has no such user.</exception>
    public ProfileUser User(string? name) => Users.FirstOrDefault(u => u.Name == (name ?? Current))
        ?? throw new SetupException($"the profile has no user `{name ?? Current}`; it has {string.Join(", ", Users.Select(u => u.Name))}; run: anumate login --user NAME");

    /// <summary>The same profile with one user added or replaced.</summary>
    public Profile With(ProfileUser user) => this with { Users = [.. Users.Where(u => u.Name != user.Name), user] };
}

/// <summary>A user of a profile: its sign-in secret (or an API key), and the access token got with it last.</summary>
public sealed record ProfileUser(string Name, IReadOnlyList<string> Roles, IReadOnlyList<string> Groups, string Secret)
{
    /// <summary>The last access token.</summary>
    public AccessToken? Token { get; init; }
}

/// <summary>Generated type information of profiles.</summary>
[JsonSerializable(typeof(Profile))]
sealed partial class ProfileJson : JsonSerializerContext;
