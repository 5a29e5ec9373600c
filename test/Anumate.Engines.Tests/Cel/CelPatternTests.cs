using Anumate.Cel;
using CsCheck;

namespace Anumate.Engines.Tests.Cel;

public sealed class CelPatternTests
{
    static bool? Match(string text, string pattern)
    {
        var frame = new Frame([], [], long.MaxValue);
        var compiled = Patterns.Of(pattern);
        return compiled.Error is null ? compiled.Match(ref frame, text).IsTrue : null;
    }

    [Theory]
    [InlineData("abc", "b", true)]
    [InlineData("abc", "^b", false)]
    [InlineData("abc\n", "c$", false)]
    [InlineData("abc\ndef", "(?m)c$", true)]
    [InlineData("abc\ndef", "(?m:^d)", true)]
    [InlineData("abc\ndef", "^d", false)]
    [InlineData("a\nb", "a.b", false)]
    [InlineData("a\nb", "(?s)a.b", true)]
    [InlineData("ABC", "(?i)abc", true)]
    [InlineData("xABC", "x(?i)abc", true)]
    [InlineData("XABC", "x(?i)abc", false)]
    [InlineData("ABc", "(?i:ab)c", true)]
    [InlineData("ABC", "(?i:ab)c", false)]
    [InlineData("aBc", "(?i)a(?-i:b)c", false)]
    [InlineData("😀", "^.$", true)]
    [InlineData("😀", "^[^a]$", true)]
    [InlineData("😀😀", "^😀{2}$", true)]
    [InlineData("😀", "^[😀-😂]$", true)]
    [InlineData("😃", "^[😀-😂]$", false)]
    [InlineData("٣", @"\d", false)]
    [InlineData("3", @"^\d$", true)]
    [InlineData("ü", @"^\w$", false)]
    [InlineData("ü", @"^\W$", true)]
    [InlineData("\u00a0", @"\s", false)]
    [InlineData("\v", @"\s", false)]
    [InlineData("\v", "[[:space:]]", true)]
    [InlineData("f", "^[[:xdigit:]]$", true)]
    [InlineData("g", "^[[:^xdigit:]]$", true)]
    [InlineData("]", "^[]]$", true)]
    [InlineData("-", "^[a-]$", true)]
    [InlineData("b", "^[a-]$", false)]
    [InlineData("^", "^[\\^]$", true)]
    [InlineData("a{,2}", "^a{,2}$", true)]
    [InlineData("a{x", "^a{x$", true)]
    [InlineData("aaa", "^a{2,}$", true)]
    [InlineData("aaaa", "^a{1,3}$", false)]
    [InlineData("a.b", @"^a\.b$", true)]
    [InlineData("a.b", @"^\Qa.b\E$", true)]
    [InlineData("axb", @"^\Qa.b\E$", false)]
    [InlineData("A", @"^\x41$", true)]
    [InlineData("😀", @"^\x{1F600}$", true)]
    [InlineData("S", @"^\123$", true)]
    [InlineData("ab", "^(?P<first>a)(?<second>b)$", true)]
    [InlineData("aaa", "^a+?$", true)]
    [InlineData("", "^(|a)$", true)]
    [InlineData("", "^((ab)+|)+$", true)]
    [InlineData("x", "x([ab]+|){2,3}$", true)]
    [InlineData("xac", "((ab)+|(^)*)+", true)]
    [InlineData("xac", "c((ab)+|^)+", false)]
    [InlineData("ab", "^((ab)+|c){2}$", false)]
    [InlineData("a", @"\Aa\z", true)]
    [InlineData("# x", "^# x$", true)]
    [InlineData("a", "(a", null)]
    [InlineData("a", "a)", null)]
    [InlineData("a", "[a", null)]
    [InlineData("a", "[b-a]", null)]
    [InlineData("a", "*a", null)]
    [InlineData("a", "a**", null)]
    [InlineData("a", "a{2}{3}", null)]
    [InlineData("a", "a{1001}", null)]
    [InlineData("a", "(a{100}){100}", null)]
    [InlineData("a", "(?=a)", null)]
    [InlineData("a", "(?<=a)", null)]
    [InlineData("a", "(?<!a)", null)]
    [InlineData("a", "(?>a)", null)]
    [InlineData("a", "(?#c)a", null)]
    [InlineData("a", @"(a)\1", null)]
    [InlineData("a", @"\ba", null)]
    [InlineData("a", @"\p{L}", null)]
    [InlineData("a", @"\k<a>", null)]
    [InlineData("a", @"\", null)]
    [InlineData("a", "[[:nope:]]", null)]
    public void Reads_patterns_as_RE2_does_or_refuses_them(string text, string pattern, bool? matches) => Assert.Equal(matches, Match(text, pattern));

    [Fact]
    public void Stays_linear_on_patterns_made_to_explode()
    {
        var text = new string('a', 50_000) + "!";
        Assert.False(Match(text, "^(a+)+$"));
        Assert.False(Match(text, "^(a|aa)+$"));
        Assert.False(Match(text, "^(a?){100}b$"));
        Assert.Null(Match(text, new string('(', 5_000)));
        Assert.Null(Match(text, string.Concat(Enumerable.Repeat("(a{9}", 60))));
    }

    /// <summary>An expression and how to match it by the plainest means: the set of ends reachable from a set of starts.</summary>
    sealed record Shape(string Pattern, Func<int[], HashSet<int>, HashSet<int>> Ends);

    static Shape Char(string pattern, Func<int, bool> test) =>
        new(pattern, (text, starts) => [.. starts.Where(i => i < text.Length && test(text[i])).Select(i => i + 1)]);

    static readonly Gen<Shape> Single = Gen.OneOf(
        Char("a", c => c == 'a'), Char("b", c => c == 'b'), Char("😀", c => c == 0x1F600), Char(".", c => c != '\n'), Char("[^a]", c => c != 'a'),
        Char("[a-c😀]", c => c is >= 'a' and <= 'c' or 0x1F600), Char("[^b-d\\n]", c => c is not (>= 'b' and <= 'd' or '\n')), Char("\\W", c => !(c < 128 && (char.IsAsciiLetterOrDigit((char)c) || c == '_'))),
        new("^", (_, starts) => [.. starts.Where(i => i == 0)]), new("$", (text, starts) => [.. starts.Where(i => i == text.Length)]));

    static readonly Gen<Shape> Any = Gen.Recursive<Shape>((depth, inner) => depth >= 4 ? Single : Gen.OneOf(
        Single,
        Gen.Select(inner, inner, (a, b) => new Shape(a.Pattern + b.Pattern, (t, s) => b.Ends(t, a.Ends(t, s)))),
        Gen.Select(inner, inner, (a, b) => new Shape($"(?:{a.Pattern}|{b.Pattern})", (t, s) => [.. a.Ends(t, s), .. b.Ends(t, s)])),
        Gen.Select(inner, Gen.OneOf(("*", 0, 99), ("+", 1, 99), ("?", 0, 1), ("{2}", 2, 2), ("{1,3}", 1, 3)), (a, q) => new Shape(
            $"({a.Pattern}){q.Item1}", (t, s) => Repeat(a, t, s, q.Item2, q.Item3)))));

    static HashSet<int> Repeat(Shape shape, int[] text, HashSet<int> starts, int least, int most)
    {
        var all = new HashSet<int>(least == 0 ? starts : []);
        var current = starts;
        for (var i = 1; i <= Math.Min(most, text.Length + least + 1); i++)
        {
            current = shape.Ends(text, current);
            if (i >= least)
            {
                all.UnionWith(current);
            }
        }

        return all;
    }

    [Fact]
    public void Agrees_with_a_plain_matcher() => Gen.Select(Any, Gen.OneOf("a", "b", "c", "z", "\n", "😀", "é").Array[0, 8]).Sample((shape, parts) =>
    {
        var text = string.Concat(parts);
        int[] points = [.. text.EnumerateRunes().Select(r => r.Value)];
        var expected = shape.Ends(points, [.. Enumerable.Range(0, points.Length + 1)]).Count > 0;
        Assert.True(expected == Match(text, shape.Pattern), $"`{shape.Pattern}` on `{text.Replace("\n", "\\n")}`");
    }, iter: Runs.Of(250));
}
