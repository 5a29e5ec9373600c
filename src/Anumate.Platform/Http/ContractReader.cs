using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using System.Text.RegularExpressions;
using Anumate.Proofs;

namespace Anumate.Platform.Http;

/// <summary>Reads a contract record from JSON that a caller sent; whatever does not fit is a 400 that says what, where and what to do.</summary>
public static partial class ContractReader
{
    public const string Code = "json.binding";

    public static T Read<T>(ReadOnlyMemory<byte> utf8)
        where T : class
    {
        if (utf8.IsEmpty)
        {
            throw Problems.Invalid("the body is empty; a JSON object is expected");
        }

        // First the text as such (UTF-8, depth, duplicate keys, numbers), then its fit.
        if (!StrictJson.TryParse(utf8, utf8.Length, out var document, out var diagnostics))
        {
            throw Problems.Invalid($"the body is not acceptable JSON: {diagnostics[0].Message} (line {diagnostics[0].Line}, column {diagnostics[0].Column})", diagnostics);
        }

        document.Dispose();
        try
        {
            var type = (JsonTypeInfo<T>)AnumateJson.Options.GetTypeInfo(typeof(T));
            return JsonSerializer.Deserialize(utf8.Span, type) ?? throw Problems.Invalid("the body is null; a JSON object is expected");
        }
        catch (JsonException e)
        {
            var finding = Explain(e, typeof(T), utf8.Span);
            throw Problems.Invalid($"the body does not fit: {finding.Message} (line {finding.Line}, column {finding.Column})", [finding]);
        }
    }

    static Diagnostic Explain(JsonException e, Type root, ReadOnlySpan<byte> utf8)
    {
        var (pointer, at) = (Pointer(e.Path), PositionOf(e, utf8));
        if (Unknown().Match(e.Message) is { Success: true } unknown)
        {
            var name = unknown.Groups[1].Value;
            return Diagnostic.Error(Code, $"unknown member `{Text.Excerpt(name)}`", pointer, at, Suggest(name, e.Path, root));
        }

        if (Missing().Match(e.Message) is { Success: true } missing)
        {
            var names = string.Join(", ", Quoted().Matches(missing.Groups[1].Value).Select(m => $"`{m.Groups[1].Value}`"));
            return Diagnostic.Error(Code, $"required members are missing: {names}", pointer, at);
        }

        if (Null().IsMatch(e.Message))
        {
            return Diagnostic.Error(Code, "null does not belong here", pointer, at);
        }

        if (Conversion().Match(e.Message) is { Success: true } conversion)
        {
            return Diagnostic.Error(Code, $"expected {Expected(conversion.Groups[1].Value)}", pointer, at);
        }

        // Our own converters speak plainly; System.Text.Json adds « Path: … » to what it says itself.
        var cut = e.Message.IndexOf(" Path: ", StringComparison.Ordinal);
        var plain = cut < 0 ? e.Message : e.Message[..cut];
        return Diagnostic.Error(Code, plain.Contains("System.", StringComparison.Ordinal) || plain.Contains("Anumate.", StringComparison.Ordinal)
            ? "the value does not fit" : Text.Excerpt(Lower(plain.TrimEnd('.'))), pointer, at);
    }

    static string Lower(string text) => text.Length > 0 ? char.ToLowerInvariant(text[0]) + text[1..] : text;

    // The converter names a CLR type; a caller wants the JSON one.
    static string Expected(string clr) => clr switch
    {
        "System.String" => "a string",
        "System.Boolean" => "true or false",
        "System.Int32" or "System.Int64" => "a whole number in range",
        "System.Double" or "System.Decimal" => "a number",
        "System.DateTimeOffset" => "a time like `2026-01-31T12:00:00Z`",
        "System.TimeSpan" => "a duration like `00:05:00`",
        _ when clr.Contains("List`1", StringComparison.Ordinal) || clr.EndsWith("[]", StringComparison.Ordinal) => "an array",
        _ when EnumOf(clr) is { } type => $"one of {string.Join(", ", Words(type))}",
        _ when clr.StartsWith("Anumate.", StringComparison.Ordinal) || clr.Contains("Dictionary`2", StringComparison.Ordinal) => "an object",
        _ => "another type of value",
    };

    static Type? EnumOf(string clr) => typeof(Problem).Assembly.GetType(Nullable().Match(clr) is { Success: true } m ? m.Groups[1].Value : clr) is { IsEnum: true } type ? type : null;

    static IEnumerable<string> Words(Type type) => type.GetEnumNames().Select(name =>
        $"`{type.GetField(name)!.GetCustomAttributes(typeof(System.Text.Json.Serialization.JsonStringEnumMemberNameAttribute), false)
            .Cast<System.Text.Json.Serialization.JsonStringEnumMemberNameAttribute>().FirstOrDefault()?.Name ?? name}`");

    /// <summary>JSON Pointer (RFC 6901) of a JSON path as System.Text.Json writes it: <c>$.a[0]['b.c']</c>.</summary>
    static string Pointer(string? path)
    {
        var pointer = new StringBuilder();
        foreach (Match step in Steps().Matches(path ?? ""))
        {
            var name = step.Groups.Cast<Group>().Skip(1).First(g => g.Success).Value;
            pointer.Append('/').Append(name.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal));
        }

        return pointer.ToString();
    }

    static Position PositionOf(JsonException e, ReadOnlySpan<byte> utf8)
    {
        if (e.LineNumber is not { } line || e.BytePositionInLine is not { } bytes)
        {
            return new Position(1, 1);
        }

        var rest = utf8;
        for (var i = 0L; i < line; i++)
        {
            rest = rest[(rest.IndexOf((byte)'\n') + 1)..];
        }

        return new Position((int)line + 1, Encoding.UTF8.GetCharCount(rest[..(int)Math.Min(bytes, rest.Length)]) + 1);
    }

    static string? Suggest(string name, string? path, Type root)
    {
        var type = root;
        foreach (Match step in Steps().Matches(path ?? "").SkipLast(1))
        {
            var info = AnumateJson.Options.GetTypeInfo(type);
            var next = step.Groups[1].Success ? info.Properties.FirstOrDefault(p => p.Name == step.Groups[1].Value)?.PropertyType : info.ElementType;
            if (next is null)
            {
                return null;
            }

            type = next;
        }

        var known = AnumateJson.Options.GetTypeInfo(type).Properties.Where(p => p.Set is not null || p.AssociatedParameter is not null).Select(p => p.Name).ToArray();
        return known.Length == 0 ? null
            : known.MinBy(k => Distance(k, name)) is { } close && Distance(close, name) <= 2 ? $"did you mean `{close}`?"
            : $"known members: {string.Join(", ", known.Select(k => $"`{k}`"))}";
    }

    static int Distance(string a, string b)
    {
        if (Math.Abs(a.Length - b.Length) > 2)
        {
            return int.MaxValue;
        }

        var row = Enumerable.Range(0, b.Length + 1).ToArray();
        for (var i = 1; i <= a.Length; i++)
        {
            var (corner, left) = (row[0], row[0] = i);
            for (var j = 1; j <= b.Length; j++)
            {
                (corner, row[j]) = (row[j], left = Math.Min(Math.Min(row[j], left) + 1, corner + (a[i - 1] == b[j - 1] ? 0 : 1)));
            }
        }

        return row[^1];
    }

    [GeneratedRegex(@"^The JSON property '(.*)' could not be mapped", RegexOptions.Singleline)]
    private static partial Regex Unknown();

    [GeneratedRegex(@"was missing required properties including: (.*?)\.?( Path: .*)?$", RegexOptions.Singleline)]
    private static partial Regex Missing();

    [GeneratedRegex("'([^']*)'")]
    private static partial Regex Quoted();

    [GeneratedRegex("doesn't allow (setting )?null values|cannot be null", RegexOptions.IgnoreCase)]
    private static partial Regex Null();

    [GeneratedRegex(@"^The JSON value could not be converted to (\S+?)\.? Path:")]
    private static partial Regex Conversion();

    [GeneratedRegex(@"^System\.Nullable`1\[(.*)\]$")]
    private static partial Regex Nullable();

    [GeneratedRegex(@"\.([^.\[\]']+)|\[(\d+)\]|\['(.*?)'\]")]
    private static partial Regex Steps();
}
