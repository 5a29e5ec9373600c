namespace Anumate.Registry;

/// <summary>SemVer 2.0 precedence (section 11) as a text whose ordinal order is that precedence. Build metadata does not count.</summary>
static class SemVer
{
    /// <summary>
    /// Numbers are preceded by their length, so longer ones sort higher; a release sorts above its pre-releases; numeric identifiers
    /// below alphanumeric ones; fewer identifiers below more.
    /// </summary>
    public static string Precedence(string version)
    {
        var text = version.Split('+')[0];
        var dash = text.IndexOf('-');
        var core = string.Join('.', (dash < 0 ? text : text[..dash]).Split('.').Select(Number));
        return dash < 0 ? core + " ~" : core + " -" + string.Concat(text[(dash + 1)..].Split('.').Select(Identifier));
    }

    static string Number(string digits) => $"{(char)('0' + Math.Min(digits.Length / 10, 9))}{(char)('0' + digits.Length % 10)}{digits}";

    static string Identifier(string part) => part.All(char.IsAsciiDigit) ? $"\u0001{Number(part)}" : $"\u0002{part}";
}
