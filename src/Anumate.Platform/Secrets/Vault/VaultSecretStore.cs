using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Anumate.Platform.Secrets;

/// <summary>
/// Secrets in Vault's KV engine, version 2: <c>MOUNT/data/FOLDER/TENANT/NAME</c> with the field <c>value</c> (text) or <c>base64</c>, so that an
/// operator can also put one by hand. Every write is a check-and-set.
/// </summary>
sealed class VaultSecretStore(VaultClient vault, VaultOptions options, TimeProvider time) : ISecretStore
{
    readonly VaultCache<(Id<Tenant>, string), Secret> _cache = new(options.CacheFor, options, time);

    public async Task<Secret?> GetAsync(Id<Tenant> tenant, string name, CancellationToken ct)
    {
        SecretRules.Check(name);
        try
        {
            return await _cache.GetAsync((tenant, name), async () => (await ReadAsync(tenant, name, ct)).Secret);
        }
        catch (VaultException e)
        {
            throw e.Problem();
        }
    }

    public async Task<int> PutAsync(Id<Tenant> tenant, string name, ReadOnlyMemory<byte> value, int? replaces, CancellationToken ct)
    {
        SecretRules.Check(name, value);
        try
        {
            var version = replaces ?? (await ReadAsync(tenant, name, ct)).Version;
            var answer = await vault.PostAsync(PathOf("data", tenant, name),
                new JsonObject { ["options"] = new JsonObject { ["cas"] = version }, ["data"] = Fields(value.Span) }, ct);
            var written = answer.Found
                ? answer.Body.GetProperty("data").GetProperty("version").GetInt32()
                : throw new VaultException(VaultFailure.Invalid, $"there is no KV engine at `{options.KvMount}`");
            _cache.Keep((tenant, name), new Secret(value.ToArray(), written));
            return written;
        }
        catch (VaultException e) when (e.Failure == VaultFailure.Changed)
        {
            _cache.Forget((tenant, name));
            throw SecretRules.Changed(name);
        }
        catch (VaultException e)
        {
            // A write whose answer is lost may have happened: what we remember may be old.
            _cache.Forget((tenant, name));
            throw e.Problem();
        }
    }

    public async Task DeleteAsync(Id<Tenant> tenant, string name, CancellationToken ct)
    {
        SecretRules.Check(name);
        _cache.Forget((tenant, name));
        try
        {
            await vault.DeleteAsync(PathOf("metadata", tenant, name), ct);
        }
        catch (VaultException e)
        {
            throw e.Problem();
        }
        finally
        {
            _cache.Forget((tenant, name));
        }
    }

    // Of a version that was deleted Vault answers 404 with its number; a check-and-set must name that one.
    async Task<(Secret? Secret, int Version)> ReadAsync(Id<Tenant> tenant, string name, CancellationToken ct)
    {
        var answer = await vault.GetAsync(PathOf("data", tenant, name), ct);
        if (answer.Body.ValueKind != JsonValueKind.Object || !answer.Body.TryGetProperty("data", out var data) || data.ValueKind != JsonValueKind.Object)
        {
            return (null, 0);
        }

        var version = data.GetProperty("metadata").GetProperty("version").GetInt32();
        return answer.Found ? (new Secret(Value(data.GetProperty("data"), name), version), version) : (null, version);
    }

    static JsonObject Fields(ReadOnlySpan<byte> value)
    {
        try
        {
            return new JsonObject { ["value"] = new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(value) };
        }
        catch (DecoderFallbackException)
        {
            return new JsonObject { ["base64"] = Convert.ToBase64String(value) };
        }
    }

    static byte[] Value(JsonElement fields, string name)
    {
        if (fields.ValueKind == JsonValueKind.Object)
        {
            if (fields.TryGetProperty("value", out var text) && text.ValueKind == JsonValueKind.String)
            {
                return Encoding.UTF8.GetBytes(text.GetString()!);
            }

            if (fields.TryGetProperty("base64", out var binary) && binary.ValueKind == JsonValueKind.String && binary.TryGetBytesFromBase64(out var bytes))
            {
                return bytes;
            }
        }

        throw new VaultException(VaultFailure.Invalid, $"the secret `{name}` has neither a field `value` nor `base64`");
    }

    string PathOf(string part, Id<Tenant> tenant, string name) => $"{options.KvMount}/{part}/{options.KvFolder}/{tenant}/{Segment(name)}";

    /// <summary>
    /// A name as one segment of a path, whatever is in it: letters, digits, - and _ as they are, everything else (/ and . above all) as ~ and
    /// two hex digits. Percent signs would be undone on the way, and lead out of the tenant's folder.
    /// </summary>
    internal static string Segment(string name)
    {
        var text = new StringBuilder();
        foreach (var c in name)
        {
            _ = char.IsAsciiLetterOrDigit(c) || c is '-' or '_' ? text.Append(c) : text.Append($"~{(int)c:x2}");
        }

        return text.ToString();
    }
}
