namespace Anumate.Schemas.Compilation;

/// <summary>
/// URI references as RFC 3986 section 5 resolves them, on text: System.Uri rewrites URNs, drive letters and percent-encoding, and
/// schema identifiers must stay as their author wrote them.
/// </summary>
static class UriText
{
    readonly record struct Parts(string? Scheme, string? Authority, string Path, string? Query);

    /// <summary>The URI before the fragment and the fragment, percent-decoded; null when there is none.</summary>
    public static (string Uri, string? Fragment) Split(string reference)
    {
        var hash = reference.IndexOf('#', StringComparison.Ordinal);
        return hash < 0 ? (reference, null) : (reference[..hash], Uri.UnescapeDataString(reference[(hash + 1)..]));
    }

    /// <summary>The absolute URI of a reference without a fragment.</summary>
    public static string Resolve(string baseUri, string reference)
    {
        if (reference.Length == 0)
        {
            return baseUri;
        }

        var r = Read(reference);
        if (r.Scheme is not null)
        {
            return Write(r with { Path = RemoveDots(r.Path) });
        }

        var b = Read(baseUri);
        if (r.Authority is not null)
        {
            return Write(r with { Scheme = b.Scheme, Path = RemoveDots(r.Path) });
        }

        if (r.Path.Length == 0)
        {
            return Write(b with { Query = r.Query ?? b.Query });
        }

        var path = r.Path[0] == '/' ? r.Path : Merge(b, r.Path);
        return Write(b with { Path = RemoveDots(path), Query = r.Query });
    }

    static Parts Read(string uri)
    {
        string? scheme = null;
        var colon = uri.IndexOf(':', StringComparison.Ordinal);
        if (colon > 0 && char.IsAsciiLetter(uri[0]) && uri[..colon].All(c => char.IsAsciiLetterOrDigit(c) || c is '+' or '-' or '.'))
        {
            (scheme, uri) = (uri[..colon].ToLowerInvariant(), uri[(colon + 1)..]);
        }

        string? query = null;
        var mark = uri.IndexOf('?', StringComparison.Ordinal);
        if (mark >= 0)
        {
            (uri, query) = (uri[..mark], uri[(mark + 1)..]);
        }

        if (!uri.StartsWith("//", StringComparison.Ordinal))
        {
            return new Parts(scheme, null, uri, query);
        }

        var slash = uri.IndexOf('/', 2);
        return slash < 0 ? new Parts(scheme, uri[2..], "", query) : new Parts(scheme, uri[2..slash], uri[slash..], query);
    }

    static string Write(Parts p) =>
        $"{(p.Scheme is null ? "" : p.Scheme + ":")}{(p.Authority is null ? "" : "//" + p.Authority)}{p.Path}{(p.Query is null ? "" : "?" + p.Query)}";

    static string Merge(Parts b, string path) =>
        b.Authority is not null && b.Path.Length == 0 ? "/" + path : b.Path[..(b.Path.LastIndexOf('/') + 1)] + path;

    static string RemoveDots(string path)
    {
        if (!path.Contains("/.", StringComparison.Ordinal) && !path.StartsWith('.'))
        {
            return path;
        }

        var kept = new List<string>();
        var segments = path.Split('/');
        for (var i = 0; i < segments.Length; i++)
        {
            var last = i == segments.Length - 1;
            if (segments[i] is "." or "..")
            {
                if (segments[i] == ".." && kept.Count > 1)
                {
                    kept.RemoveAt(kept.Count - 1);
                }

                if (last)
                {
                    kept.Add("");
                }
            }
            else
            {
                kept.Add(segments[i]);
            }
        }

        return string.Join('/', kept);
    }
}
