using System.Security.Cryptography;
using Anumate.Platform.Data;
using Anumate.Proofs;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Anumate.Platform.Hosting;

/// <summary>
/// The key by which this process calls others. It lives in memory alone; its public half is enrolled in <c>platform.service_key</c> for
/// the services that the process hosts, which the database allows to members of their roles only. No call is needed to obtain a token.
/// </summary>
public sealed partial class ProcessKey(Db db, HostedServices hosted, TimeProvider time, ILogger<ProcessKey> log) : BackgroundService, IHostedLifecycleService
{
    const string NotMember = "select s from unnest($1::text[]) s where not pg_has_role('anumate_' || s, 'member') limit 1";

    const string Enrol = """
        insert into platform.service_key (kid, service, public_key, created, expires)
        select $1, s, $2::bytea, $3::timestamptz, $4::timestamptz from unnest($5::text[]) s
        """;

    const string Renew = "update platform.service_key set expires = $2 where kid = $1";

    static readonly TimeSpan ValidFor = TimeSpan.FromHours(1), RenewAfter = TimeSpan.FromMinutes(10), TokenLifetime = TimeSpan.FromSeconds(30);

    readonly string _process = $"{Environment.MachineName}/{Environment.ProcessId}";
    readonly Ed25519Key _key = New();

    /// <summary>A token for one call of a contract method (its name, e.g. <c>RequestAsync</c>) of a service.</summary>
    /// <exception cref="ProblemException"><c>too-large</c>: the caller is in more groups than a token holds.</exception>
    public string Issue(Caller caller, string service, string member)
    {
        var now = DateTimeOffset.FromUnixTimeSeconds(time.GetUtcNow().ToUnixTimeSeconds());
        var claims = new ServiceTokenClaims
        {
            Process = _process,
            Audience = service,
            TokenId = RandomNumberGenerator.GetHexString(32, lowercase: true),
            IssuedAt = now,
            Expires = now + TokenLifetime,
            Method = ServiceTokenClaims.MethodOf(service, member),
            Caller = caller,
        };
        try
        {
            return claims.Sign(_key);
        }
        catch (ArgumentException)
        {
            throw Problems.TooLarge("the caller is in too many groups to be named to another process");
        }
    }

    /// <summary>Enrols the key before anything of this process can call.</summary>
    /// <exception cref="SetupException">The process's database role is not that of a service it hosts.</exception>
    public async Task StartingAsync(CancellationToken cancellationToken)
    {
        var words = hosted.Words.ToArray();
        if (await db.ForPlatform().FirstAsync(NotMember, r => r.GetString(0), cancellationToken, (object)words) is { } foreign)
        {
            throw new SetupException($"the database role `{db.Options.AppRole}` is not a member of `anumate_{foreign}`, so this process cannot host `{foreign}`; "
                + $"make it one with: anumate bootstrap --services {string.Join(',', words)}");
        }

        var now = time.GetUtcNow();
        await db.ForPlatform().Run(Enrol, _key.Kid, _key.Public.Span.ToArray(), now, now + ValidFor, words).SaveAsync(cancellationToken);
    }

    /// <summary>What was not heard of the process for long is not believed any more.</summary>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var tick = new PeriodicTimer(RenewAfter, time);
        while (await tick.WaitForNextTickAsync(stoppingToken))
        {
            await RenewAsync(time.GetUtcNow() + ValidFor, stoppingToken);
        }
    }

    public Task StoppedAsync(CancellationToken cancellationToken) => RenewAsync(time.GetUtcNow(), cancellationToken);

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override void Dispose()
    {
        base.Dispose();
        _key.Dispose();
    }

    async Task RenewAsync(DateTimeOffset expires, CancellationToken ct)
    {
        try
        {
            await db.ForPlatform().Run(Renew, _key.Kid, expires).SaveAsync(ct);
        }
        catch (ProblemException e)
        {
            NotRenewed(e.Problem.Detail);
        }
    }

    static Ed25519Key New()
    {
        using var random = RandomNumberGenerator.Create();
        return Ed25519Key.New(random);
    }

    [LoggerMessage(LogLevel.Warning, "the key of this process was not renewed, it is tried again: {Reason}")]
    private partial void NotRenewed(string reason);
}
