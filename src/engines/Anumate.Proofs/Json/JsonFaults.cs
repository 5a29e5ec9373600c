using System.Text;

namespace Anumate.Proofs;

/// <summary>The words for what is wrong with a JSON text.</summary>
static class JsonFaults
{
    public static string TooDeep(int maxDepth) => $"values are nested deeper than {maxDepth} levels";

    public static string Duplicate(string name) => $"the key `{Shown(name)}` stands twice in one object";

    public static string Inexact(ReadOnlySpan<byte> literal)
    {
        var start = Encoding.UTF8.GetString(literal[..Math.Min(literal.Length, 80)]);
        return $"the number `{Shown(start)}` is not exact as a 64-bit float; write it as a string";
    }

    public static string Code(JsonTextFault fault) => fault switch
    {
        JsonTextFault.Nul => "json.nul-character",
        JsonTextFault.LoneSurrogate => "json.lone-surrogate",
        _ => "json.invalid-utf8",
    };

    public static string Message(JsonTextFault fault) => fault switch
    {
        JsonTextFault.Nul => "the text contains the NUL character (\\u0000), which cannot be stored",
        JsonTextFault.LoneSurrogate => "the text contains half of a surrogate pair, which is no character",
        _ => "the text is not valid UTF-8",
    };

    static string Shown(string text) => text.Length <= 64 ? text : text[..64] + "…";
}

/// <summary>JSON Pointers (RFC 6901).</summary>
static class JsonPath
{
    public static string Pointer(IEnumerable<string> segments) =>
        string.Concat(segments.Select(s =>
            $"/{s.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal)}"));
}
