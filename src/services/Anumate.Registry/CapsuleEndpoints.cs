using Anumate.Platform.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Anumate.Registry;

static class CapsuleEndpoints
{
    // The source travels inside JSON, which may escape it to twice its size and more.
    const int BodyLimit = 3 * 1024 * 1024;

    public static void Map(IEndpointRouteBuilder v1)
    {
        var capsules = v1.MapGroup("/capsules");
        capsules.MapPost("", Publish).Demands(Scope.CapsuleWrite).BodyLimit(BodyLimit).WithSummary("Publish a capsule version");
        capsules.MapGet("", List).Demands(Scope.CapsuleRead).WithSummary("List capsule versions, newest first");
        capsules.MapGet("/resolve", Resolve).Demands(Scope.CapsuleRead).WithSummary("Get a version by reference: name@version, or name for the highest");
        capsules.MapGet("/{id}", Get).Demands(Scope.CapsuleRead).WithSummary("Get a capsule version");
    }

    static async Task<Created<CapsuleVersion>> Publish(Caller caller, Body<PublishCapsule> body, IdempotencyKey key, IRegistry registry, CancellationToken ct)
    {
        var version = await registry.PublishAsync(caller, body.Value with { IdempotencyKey = key }, ct);
        return Reply.Created($"/v1/capsules/{version.Id}", version);
    }

    static async Task<Ok<Page<CapsuleSummary>>> List(Caller caller, string? name, PageQuery page, IRegistry registry, CancellationToken ct) =>
        Reply.Ok(await registry.ListAsync(caller, name, page, ct));

    static async Task<Ok<CapsuleVersion>> Resolve(Caller caller, string reference, IRegistry registry, CancellationToken ct) =>
        Reply.Ok(await registry.ResolveAsync(caller, reference, ct));

    static async Task<Ok<CapsuleVersion>> Get(Caller caller, Id<Capsule> id, IRegistry registry, CancellationToken ct) =>
        Reply.Ok(await registry.GetAsync(caller, id, ct));
}
