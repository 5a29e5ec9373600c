using System.Text.RegularExpressions;
using Anumate.Schemas.Patterns;
using CsCheck;

namespace Anumate.Engines.Tests.Schemas;

public sealed class PatternTests
{
    static bool Matches(string pattern, string text)
    {
        var (compiled, error) = Pattern.Compile(pattern);
        Assert.True(compiled is not null, error);
        return compiled.IsMatch(text);
    }

    [Theory]
    [InlineData("^a$", "a", true)]
    [InlineData("^a$", "a\n", false)]
    [InlineData("^a$", "b\na", false)]
    [InlineData("a", "xay", true)]
    [InlineData("", "", true)]
    [InlineData("^.$", "😀", true)]
    [InlineData("^.$", "\n", false)]
    [InlineData("^.$", "\u2028", false)]
    [InlineData("^[^a]$", "😀", true)]
    [InlineData("^.{2}$", "😀", false)]
    [InlineData("^[😀-😂]$", "😁", true)]
    [InlineData("^[😀-😂]$", "😃", false)]
    [InlineData("^\\u{1F600}$", "😀", true)]
    [InlineData("^\\uD83D\\uDE00$", "😀", true)]
    [InlineData("^\\d$", "٣", false)]
    [InlineData("^\\d+$", "0123456789", true)]
    [InlineData("^\\w$", "é", false)]
    [InlineData("^\\W$", "é", true)]
    [InlineData("^\\s$", "\u00A0", true)]
    [InlineData("^\\s$", "\uFEFF", true)]
    [InlineData("^\\s$", "\u0085", false)]
    [InlineData("^\\S$", "\u0085", true)]
    [InlineData("^\\p{Letter}+$", "aéЖ日𝒜", true)]
    [InlineData("^\\p{L}{1,64}$", "日本語", true)]
    [InlineData("^\\p{Lu}$", "a", false)]
    [InlineData("^\\P{Lu}$", "a", true)]
    [InlineData("^\\p{gc=Nd}$", "٣", true)]
    [InlineData("^[\\p{L}\\d_-]+$", "a-1_é", true)]
    [InlineData("^\\cJ$", "\n", true)]
    [InlineData("^[\\b]$", "\b", true)]
    [InlineData("^\\x41\\/\\-$", "A/-", true)]
    [InlineData("^(?<year>\\d{4})-(?:0[1-9]|1[0-2])$", "2026-07", true)]
    [InlineData("^(?:a|b)+?c*?$", "ababc", true)]
    [InlineData("^[]$", "a", false)]
    [InlineData("^[^]$", "a", true)]
    [InlineData("^{a}$", "{a}", true)]
    [InlineData("^a{2,}$", "a", false)]
    [InlineData("^a{,2}$", "a{,2}", true)]
    [InlineData("(^a)|(b$)", "xb", true)]
    [InlineData("^(?:(?:ab)+|)+$", "", true)]
    [InlineData("x(?:[ab]+|){2,3}$", "x", true)]
    [InlineData("^(?:(?:ab)+|c){2}$", "ab", false)]
    [InlineData("^[\\w.+-]+@[\\w-]+\\.[\\w.-]+$", "a.b+c@ex-ample.org", true)]
    public void Matches_as_ecma_262_does_in_unicode_mode(string pattern, string text, bool matches) =>
        Assert.Equal(matches, Matches(pattern, text));

    [Theory]
    [InlineData("(a)\\1", "back reference")]
    [InlineData("\\k<x>", "back reference")]
    [InlineData("(?=a)", "look-around")]
    [InlineData("(?!a)", "look-around")]
    [InlineData("(?<=a)b", "look-around")]
    [InlineData("\\bword\\b", "word boundary")]
    [InlineData("\\p{Script=Greek}", "`Script=Greek` is not supported")]
    [InlineData("\\p{Nonsense}", "`Nonsense` is not supported")]
    [InlineData("a**", "repeats nothing")]
    [InlineData("^*", "cannot be repeated")]
    [InlineData("(a", "the `(` at character 1 is not closed")]
    [InlineData("a)", "the `)` at character 2 closes nothing")]
    [InlineData("[a", "is not closed")]
    [InlineData("[z-a]", "out of order")]
    [InlineData("[\\d-z]", "not of single characters")]
    [InlineData("a{2,1}", "wrong order")]
    [InlineData("a{1,5000}", "more than 1000")]
    [InlineData("(a{1000}){1000}", "2000 states")]
    [InlineData("\\q", "there is no escape")]
    [InlineData("\\", "ends with")]
    [InlineData("\\u{110000}", "names no code point")]
    [InlineData("\\xZ1", "hexadecimal")]
    public void Refuses_what_it_cannot_match_in_linear_time_or_does_not_know(string pattern, string why)
    {
        var (compiled, error) = Pattern.Compile(pattern);
        Assert.Null(compiled);
        Assert.Contains(why, error, StringComparison.Ordinal);
    }

    [Fact]
    public void Deeply_nested_groups_are_refused()
    {
        var (compiled, error) = Pattern.Compile(new string('(', 1500) + new string(')', 1500));
        Assert.Null(compiled);
        Assert.Contains("nested deeper", error, StringComparison.Ordinal);
    }

    [Fact]
    public void Patterns_that_ruin_backtracking_matchers_answer()
    {
        // A backtracking matcher would not come back from any of these.
        var text = new string('a', 5_000) + "!";
        Assert.False(Matches("^(a+)+$", text));
        Assert.False(Matches("^(a|a)*$", text));
        Assert.False(Matches("^(a*)*b$", text));
        Assert.False(Matches("(x+x+)+y", new string('x', 5_000)));
    }

    static readonly Gen<string> Atom = Gen.OneOf("a", "b", "\\d", "[ab]", "[^a]", ".", "\\w", "[b-d1]", "\\.", "\\s");

    static Gen<string> Expression(int depth) =>
        depth == 0
            ? Atom
            : Gen.OneOf(
                Atom,
                Gen.Select(Expression(depth - 1), Expression(depth - 1), (x, y) => x + y),
                Gen.Select(Expression(depth - 1), Expression(depth - 1), (x, y) => $"(?:{x}|{y})"),
                Gen.Select(Expression(depth - 1), Gen.OneOf("*", "+", "?", "{1,2}", "{2}"), (x, q) => $"(?:{x}){q}"));

    [Fact]
    public void Agrees_with_the_frameworks_ecmascript_mode_on_ascii()
    {
        Gen.Select(Expression(3), Gen.Bool, Gen.String[Gen.Char["abcd1 ._"], 0, 8]).Sample(
            (expression, anchored, text) =>
            {
                var pattern = anchored ? $"^(?:{expression})$" : expression;
                Assert.Equal(Regex.IsMatch(text, pattern, RegexOptions.ECMAScript), Matches(pattern, text));
            },
            iter: Runs.Of(150));
    }

    [Fact]
    public void Random_text_never_makes_the_parser_throw()
    {
        Gen.String[Gen.Char["ab\\[]{}()*+?|^$.,-0123uxpPdkcLN=<>:!"], 0, 20].Sample(
            text =>
            {
                var (compiled, error) = Pattern.Compile(text);
                Assert.True(compiled is null != error is null);
                compiled?.IsMatch("ab1");
            },
            iter: Runs.Of(300));
    }
}
