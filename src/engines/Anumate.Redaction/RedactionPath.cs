using System.Text;

namespace Anumate.Redaction;

/// <summary>What a segment of a path stands for.</summary>
public enum SegmentKind
{
    /// <summary>The member of this name.</summary>
    Member,

    /// <summary>The element at this place of a list.</summary>
    Element,

    /// <summary><c>[*]</c>: every element of a list.</summary>
    EveryElement,

    /// <summary><c>*</c>: every member or element.</summary>
    Every,

    /// <summary><c>**</c>: any number of levels, none included.</summary>
    AnyDepth,
}

/// <summary>One segment of a path.</summary>
public readonly record struct PathSegment(SegmentKind Kind, string Name = "", int Index = 0);

/// <summary>
/// Where in the data a value lies: <c>call.args.card</c>, <c>result.**</c>, <c>result.items[*].email</c>, <c>result["odd name"]</c>,
/// <c>result.rows[0]</c>, <c>result.*.id</c>.
/// </summary>
public sealed class RedactionPath
{
    /// <summary>The most segments of a path.</summary>
    public const int MaxSegments = 32;

    /// <summary>The longest text of a path.</summary>
    public const int MaxLength = 1_024;

    RedactionPath(IReadOnlyList<PathSegment> segments) => Segments = segments;

    public IReadOnlyList<PathSegment> Segments { get; }

    /// <summary>Reads a path; null, and what is wrong with it, when it is none.</summary>
    public static RedactionPath? Read(string text, out string? fault)
    {
        fault = text.Length > MaxLength ? $"the path has more than {MaxLength} characters" : null;
        var segments = new List<PathSegment>();
        var at = 0;
        while (fault is null && (at < text.Length || segments.Count == 0))
        {
            fault = Next(text, ref at, segments);
        }

        if (fault is null && segments.Count > MaxSegments)
        {
            fault = $"the path has more than {MaxSegments} segments";
        }

        return fault is null ? new(segments) : null;
    }

    static string? Next(string text, ref int at, List<PathSegment> segments)
    {
        if (at < text.Length && text[at] == '[')
        {
            return segments.Count == 0 ? "a path begins with a name" : Bracket(text, ref at, segments);
        }

        if (segments.Count > 0 && text[at++] != '.')
        {
            return $"there is something odd at character {at} of the path";
        }

        var from = at;
        while (at < text.Length && (char.IsAsciiLetterOrDigit(text[at]) || text[at] is '_' or '-' or '*'))
        {
            at++;
        }

        var word = text[from..at];
        if (word.Length == 0 || (word.Contains('*') && word is not ("*" or "**")))
        {
            return $"there is no name, `*` or `**` at character {from + 1} of the path; other names stand in brackets: `[\"…\"]`";
        }

        segments.Add(new(word switch { "*" => SegmentKind.Every, "**" => SegmentKind.AnyDepth, _ => SegmentKind.Member }, word));
        return null;
    }

    // `at` is at the opening bracket.
    static string? Bracket(string text, ref int at, List<PathSegment> segments)
    {
        var inside = text.AsSpan(at + 1);
        if (inside.StartsWith("*]"))
        {
            segments.Add(new(SegmentKind.EveryElement));
            at += 3;
            return null;
        }

        if (inside.Length > 0 && inside[0] == '"')
        {
            return Quoted(text, ref at, segments);
        }

        var end = inside.IndexOf(']');
        if (end is < 1 or > 9 || inside[..end].ContainsAnyExceptInRange('0', '9'))
        {
            return $"there is no place, `*` or quoted name in the bracket at character {at + 1} of the path";
        }

        segments.Add(new(SegmentKind.Element, Index: int.Parse(inside[..end])));
        at += end + 2;
        return null;
    }

    static string? Quoted(string text, ref int at, List<PathSegment> segments)
    {
        var name = new StringBuilder();
        for (var i = at + 2; i < text.Length; i++)
        {
            if (text[i] == '"')
            {
                if (i + 1 < text.Length && text[i + 1] == ']')
                {
                    segments.Add(new(SegmentKind.Member, name.ToString()));
                    at = i + 2;
                    return null;
                }

                break;
            }

            if (text[i] == '\\' && ++i == text.Length)
            {
                break;
            }

            name.Append(text[i]);
        }

        return $"the quoted name at character {at + 1} of the path does not end with `\"]`";
    }

    /// <summary>As it is read.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        foreach (var segment in Segments)
        {
            text.Append(segment.Kind switch
            {
                SegmentKind.Element => $"[{segment.Index}]",
                SegmentKind.EveryElement => "[*]",
                SegmentKind.Member when segment.Name.Length == 0 || segment.Name.Any(c => !char.IsAsciiLetterOrDigit(c) && c is not ('_' or '-')) =>
                    $"[\"{segment.Name.Replace("\\", "\\\\").Replace("\"", "\\\"")}\"]",
                _ => text.Length == 0 ? segment.Name : "." + segment.Name,
            });
        }

        return text.ToString();
    }
}
