using System.Net;
using System.Text;

namespace Anumate.Tests.Identity;

public sealed class SignInTests(TestServer server)
{
    [Fact]
    public async Task Exchanges_a_secret_for_a_token_that_is_the_person()
    {
        var t = await server.NewTenantAsync();
        var me = await (await t.ClientAsync("olga")).Identity.GetMeAsync(Caller.Self, default);
        Assert.Equal((t.Id, t.Name, "olga", CredentialKind.SignIn), (me.Tenant, me.TenantName, me.Name, me.Credential));
        Assert.Equal([Role.Operator], me.Roles);
        Assert.Contains(Scope.RunExecute, me.Scopes);
    }

    [Fact]
    public async Task Says_the_same_whatever_was_wrong()
    {
        var t = await server.NewTenantAsync();
        var good = t.SecretOf("olga");
        SignIn[] bad =
        [
            new("nosuch", "olga", good), new(t.Name, "nobody", good), new(t.Name, "vera", good), new(t.Name, "olga", good[..^1] + (good[^1] == '0' ? '1' : '0')),
            new(t.Name, "olga", ""), new("", "", ""), new(t.Name, "Olga", good), new(t.Name + "\u0000", "olga", good), new(t.Name, "olga'--", good),
        ];
        var answers = new HashSet<string>();
        foreach (var attempt in bad)
        {
            var problem = await Assert.ThrowsAsync<ProblemException>(() => t.Get<IIdentity>().SignInAsync(attempt, default));
            Assert.Equal(401, problem.Problem.Status);
            answers.Add(problem.Problem.Detail);
        }

        Assert.Single(answers);
    }
}
