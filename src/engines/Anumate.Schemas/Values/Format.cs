using System.Collections.Frozen;
using System.Net;
using System.Net.Sockets;
using Anumate.Schemas.Documents;
using Anumate.Schemas.Patterns;

namespace Anumate.Schemas.Values;

/// <summary>A <c>format</c> we can check: how messages call it, an example to follow, and the check.</summary>
sealed record Format(string Name, string Description, string Example, Func<string, bool> IsMatch)
{
    public static readonly FrozenDictionary<string, Format> All = new Format[]
    {
        new("email", "an e-mail address", "e.g. ann@example.org", IsEmail),
        new("uri", "a URI", "e.g. https://example.org/a", text => UriFormat.IsReference(text, needsScheme: true)),
        new("uri-reference", "a URI or a relative reference", "e.g. ../a?b=c", text => UriFormat.IsReference(text, needsScheme: false)),
        new("date", "a date", "e.g. 2026-01-31", TimeFormat.IsDate),
        new("date-time", "a date and time with offset", "e.g. 2026-01-31T12:00:00Z", TimeFormat.IsDateTime),
        new("time", "a time with offset", "e.g. 12:00:00Z", TimeFormat.IsTime),
        new("duration", "an ISO 8601 duration", "e.g. P3DT4H", TimeFormat.IsDuration),
        new("uuid", "a UUID", "e.g. 123e4567-e89b-12d3-a456-426614174000", IsUuid),
        new("ipv4", "an IPv4 address", "e.g. 192.0.2.1", UriFormat.IsIpv4),
        new("ipv6", "an IPv6 address", "e.g. 2001:db8::1", UriFormat.IsIpv6),
        new("hostname", "a host name", "e.g. www.example.org", IsHostname),
        new("json-pointer", "a JSON Pointer", "e.g. /a/0", text => JsonPointer.TrySplit(text, out _)),
        new("relative-json-pointer", "a relative JSON Pointer", "e.g. 1/a", IsRelativePointer),
        new("regex", "a regular expression", "e.g. ^[a-z]+$", text => PatternParser.Parse(text).Root is not null),
    }.ToFrozenDictionary(f => f.Name, StringComparer.Ordinal);

    static bool IsUuid(string text) => text.Length == 36 && Guid.TryParseExact(text, "D", out _);

    /// <summary>RFC 1123 section 2.1: labels of letters, digits and hyphens, 63 characters each, 253 in all.</summary>
    static bool IsHostname(string text) =>
        text.Length is > 0 and <= 253 && text.Split('.').All(label =>
            label.Length is > 0 and <= 63
            && label[0] != '-'
            && label[^1] != '-'
            && label.All(c => char.IsAsciiLetterOrDigit(c) || c == '-'));

    /// <summary>RFC 5321 section 4.1.2: a dot-string or quoted string, and a domain or an address literal.</summary>
    static bool IsEmail(string text)
    {
        var split = text.LastIndexOf('@');
        if (split is < 1 or > 64)
        {
            return false;
        }

        var (local, domain) = (text[..split], text[(split + 1)..]);
        return (IsQuoted(local) || local.Split('.').All(atom => atom.Length > 0 && atom.All(IsAtomCharacter))) && IsMailDomain(domain);
    }

    static bool IsMailDomain(string domain) =>
        domain is ['[', .. var literal, ']']
            ? literal.StartsWith("IPv6:", StringComparison.Ordinal) ? UriFormat.IsIpv6(literal[5..]) : UriFormat.IsIpv4(literal)
            : IsHostname(domain);

    static bool IsAtomCharacter(char c) => char.IsAsciiLetterOrDigit(c) || "!#$%&'*+-/=?^_`{|}~".Contains(c, StringComparison.Ordinal);

    static bool IsQuoted(string local)
    {
        if (local is not ['"', .. var inner, '"'])
        {
            return false;
        }

        for (var i = 0; i < inner.Length; i++)
        {
            if (inner[i] == '\\' && i + 1 < inner.Length && inner[i + 1] is >= ' ' and <= '~')
            {
                i++;
            }
            else if (inner[i] is < ' ' or > '~' or '"' or '\\')
            {
                return false;
            }
        }

        return true;
    }

    static bool IsRelativePointer(string text)
    {
        var digits = text.AsSpan().IndexOfAnyExceptInRange('0', '9');
        digits = digits < 0 ? text.Length : digits;
        return digits > 0
            && (digits == 1 || text[0] != '0')
            && (text[digits..] == "#" || JsonPointer.TrySplit(text[digits..], out _));
    }
}

/// <summary>URIs (RFC 3986) and the addresses in them.</summary>
static class UriFormat
{
    const string SubDelims = "!$&'()*+,;=";

    public static bool IsReference(string text, bool needsScheme)
    {
        var rest = text;
        var colon = text.AsSpan().IndexOfAny(":/?#");
        if (colon >= 0 && text[colon] == ':')
        {
            var scheme = text[..colon];
            if (scheme.Length == 0 || !char.IsAsciiLetter(scheme[0]) || !scheme.All(c => char.IsAsciiLetterOrDigit(c) || c is '+' or '-' or '.'))
            {
                return false;
            }

            rest = text[(colon + 1)..];
        }
        else if (needsScheme)
        {
            return false;
        }

        var hash = rest.IndexOf('#', StringComparison.Ordinal);
        if (hash >= 0)
        {
            if (!Holds(rest[(hash + 1)..], ":@/?"))
            {
                return false;
            }

            rest = rest[..hash];
        }

        var mark = rest.IndexOf('?', StringComparison.Ordinal);
        if (mark >= 0)
        {
            if (!Holds(rest[(mark + 1)..], ":@/?"))
            {
                return false;
            }

            rest = rest[..mark];
        }

        if (!rest.StartsWith("//", StringComparison.Ordinal))
        {
            return Holds(rest, ":@/");
        }

        var slash = rest.IndexOf('/', 2);
        var authority = slash < 0 ? rest[2..] : rest[2..slash];
        return IsAuthority(authority) && (slash < 0 || Holds(rest[slash..], ":@/"));
    }

    /// <summary>Four decimal numbers up to 255 without leading zeros.</summary>
    public static bool IsIpv4(string text)
    {
        var parts = text.Split('.');
        return parts.Length == 4 && parts.All(p =>
            p.Length is >= 1 and <= 3 && p.All(char.IsAsciiDigit) && (p.Length == 1 || p[0] != '0') && int.Parse(p) <= 255);
    }

    public static bool IsIpv6(string text) =>
        text.Contains(':', StringComparison.Ordinal)
        && text.All(c => char.IsAsciiHexDigit(c) || c is ':' or '.')
        && (!text.Contains('.', StringComparison.Ordinal) || IsIpv4(text[(text.LastIndexOf(':') + 1)..]))
        && IPAddress.TryParse(text, out var address)
        && address.AddressFamily == AddressFamily.InterNetworkV6;

    static bool IsAuthority(string authority)
    {
        var at = authority.LastIndexOf('@');
        if (at >= 0 && !Holds(authority[..at], ":"))
        {
            return false;
        }

        var host = authority[(at + 1)..];
        var close = host.StartsWith('[') ? host.IndexOf(']', StringComparison.Ordinal) : -1;
        if (host.StartsWith('[') && (close < 0 || !IsIpv6(host[1..close])))
        {
            return false;
        }

        var port = host.IndexOf(':', close + 1);
        var name = close >= 0 ? "" : port < 0 ? host : host[..port];
        return Holds(name, "")
            && (close < 0 || port == close + 1 || host.Length == close + 1)
            && (port < 0 || host[(port + 1)..].All(char.IsAsciiDigit));
    }

    /// <summary>Only unreserved characters, sub-delimiters, percent escapes and some others.</summary>
    static bool Holds(string text, string others)
    {
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (c == '%')
            {
                if (i + 2 >= text.Length || !char.IsAsciiHexDigit(text[i + 1]) || !char.IsAsciiHexDigit(text[i + 2]))
                {
                    return false;
                }
            }
            else if (!char.IsAsciiLetterOrDigit(c)
                && c is not ('-' or '.' or '_' or '~')
                && !SubDelims.Contains(c, StringComparison.Ordinal)
                && !others.Contains(c, StringComparison.Ordinal))
            {
                return false;
            }
        }

        return true;
    }
}
