using System.Text.Json;
using Anumate.Platform.Policies;
using Anumate.Policies;

namespace Anumate.Tests.Policies;

/// <summary>The policies service of a test, and documents for it.</summary>
sealed class PolicyKit(TestTenant tenant)
{
    public TestTenant Tenant => tenant;

    public IPolicies Service { get; } = new PolicyService(new PolicyStore(tenant.Db), new CompiledPolicies(), tenant.Time);

    public Caller Author => tenant.Caller("anna", Role.Author);

    public Caller Viewer => tenant.Caller("vera", Role.Viewer);

    public static string Document(string name, int version, params string[] rules) =>
        $"policy {name} version {version} {{\n  at tool.before\n  {string.Join("\n  ", rules)}\n}}\n";

    public Task<PolicyVersion> PublishAsync(string name, int version = 1, PolicyBinding binding = PolicyBinding.Capsule,
        params string[] rules) =>
        Service.PublishAsync(Author, new PublishPolicy(Document(name, version, rules.Length == 0 ? ["rule all allow"] : rules), binding),
            default);

    public static JsonElement Facts(string json) => JsonDocument.Parse(json).RootElement;

    public async Task<long> CountAsync(string table) =>
        (await tenant.Db.For(tenant.Id).ListAsync($"select count(*) from {table}", r => r.GetInt64(0), default))[0];
}
