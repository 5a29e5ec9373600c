using System.Text.Json;

namespace Anumate.Proofs;

/// <summary>Reads the claims of a capability token; remembers the first that is wrong and refuses those nobody asked for.</summary>
sealed class ClaimReader(IReadOnlyDictionary<string, JsonElement> claims)
{
    const int MaxText = 512;

    readonly HashSet<string> _read = new(StringComparer.Ordinal);
    string? _wrong;

    public bool Has(string name) => claims.ContainsKey(name);

    public string Text(string name) =>
        Value(name) is { ValueKind: JsonValueKind.String } value && value.GetString() is { Length: > 0 and <= MaxText } text
            ? text
            : Fail<string>(name) ?? "";

    public long Number(string name, long least, long most) =>
        Value(name) is { ValueKind: JsonValueKind.Number } value && value.TryGetInt64(out var number) && number >= least && number <= most
            ? number
            : Fail<long>(name);

    public Id<T> Id<T>(string name, string text)
        where T : IEntity => Anumate.Id<T>.TryParse(text, null, out var id) ? id : Fail<Id<T>>(name);

    public T? Fail<T>(string name)
    {
        _wrong ??= name;
        return default;
    }

    /// <summary><c>cap</c>: a list of exactly {tool, max_uses, args_digest?}.</summary>
    public IReadOnlyList<Capability> Capabilities()
    {
        if (Value("cap") is not { ValueKind: JsonValueKind.Array } list || list.GetArrayLength() is < 1 or > CapTokenClaims.MaxCapabilities)
        {
            return Fail<IReadOnlyList<Capability>>("cap") ?? [];
        }

        var capabilities = new List<Capability>(list.GetArrayLength());
        foreach (var item in list.EnumerateArray())
        {
            if (Read(item) is not { } capability || capability.Fault() is not null
                || capabilities.Any(c => c.Tool == capability.Tool && c.ArgsDigest == capability.ArgsDigest))
            {
                return Fail<IReadOnlyList<Capability>>("cap") ?? [];
            }

            capabilities.Add(capability);
        }

        return capabilities;
    }

    /// <summary><c>act</c>: nested objects of exactly {sub, act?}.</summary>
    public IReadOnlyList<string> Actors()
    {
        var actors = new List<string>();
        var next = Has("act") ? Value("act") : null;
        while (next is { } actor)
        {
            if (actors.Count == CapTokenClaims.MaxActors || actor.ValueKind != JsonValueKind.Object
                || !actor.TryGetProperty("sub", out var subject) || subject.ValueKind != JsonValueKind.String
                || subject.GetString() is not { Length: > 0 and <= MaxText } name)
            {
                return Fail<IReadOnlyList<string>>("act") ?? [];
            }

            actors.Add(name);
            var nested = actor.TryGetProperty("act", out var inner);
            if (actor.GetPropertyCount() != (nested ? 2 : 1))
            {
                return Fail<IReadOnlyList<string>>("act") ?? [];
            }

            next = nested ? inner : null;
        }

        return actors;
    }

    /// <summary>The first fault, or an empty text.</summary>
    public string Fault() =>
        _wrong is not null ? $"the claim `{_wrong}` is missing or not acceptable"
        : claims.Keys.Any(name => !_read.Contains(name)) ? "the token has a claim that is not known"
        : "";

    static Capability? Read(JsonElement item)
    {
        if (item.ValueKind != JsonValueKind.Object
            || !item.TryGetProperty("tool", out var tool) || tool.ValueKind != JsonValueKind.String
            || !item.TryGetProperty("max_uses", out var uses) || uses.ValueKind != JsonValueKind.Number
            || !uses.TryGetInt32(out var maxUses))
        {
            return null;
        }

        var bound = item.TryGetProperty("args_digest", out var digest);
        return (bound && digest.ValueKind != JsonValueKind.String) || item.GetPropertyCount() != (bound ? 3 : 2)
            ? null
            : new Capability(tool.GetString()!, maxUses) { ArgsDigest = bound ? digest.GetString() : null };
    }

    JsonElement? Value(string name)
    {
        _read.Add(name);
        return claims.TryGetValue(name, out var value) ? value : null;
    }
}
