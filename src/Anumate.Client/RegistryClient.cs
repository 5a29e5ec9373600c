namespace Anumate.Client;

/// <summary>IRegistry over HTTP.</summary>
public sealed class RegistryClient(Transport transport) : IRegistry
{
    /// <inheritdoc/>
    public Task<CapsuleVersion> PublishAsync(Caller caller, PublishCapsule request, CancellationToken ct) =>
        transport.PostAsync<PublishCapsule, CapsuleVersion>(caller, "v1/capsules", request, request.IdempotencyKey, ct);

    /// <inheritdoc/>
    public Task<Page<CapsuleSummary>> ListAsync(Caller caller, string? name, PageRequest page, CancellationToken ct) =>
        transport.GetAsync<Page<CapsuleSummary>>(caller, Route.Page("v1/capsules", page, ("name", name)), ct);

    /// <inheritdoc/>
    public Task<CapsuleVersion> GetAsync(Caller caller, Id<Capsule> id, CancellationToken ct) =>
        transport.GetAsync<CapsuleVersion>(caller, $"v1/capsules/{id}", ct);

    /// <inheritdoc/>
    public Task<CapsuleVersion> ResolveAsync(Caller caller, string reference, CancellationToken ct) =>
        transport.GetAsync<CapsuleVersion>(caller, Route.Of("v1/capsules/resolve", ("reference", reference)), ct);
}
