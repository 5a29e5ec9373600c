using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Anumate.Platform.Secrets;

/// <summary>
/// The master key that never leaves Vault: tenants' keys and private signing keys are encrypted by its transit engine. What is encrypted
/// begins with a digest of its context, so it opens for nothing else even where the transit key is not a derived one.
/// Rotate it in Vault (<c>transit/keys/NAME/rotate</c>), then <c>anumate master-key rewrap</c>.
/// </summary>
/// <param name="before">The key file of the time before Vault: what it sealed is still opened, and moved here by a rewrap.</param>
sealed class VaultMasterKey(VaultClient vault, VaultOptions options, TimeProvider time, MasterKey? before) : IMasterKey
{
    const string Mark = "vault:v";

    // Never fresh: who opens a key keeps it for FreshFor. Here it is kept for the time in which no node answers.
    readonly VaultCache<(string, string), byte[]> _opened = new(TimeSpan.Zero, options, time);

    public TimeSpan FreshFor => options.CacheFor;

    public async ValueTask<string> SealAsync(ReadOnlyMemory<byte> plain, string context, CancellationToken ct)
    {
        byte[] bound = [.. DigestOf(context), .. plain.Span];
        try
        {
            return Data(await vault.PostAsync($"{options.TransitMount}/encrypt/{options.TransitKey}", With(context, "plaintext", Convert.ToBase64String(bound)), ct), "ciphertext");
        }
        catch (VaultException e)
        {
            throw e.Problem();
        }
        finally
        {
            CryptographicOperations.ZeroMemory(bound);
        }
    }

    public async ValueTask<byte[]> OpenAsync(string text, string context, CancellationToken ct)
    {
        if (!text.StartsWith(Mark, StringComparison.Ordinal))
        {
            return before is not null
                ? await before.OpenAsync(text, context, ct)
                : throw new InvalidOperationException($"`{context}` was sealed by a key file; name it as `Anumate:Secrets:KeyFile` until it is rewrapped");
        }

        byte[] bound;
        try
        {
            bound = (await _opened.GetAsync((text, context), async () => Convert.FromBase64String(Data(
                await vault.PostAsync($"{options.TransitMount}/decrypt/{options.TransitKey}", With(context, "ciphertext", text), ct), "plaintext"))))!;
        }
        catch (VaultException e) when (e.Failure == VaultFailure.Invalid)
        {
            throw new InvalidOperationException($"`{context}` was changed outside the platform, or sealed with another transit key: {e.Message}", e);
        }
        catch (VaultException e)
        {
            throw e.Problem();
        }

        var digest = DigestOf(context);
        return bound.Length >= digest.Length && CryptographicOperations.FixedTimeEquals(bound.AsSpan(0, digest.Length), digest)
            ? bound[digest.Length..]
            : throw new InvalidOperationException($"what stands as `{context}` was sealed for something else");
    }

    public async ValueTask<string> ResealAsync(string text, string context, CancellationToken ct)
    {
        if (!text.StartsWith(Mark, StringComparison.Ordinal))
        {
            return await SealAsync(await OpenAsync(text, context, ct), context, ct);
        }

        try
        {
            var fresh = Data(await vault.PostAsync($"{options.TransitMount}/rewrap/{options.TransitKey}", With(context, "ciphertext", text), ct), "ciphertext");
            return VersionOf(fresh) == VersionOf(text) ? text : fresh;
        }
        catch (VaultException e)
        {
            throw e.Problem();
        }
    }

    static string VersionOf(string text) => text[..(text.IndexOf(':', Mark.Length) is var end and > 0 ? end : text.Length)];

    static byte[] DigestOf(string context) => SHA256.HashData(Encoding.UTF8.GetBytes(context));

    static JsonObject With(string context, string name, string value) =>
        new() { [name] = value, ["context"] = Convert.ToBase64String(Encoding.UTF8.GetBytes(context)) };

    static string Data(VaultAnswer answer, string field) =>
        answer.Found && answer.Body.ValueKind == JsonValueKind.Object && answer.Body.TryGetProperty("data", out var data) && data.TryGetProperty(field, out var value)
            ? value.GetString()!
            : throw new VaultException(VaultFailure.Denied, "there is no such transit key");
}
