using Anumate.Tests.Oidc;

namespace Anumate.Tests.Walls;

/// <summary>The role matrix of docs/roles.md, asked of the running host: every route, every role, every state of authentication.</summary>
public sealed class RoleWalkTests(OidcServer oidc)
{
    [Fact]
    public async Task T10_T11_Every_route_answers_every_role_in_every_state_of_authentication_as_the_matrix_says()
    {
        var o = await oidc.RunningAsync();
        var credentials = await Credentials.AllAsync(o);
        Assert.Equal(2 + (8 * Role.All.Count), credentials.Count);
        var walk = new RouteWalk(o.Server);
        Assert.True(walk.Services.Count() > 40, "the table of routes is not that of the host");
        var wrong = new List<string>();
        foreach (var route in walk.Routes)
        {
            foreach (var credential in credentials)
            {
                var answer = await walk.KnockAsync(route, credential.Bearer);
                if (answer.Status >= 500 || !Fits(route, credential, answer.Status is 401 or 403 ? answer.Problem.Code : "", answer.Status))
                {
                    wrong.Add($"{route} answered {answer.Status} to {credential.Role} with: {credential.State}");
                }
            }
        }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    // A scope that no role holds is refused to all: those routes are for processes of the platform.
    static bool Fits(WalkedRoute route, WalkedCredential credential, string code, int status) => route.IsPublic ? status is not (401 or 403)
        : !credential.Holds ? (status, code) == (401, "unauthenticated")
        : route.IsFor(credential.Role) ? status is not (401 or 403)
        : (status, code) == (403, "forbidden");
}
