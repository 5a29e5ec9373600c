using System.Security.Cryptography;
using System.Text.Json.Nodes;

namespace Anumate.VaultStandIn;

/// <summary>The transit secrets engine with keys of type <c>aes256-gcm96</c>, derived or not.</summary>
sealed class TransitEngine : IEngine
{
    const int NonceSize = 12, TagSize = 16;

    sealed class Key(bool derived)
    {
        public bool Derived { get; } = derived;

        public List<byte[]> Versions { get; } = [RandomNumberGenerator.GetBytes(32)];

        public int LeastForDecryption { get; set; } = 1;
    }

    readonly Dictionary<string, Key> _keys = [];

    public string Type => "transit";

    public bool Exists(string path) => path.Split('/') is [_, var name, ..] && _keys.ContainsKey(name);

    public Answer Handle(Request request, string path) => (path.Split('/'), request.Method) switch
    {
        (["keys", var name], "POST") => Create(request, name),
        (["keys", var name], "GET") => Describe(name),
        (["keys", var name, "rotate"], "POST") => With(name, key => key.Versions.Add(RandomNumberGenerator.GetBytes(32))),
        (["keys", var name, "config"], "POST") => With(name, key => key.LeastForDecryption = (int)request.Number("min_decryption_version", key.LeastForDecryption)),
        (["encrypt", var name], "POST") => Encrypt(request, name),
        (["decrypt", var name], "POST") => _keys.TryGetValue(name, out var key) ? Answer.Ok(new JsonObject { ["plaintext"] = Convert.ToBase64String(Open(key, request)) }) : NoKey,
        (["rewrap", var name], "POST") => _keys.TryGetValue(name, out var key) ? Sealed(key, request, Open(key, request)) : NoKey,
        _ => Answer.Error(404, "unsupported path"),
    };

    static Answer NoKey => Answer.Error(400, "encryption key not found");

    Answer Create(Request request, string name)
    {
        if (request.Text("type") is not ("" or "aes256-gcm96"))
        {
            return Answer.Error(400, $"unknown key type {request.Text("type")}");
        }

        _keys.TryAdd(name, new Key(request.Body["derived"]?.ToString() == "true"));
        return Describe(name);
    }

    Answer Describe(string name) => _keys.TryGetValue(name, out var key)
        ? Answer.Ok(new JsonObject
        {
            ["name"] = name, ["type"] = "aes256-gcm96", ["derived"] = key.Derived, ["latest_version"] = key.Versions.Count,
            ["min_decryption_version"] = key.LeastForDecryption, ["exportable"] = false, ["deletion_allowed"] = false,
        })
        : Answer.NotFound;

    Answer With(string name, Action<Key> change)
    {
        if (!_keys.TryGetValue(name, out var key))
        {
            return NoKey;
        }

        change(key);
        return Answer.None;
    }

    // With the capability `create` an unknown key is made, derived where a context is given.
    Answer Encrypt(Request request, string name)
    {
        if (!_keys.TryGetValue(name, out var key))
        {
            _keys[name] = key = new Key(request.Text("context").Length > 0);
        }

        return Sealed(key, request, Convert.FromBase64String(request.Text("plaintext")));
    }

    static Answer Sealed(Key key, Request request, byte[] plain)
    {
        var version = key.Versions.Count;
        var nonce = RandomNumberGenerator.GetBytes(NonceSize);
        var (cipher, tag) = (new byte[plain.Length], new byte[TagSize]);
        using var aes = new AesGcm(KeyOf(key, version, request), TagSize);
        aes.Encrypt(nonce, plain, cipher, tag);
        return Answer.Ok(new JsonObject { ["ciphertext"] = $"vault:v{version}:{Convert.ToBase64String([.. nonce, .. cipher, .. tag])}", ["key_version"] = version });
    }

    static byte[] Open(Key key, Request request)
    {
        if (request.Text("ciphertext").Split(':') is not ["vault", ['v', .. var number], var text])
        {
            throw new FormatException("invalid ciphertext: no prefix");
        }

        var (version, bytes) = (int.Parse(number), Convert.FromBase64String(text));
        if (version < key.LeastForDecryption || version > key.Versions.Count)
        {
            throw new FormatException("ciphertext or signature version is disallowed by policy (too old)");
        }

        var plain = new byte[bytes.Length - NonceSize - TagSize];
        using var aes = new AesGcm(KeyOf(key, version, request), TagSize);
        try
        {
            aes.Decrypt(bytes.AsSpan(0, NonceSize), bytes.AsSpan(NonceSize, plain.Length), bytes.AsSpan(NonceSize + plain.Length), plain);
        }
        catch (AuthenticationTagMismatchException)
        {
            throw new FormatException("cipher: message authentication failed");
        }

        return plain;
    }

    static byte[] KeyOf(Key key, int version, Request request)
    {
        var raw = key.Versions[version - 1];
        if (!key.Derived)
        {
            return raw;
        }

        var context = request.Text("context");
        return context.Length > 0
            ? HKDF.DeriveKey(HashAlgorithmName.SHA256, raw, 32, info: Convert.FromBase64String(context))
            : throw new FormatException("missing 'context' for key derivation; the key was created using a derived key, which means additional, per-request information must be included in order to perform operations with the key");
    }
}
