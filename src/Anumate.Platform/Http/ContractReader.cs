using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using System.Text.RegularExpressions;
using Anumate.Proofs;
using Anumate.Schemas;
using Anumate.Schemas.Documents;

namespace Anumate.Platform.Http;

/// <summary>Reads a contract record from JSON that a caller sent; whatever does not fit is a 400 that says what, where and what to do.</summary>
public static partial class ContractReader
{
    public const string Code = "json.binding";

    const string NullMessage = "null does not belong here";

    public static T Read<T>(ReadOnlyMemory<byte> utf8)
        where T : class
    {
        if (utf8.IsEmpty)
        {
            throw Problems.Invalid("the body is empty; a JSON value is expected");
        }

        // First the text as such (UTF-8, depth, duplicate keys, numbers), then its fit.
        if (!StrictJson.TryParse(utf8, utf8.Length, out var document, out var diagnostics))
        {
            throw Refuse("the body is not acceptable JSON", diagnostics);
        }

        using (document)
        {
            if (NullInList(document.RootElement, typeof(T), []) is { } path)
            {
                throw Refuse("the body does not fit", [At(path, utf8, NullMessage)]);
            }
        }

        try
        {
            var type = (JsonTypeInfo<T>)AnumateJson.Options.GetTypeInfo(typeof(T));
            return JsonSerializer.Deserialize(utf8.Span, type) ?? throw Problems.Invalid("the body is null; a JSON object is expected");
        }
        catch (JsonException e)
        {
            throw Refuse("the body does not fit", [Explain(e, typeof(T), utf8)]);
        }
    }

    static ProblemException Refuse(string what, IReadOnlyList<Diagnostic> findings) =>
        Problems.Invalid($"{what}: {findings[0].Message} (line {findings[0].Line}, column {findings[0].Column})", findings);

    static Diagnostic At(IReadOnlyList<string> path, ReadOnlyMemory<byte> utf8, string message)
    {
        var pointer = JsonPointer.Join(path);
        return Diagnostic.Error(Code, message, pointer, NodeAt(pointer, utf8)?.Position ?? default);
    }

    static DocumentNode? NodeAt(string pointer, ReadOnlyMemory<byte> utf8) =>
        Document.ParseJson(utf8, new DocumentLimits { MaxBytes = utf8.Length }).Root?.Find(pointer);

    // System.Text.Json keeps nulls out of members, but not out of lists; no contract has a list with nulls.
    static IReadOnlyList<string>? NullInList(JsonElement json, Type type, IReadOnlyList<string> path)
    {
        if (json.ValueKind is not (JsonValueKind.Object or JsonValueKind.Array) || type == typeof(JsonElement))
        {
            return null;
        }

        var info = AnumateJson.Options.GetTypeInfo(type);
        if (json.ValueKind == JsonValueKind.Array)
        {
            return info.ElementType is { } element && element != typeof(JsonElement)
                ? json.EnumerateArray().Select((item, i) => Below(item, element, [.. path, $"{i}"], inList: true)).FirstOrDefault(found => found is not null)
                : null;
        }

        return json.EnumerateObject()
            .Select(member => (info.ElementType ?? info.Properties.FirstOrDefault(p => p.Name == member.Name)?.PropertyType) is { } next
                ? Below(member.Value, next, [.. path, member.Name], inList: false) : null)
            .FirstOrDefault(found => found is not null);

        static IReadOnlyList<string>? Below(JsonElement json, Type type, IReadOnlyList<string> path, bool inList) =>
            inList && json.ValueKind == JsonValueKind.Null ? path : NullInList(json, type, path);
    }

    static Diagnostic Explain(JsonException e, Type root, ReadOnlyMemory<byte> utf8)
    {
        var path = Steps().Matches(e.Path ?? "").Select(step => step.Groups.Cast<Group>().Skip(1).First(g => g.Success).Value).ToList();
        var pointer = JsonPointer.Join(path);
        var node = NodeAt(pointer, utf8);
        if (Unknown().IsMatch(e.Message))
        {
            return Diagnostic.Error(Code, $"unknown member `{Text.Excerpt(path[^1])}`", pointer, node?.Member?.KeyPosition ?? default, Suggest(path[^1], TypeAt(root, path[..^1])));
        }

        return Diagnostic.Error(Code, MessageOf(e, TypeAt(root, path), node), pointer, node?.Position ?? default);
    }

    static string MessageOf(JsonException e, Type? type, DocumentNode? node)
    {
        if (Missing().Match(e.Message) is { Success: true } missing)
        {
            return $"required members are missing: {string.Join(", ", Quoted().Matches(missing.Groups[1].Value).Select(m => $"`{m.Groups[1].Value}`"))}";
        }

        if (node?.Kind == NodeKind.Null)
        {
            return NullMessage;
        }

        // What our own converters say is plain; what System.Text.Json says names types of ours.
        var says = e.InnerException is null && e.Message.Split(" Path: ")[0] is var text && !text.Contains("System.", StringComparison.Ordinal)
            && !text.Contains("Anumate.", StringComparison.Ordinal) ? Text.Excerpt(text.TrimEnd('.')) : null;
        return says ?? (type is null ? "the value does not fit" : $"expected {Expected(type)}");
    }

    static string Expected(Type type)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        return type switch
        {
            _ when type.IsEnum => $"one of {string.Join(", ", Words(type))}",
            _ when type == typeof(string) => "a string",
            _ when type == typeof(bool) => "true or false",
            _ when type == typeof(int) || type == typeof(long) => "a whole number in range",
            _ when type == typeof(double) || type == typeof(decimal) => "a number",
            _ when type == typeof(DateTimeOffset) => "a time like `2026-01-31T12:00:00Z`",
            _ when type == typeof(TimeSpan) => "a duration like `00:05:00`",
            _ => AnumateJson.Options.GetTypeInfo(type).Kind switch
            {
                JsonTypeInfoKind.Object or JsonTypeInfoKind.Dictionary => "an object",
                JsonTypeInfoKind.Enumerable => "an array",
                _ => "another value",
            },
        };
    }

    static IEnumerable<string> Words(Type type) => type.GetFields()
        .Select(f => f.GetCustomAttributes(typeof(JsonStringEnumMemberNameAttribute), false).Cast<JsonStringEnumMemberNameAttribute>().FirstOrDefault()?.Name)
        .OfType<string>().Select(word => $"`{word}`");

    /// <summary>The contract's type at a path; null where it has none.</summary>
    static Type? TypeAt(Type root, IReadOnlyList<string> path)
    {
        var type = root;
        foreach (var step in path)
        {
            var info = AnumateJson.Options.GetTypeInfo(type);
            if ((info.ElementType ?? info.Properties.FirstOrDefault(p => p.Name == step)?.PropertyType) is not { } next)
            {
                return null;
            }

            type = next;
        }

        return type;
    }

    static string? Suggest(string name, Type? type)
    {
        if (type is null)
        {
            return null;
        }

        var known = AnumateJson.Options.GetTypeInfo(type).Properties.Where(p => p.Set is not null || p.AssociatedParameter is not null).Select(p => p.Name).ToList();
        return DidYouMean.Suggest(name, known) ?? (known.Count == 0 ? null : $"known members: {string.Join(", ", known.Select(k => $"`{k}`"))}");
    }

    [GeneratedRegex(@"^The JSON property '.*' could not be mapped", RegexOptions.Singleline)]
    private static partial Regex Unknown();

    [GeneratedRegex(@"was missing required properties including: (.*?)\.?( Path: .*)?$", RegexOptions.Singleline)]
    private static partial Regex Missing();

    [GeneratedRegex("'([^']*)'")]
    private static partial Regex Quoted();

    // A path as System.Text.Json writes it: $.a[0]['b.c']
    [GeneratedRegex(@"\.([^.\[\]']+)|\[(\d+)\]|\['(.*?)'\]")]
    private static partial Regex Steps();
}
