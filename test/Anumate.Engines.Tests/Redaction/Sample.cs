using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Anumate.Engines.Tests.Redaction;

/// <summary>A member of a document, and the value in its text that is to be recognised; without one, nothing is to be.</summary>
public sealed record Sample(string Name, string Text, string? Value)
{
    public byte[] Json() => JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, string> { [Name] = Text });
}

/// <summary>
/// Makes values that are to be recognised, and others that look like them and are none, from a fixed seed. It has its own way to every
/// check digit and shares no code with what it judges. A few of each are harder than what the recognisers promise, so that the figures say
/// something.
/// </summary>
public sealed partial class Samples(int seed)
{
    public const int Count = 1_000;

    readonly Random random = new(seed);

    public static IReadOnlyList<string> Kinds => ["EMAIL", "PHONE", "IBAN", "CARD", "IPV4", "IPV6", "US_SSN", "JWT", "API_KEY", "AADHAAR", "PAN"];

    /// <summary>Values of a kind, each in a text.</summary>
    public static IReadOnlyList<Sample> Positives(string kind) => new Samples((kind.Length * 7_919) + kind[0]).Make(kind, true);

    /// <summary>Texts without a value of this kind, most of which nearly have one.</summary>
    public static IReadOnlyList<Sample> NearMisses(string kind) => new Samples((kind.Length * 104_729) + kind[0]).Make(kind, false);

    IReadOnlyList<Sample> Make(string kind, bool positive) => [.. Enumerable.Range(0, Count).Select(_ => (kind, positive) switch
    {
        ("EMAIL", true) => Email(),
        ("EMAIL", _) => NoEmail(),
        ("PHONE", true) => Phone(),
        ("PHONE", _) => NoPhone(),
        ("IBAN", true) => Iban(),
        ("IBAN", _) => NoIban(),
        ("CARD", true) => Card(),
        ("CARD", _) => NoCard(),
        ("IPV4", true) => IPv4(),
        ("IPV4", _) => NoIPv4(),
        ("IPV6", true) => IPv6(),
        ("IPV6", _) => NoIPv6(),
        ("US_SSN", true) => Ssn(),
        ("US_SSN", _) => NoSsn(),
        ("JWT", true) => Jwt(),
        ("JWT", _) => NoJwt(),
        ("API_KEY", true) => ApiKey(),
        ("API_KEY", _) => NoApiKey(),
        ("AADHAAR", true) => Aadhaar(),
        ("AADHAAR", _) => NoAadhaar(),
        ("PAN", true) => Pan(),
        _ => NoPan(),
    })];

    static readonly string[] Frames =
    [
        "{0}", "{0}", "{0}", "it is {0}, as you know", "({0})", "\"{0}\"", "see {0}.", "value={0};", "before\n{0}\nafter", "first\t{0}\tlast", "ünïcode → {0} ←", "<b>{0}</b>", "[{0}]", "{0}, and more",
    ];

    /// <summary>The value somewhere in a text.</summary>
    Sample In(string value, string? name = null) => new(name ?? "note", string.Format(CultureInfo.InvariantCulture, Pick(Frames), value), value);

    /// <summary>The value in a text that ends or begins with these words.</summary>
    Sample After(string value, params string[] words) => new("note", $"{Pick(words)} {value}{Pick("", ".", ", thanks", " (new)")}", value);

    /// <summary>The value alone in a member of one of these names.</summary>
    Sample Alone(string value, params string[] names) => new(Pick(names), value, value);

    Sample None(string text) => new("note", string.Format(CultureInfo.InvariantCulture, Pick(Frames), text), null);

    bool Chance(double share) => random.NextDouble() < share;

    T Pick<T>(params T[] from) => from[random.Next(from.Length)];

    string Digits(int count) => Of("0123456789", count);

    string Of(string characters, int count)
    {
        var text = new StringBuilder(count);
        for (var i = 0; i < count; i++)
        {
            text.Append(characters[random.Next(characters.Length)]);
        }

        return text.ToString();
    }

    string Of(string characters, int least, int most) => Of(characters, random.Next(least, most + 1));

    const string Lower = "abcdefghijklmnopqrstuvwxyz", Upper = "ABCDEFGHIJKLMNOPQRSTUVWXYZ", Hex = "0123456789abcdef";
    const string Base62 = Upper + Lower + "0123456789", Base64Url = Base62 + "-_";

    /// <summary>The text cut into groups of these sizes, with the last one for the rest.</summary>
    static string Grouped(string text, string separator, params int[] sizes)
    {
        var (parts, at) = (new List<string>(), 0);
        for (var i = 0; at < text.Length; i++)
        {
            var size = Math.Min(sizes[Math.Min(i, sizes.Length - 1)], text.Length - at);
            parts.Add(text.Substring(at, size));
            at += size;
        }

        return string.Join(separator, parts);
    }

    string Word() => Of(Lower, 3, 9);
}
