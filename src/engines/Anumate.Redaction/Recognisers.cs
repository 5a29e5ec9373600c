using System.Collections.Frozen;
using Anumate.Redaction.Recognition;

namespace Anumate.Redaction;

/// <summary>The recognisers there are.</summary>
public static class Recognisers
{
    internal static readonly Recogniser[] All =
    [
        new EmailRecogniser(), new PhoneRecogniser(), new IbanRecogniser(), new CardRecogniser(), new IPv4Recogniser(), new IPv6Recogniser(),
        new SsnRecogniser(), new JwtRecogniser(), new ApiKeyRecogniser(), new AadhaarRecogniser(), new PanRecogniser(),
    ];

    static readonly FrozenDictionary<string, int> Indexes = All.Index().ToFrozenDictionary(r => r.Item.Name, r => r.Index, StringComparer.Ordinal);

    /// <summary>Their names as policies write them: <c>EMAIL</c>, <c>IBAN</c> …</summary>
    public static IReadOnlyList<string> Names { get; } = [.. All.Select(r => r.Name)];

    internal static int Count => All.Length;

    /// <summary>Where a recogniser stands in <see cref="All"/>; -1 when there is none of this name.</summary>
    internal static int IndexOf(string name) => Indexes.GetValueOrDefault(name, -1);
}
