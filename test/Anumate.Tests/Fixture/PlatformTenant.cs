using System.Collections.Concurrent;
using System.Net.Http.Headers;
using Anumate.Client;
using Anumate.Platform.Data;
using Microsoft.AspNetCore.Routing;

namespace Anumate.Tests;

/// <summary>
/// A way to reach the platform's contracts. A test of a contract is written once against this and runs twice: with the services in this
/// process (<see cref="TestServer"/>), and through client, HTTP and service in another (<see cref="OtherProcess"/>).
/// </summary>
public abstract class Form
{
    /// <summary>A tenant with one person of each role (<see cref="PlatformTenant.People"/>).</summary>
    public abstract Task<PlatformTenant> MakeTenantAsync();
}

/// <summary>A tenant and its people on a running platform.</summary>
public abstract class PlatformTenant(TenantCreated created, Db db)
{
    readonly ConcurrentDictionary<string, string> _tokens = new();

    /// <summary>Who is in every tenant.</summary>
    public static IReadOnlyList<NewPrincipal> People { get; } =
    [
        new("vera", PrincipalKind.User, [Role.Viewer], []),
        new("ada", PrincipalKind.User, [Role.Author], []),
        new("olga", PrincipalKind.User, [Role.Operator], []),
        new("finn", PrincipalKind.User, [Role.Approver], ["finance"]),
        new("fiona", PrincipalKind.User, [Role.Approver], ["finance"]),
        new("amir", PrincipalKind.User, [Role.Auditor], []),
        new("alma", PrincipalKind.User, [Role.Admin], []),
    ];

    public Id<Tenant> Id => created.Tenant.Id;

    public string Name => created.Tenant.Name;

    /// <summary>The database of this platform: for looking at what a test did.</summary>
    public Db Db => db;

    /// <summary>Connection string of the superuser, inside that database.</summary>
    public abstract string Admin { get; }

    /// <summary>What the platform's processes wrote to their logs.</summary>
    public abstract string Log { get; }

    /// <summary>Reaches the platform without a credential.</summary>
    public abstract HttpClient Http { get; }

    /// <summary>Every endpoint that the platform answers.</summary>
    public abstract IEnumerable<RouteEndpoint> Endpoints { get; }

    /// <summary>Plain HTTP as a person.</summary>
    public async Task<HttpClient> HttpAsync(string name)
    {
        var http = NewHttp();
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", await TokenAsync(name));
        return http;
    }

    protected abstract HttpClient NewHttp();

    public Principal Person(string name) => created.Principals.Single(p => p.Principal.Name == name).Principal;

    public string SecretOf(string name) => created.Principals.Single(p => p.Principal.Name == name).Secret!;

    /// <summary>A contract, in this form.</summary>
    public abstract T Get<T>()
        where T : class;

    /// <summary>A person as the caller of contract methods.</summary>
    public abstract Task<Caller> CallerAsync(string name);

    /// <summary>The platform itself at work for this tenant, as a service of it.</summary>
    public Caller Service(string word) => Caller.OfPlatform(Id, word, $"test-{word}");

    /// <summary>An access token of a person.</summary>
    public async Task<string> TokenAsync(string name)
    {
        if (!_tokens.TryGetValue(name, out var token))
        {
            token = _tokens[name] = (await Get<IIdentity>().SignInAsync(new SignIn(Name, name, SecretOf(name)), default)).Token;
        }

        return token;
    }

    /// <summary>Every contract over HTTP, as a person.</summary>
    public async Task<AnumateClient> ClientAsync(string name) => new(Http, await TokenAsync(name));

    /// <summary>The name of the person, when the caller is one of this tenant's and nobody acts for it.</summary>
    protected string? PersonOf(Caller caller) => caller is { Via: null, Credential: CredentialKind.SignIn }
        ? created.Principals.FirstOrDefault(p => p.Principal.Id == caller.Principal)?.Principal.Name
        : null;

    /// <summary>The code of the problem that stops a call.</summary>
    public static async Task<string> RefusalAsync(Func<Task> call) => (await Assert.ThrowsAsync<ProblemException>(call)).Problem.Code;

    /// <summary>Rows of this tenant that a test looks at, as the superuser of the platform's database sees them.</summary>
    public Task<long> CountAsync(string table, string where = "true") =>
        db.For(Id).FirstAsync($"select count(*) from {table} where {where}", r => r.GetInt64(0), default);
}
