using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Text.Json.Serialization;

namespace Anumate.Platform.Http;

/// <summary>A value of an enumeration in a query, by the same word as in JSON: <c>Word&lt;RunStatus&gt;? status</c>.</summary>
public readonly record struct Word<T>(T Value) : IParsable<Word<T>>
    where T : struct, Enum
{
    static readonly FrozenDictionary<string, T> Values = typeof(T).GetFields(BindingFlags.Public | BindingFlags.Static)
        .ToFrozenDictionary(f => f.GetCustomAttribute<JsonStringEnumMemberNameAttribute>()?.Name ?? f.Name, f => (T)f.GetValue(null)!);

    /// <summary>Every word.</summary>
    public static IReadOnlyList<string> All { get; } = [.. Values.Keys.Order(StringComparer.Ordinal)];

    public static Word<T> Parse(string s, IFormatProvider? provider) => TryParse(s, provider, out var word)
        ? word
        : throw new FormatException($"`{s}` is none of {string.Join(", ", All)}");

    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out Word<T> result)
    {
        result = default;
        if (s is null || !Values.TryGetValue(s, out var value))
        {
            return false;
        }

        result = new Word<T>(value);
        return true;
    }
}
