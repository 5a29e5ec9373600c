using System.Security.Cryptography;
using System.Text;
using Anumate.Proofs;

namespace Anumate.Platform.Secrets;

/// <summary>
/// The key above all keys of this installation: it wraps tenants' keys and seals private signing keys. Every process of an installation
/// needs the same one. Whoever loses it loses what it sealed.
/// </summary>
public interface IMasterKey
{
    /// <summary>How long something opened may be used without opening it again.</summary>
    TimeSpan FreshFor { get; }

    /// <summary>Seals bytes for a context; only the same context opens them.</summary>
    ValueTask<string> SealAsync(ReadOnlyMemory<byte> plain, string context, CancellationToken ct);

    /// <exception cref="InvalidOperationException">It was changed, or sealed by another key or for another context.</exception>
    /// <exception cref="ProblemException"><c>unavailable</c>: the keeper of the key does not answer.</exception>
    ValueTask<byte[]> OpenAsync(string text, string context, CancellationToken ct);

    /// <summary>The same under the newest key; the very text where it is under that already.</summary>
    ValueTask<string> ResealAsync(string text, string context, CancellationToken ct);
}

/// <summary>
/// The master key in a file of its owner: a line per key, the newest first, which seals; the older ones only open. The file is read again
/// when it changes, so a rotation needs no restart.
/// </summary>
public sealed class MasterKey : IMasterKey
{
    /// <summary>The context of a tenant's key. Such a key is wrapped as a key, not sealed as a value.</summary>
    internal const string TenantKeyContext = "tenant-key/";

    const string Mark = "anumate-master-key-1 ";

    readonly string? _path;
    readonly Lock _reading = new();
    IReadOnlyList<SealKey> _keys;
    DateTime _written;

    MasterKey(string? path, IReadOnlyList<SealKey> keys, DateTime written) => (_path, _keys, _written) = (path, keys, written);

    public TimeSpan FreshFor => TimeSpan.MaxValue;

    /// <summary>Reads the key file.</summary>
    /// <exception cref="SetupException">It is absent, open to others or not a key file.</exception>
    public static MasterKey Open(string path)
    {
        var written = File.GetLastWriteTimeUtc(path);
        return new MasterKey(path, Read(path), written);
    }

    /// <summary>A key that is nowhere kept, for a host that stores nothing.</summary>
    public static MasterKey Fleeting()
    {
        using var random = RandomNumberGenerator.Create();
        return new MasterKey(null, [SealKey.New("m-fleeting", random)], default);
    }

    /// <summary>Reads the key file, made first where there is none.</summary>
    public static MasterKey OpenOrCreate(string path)
    {
        if (!File.Exists(path))
        {
            PrivateFile.Write(path, Encoding.ASCII.GetBytes(NewLine()));
        }

        return Open(path);
    }

    /// <summary>Puts a new key above those of the file. It seals from now on; what the others sealed they still open.</summary>
    public static void AddTo(string path)
    {
        _ = Open(path);
        PrivateFile.Write(path, Encoding.ASCII.GetBytes(NewLine() + Encoding.ASCII.GetString(PrivateFile.Read(path)!)));
    }

    /// <summary>Removes all keys of the file but the newest, and tells how many. What they sealed must have been sealed anew before.</summary>
    public static int Prune(string path)
    {
        var count = Open(path)._keys.Count;
        PrivateFile.Write(path, Encoding.ASCII.GetBytes(Encoding.ASCII.GetString(PrivateFile.Read(path)!).TrimStart().Split('\n')[0].TrimEnd() + "\n"));
        return count - 1;
    }

    public ValueTask<string> SealAsync(ReadOnlyMemory<byte> plain, string context, CancellationToken ct) => new(Seal(Keys()[0], plain.Span, context));

    public ValueTask<byte[]> OpenAsync(string text, string context, CancellationToken ct) => new(OpenText(text, context));

    public ValueTask<string> ResealAsync(string text, string context, CancellationToken ct)
    {
        var newest = Keys()[0];
        return new(SealKey.KidOf(text) == newest.Kid ? text : Seal(newest, OpenText(text, context), context));
    }

    static string Seal(SealKey by, ReadOnlySpan<byte> plain, string context)
    {
        using var random = RandomNumberGenerator.Create();
        if (!context.StartsWith(TenantKeyContext, StringComparison.Ordinal))
        {
            return by.Seal(plain, context, random);
        }

        using var key = new SealKey(context[TenantKeyContext.Length..], plain);
        return by.Wrap(key, random);
    }

    byte[] OpenText(string text, string context)
    {
        var kid = SealKey.KidOf(text);
        if (Keys().FirstOrDefault(k => k.Kid == kid) is not { } by)
        {
            throw new InvalidOperationException($"`{context}` was sealed by the master key `{kid}`, which is not in the key file; is `Anumate:Secrets:KeyFile` the right one?");
        }

        if (!context.StartsWith(TenantKeyContext, StringComparison.Ordinal))
        {
            return by.TryOpen(text, context, out var plain) ? plain : throw Changed(context);
        }

        if (!by.TryUnwrap(text, context[TenantKeyContext.Length..], out var wrapped))
        {
            throw Changed(context);
        }

        using (wrapped)
        {
            return wrapped.Export();
        }
    }

    static InvalidOperationException Changed(string context) => new($"`{context}` was changed outside the platform, or belongs to something else");

    // A look at the file's time costs microseconds, and keys are opened seldom.
    IReadOnlyList<SealKey> Keys()
    {
        if (_path is null)
        {
            return _keys;
        }

        lock (_reading)
        {
            var written = File.GetLastWriteTimeUtc(_path);
            if (written != _written && File.Exists(_path))
            {
                (_keys, _written) = (Read(_path), written);
            }

            return _keys;
        }
    }

    static IReadOnlyList<SealKey> Read(string path)
    {
        var content = PrivateFile.Read(path)
            ?? throw new SetupException($"there is no key file `{path}`; restore it from its backup, or make a new installation's with: anumate migrate");
        var lines = Encoding.ASCII.GetString(content).Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        CryptographicOperations.ZeroMemory(content);
        return lines.Length > 0 ? [.. lines.Select(line => KeyOf(line, path))] : throw NoKeyFile(path);
    }

    static SealKey KeyOf(string line, string path)
    {
        var raw = new byte[SealKey.Size];
        if (!line.StartsWith(Mark, StringComparison.Ordinal) || !Convert.TryFromBase64String(line[Mark.Length..], raw, out var length) || length != SealKey.Size)
        {
            throw NoKeyFile(path);
        }

        // The key's name is a digest of it: what another key sealed is known as such.
        var key = new SealKey("m-" + Digest.Of([.. "anumate"u8, .. raw]).ToString()[7..23], raw);
        CryptographicOperations.ZeroMemory(raw);
        return key;
    }

    static SetupException NoKeyFile(string path) => new($"`{path}` is not a key file; restore it from its backup");

    static string NewLine() => Mark + Convert.ToBase64String(RandomNumberGenerator.GetBytes(SealKey.Size)) + "\n";
}
