using System.Globalization;
using System.Text;

namespace Anumate.PolicyEngine.Syntax;

/// <summary>
/// Cuts a document into tokens. The tokens are those of CEL (so that an expression needs no quoting) and numbers with a unit (<c>4h</c>).
/// What a token means is the parser's business, or the CEL engine's inside an expression.
/// </summary>
sealed class Lexer(string source, Findings findings)
{
    static readonly string[] Pairs = ["==", "!=", "<=", ">=", "&&", "||", ".?", "[?", "{?"];

    readonly List<Token> tokens = [];
    readonly List<Comment> comments = [];
    int at;
    int lineBreaks;

    public TokenStream Read()
    {
        if (source.Length > PolicyLimits.Source)
        {
            findings.Error("policy.too-large", $"the document has {source.Length} characters; {PolicyLimits.Source} are allowed", default,
                "split it into several policies");
            return new TokenStream(source, [], [], Whole: false);
        }

        var whole = true;
        while (Skip() && !findings.Full)
        {
            if (tokens.Count == PolicyLimits.Tokens)
            {
                findings.Error("policy.too-large", $"the document has more than {PolicyLimits.Tokens} tokens", new Span(at, at),
                    "split it into several policies");
                whole = false;
                break;
            }

            Next();
        }

        tokens.Add(new Token(TokenKind.End, new Span(source.Length, source.Length), false));
        return new TokenStream(source, tokens, comments, whole);
    }

    /// <summary>Passes blanks and comments; false at the end of the text.</summary>
    bool Skip()
    {
        lineBreaks = 0;
        while (at < source.Length)
        {
            var c = source[at];
            if (c is '\n' or '\r')
            {
                lineBreaks++;
                at++;
            }
            else if (c is ' ' or '\t')
            {
                at++;
            }
            else if (c == '/' && Peek(1) == '/')
            {
                ReadComment();
            }
            else
            {
                return true;
            }
        }

        return false;
    }

    void ReadComment()
    {
        var start = at;
        while (at < source.Length && source[at] is not ('\n' or '\r'))
        {
            CheckCharacter();
        }

        comments.Add(new Comment(source[start..at].TrimEnd(), tokens.Count, lineBreaks == 0 && tokens.Count > 0));
    }

    void Next()
    {
        var start = at;
        var c = source[at];
        if (char.IsAsciiLetter(c) || c == '_')
        {
            ReadWord(start);
        }
        else if (char.IsAsciiDigit(c) || (c == '.' && char.IsAsciiDigit(Peek(1)) && !AfterOperand()))
        {
            ReadNumber(start);
        }
        else if (c is '"' or '\'')
        {
            ReadText(start, raw: false);
        }
        else if (ReadSymbol(c) is var length and > 0)
        {
            at += length;
            Add(TokenKind.Symbol, start);
        }
        else
        {
            Refuse(start);
        }
    }

    void ReadWord(int start)
    {
        while (at < source.Length && (char.IsAsciiLetterOrDigit(source[at]) || source[at] == '_'))
        {
            at++;
        }

        // CEL: r"…", b"…", rb"…" and their like are one token.
        var word = source.AsSpan(start, at - start);
        if (Peek(0) is '"' or '\'' && word.Length <= 2 && word.Trim("rRbB").IsEmpty)
        {
            ReadText(start, word.ContainsAny('r', 'R'));
            return;
        }

        Add(TokenKind.Word, start);
    }

    /// <summary>Digits, a fraction, an exponent, a unit: <c>12</c>, <c>1.5e-3</c>, <c>0x1F</c>, <c>7u</c>, <c>1h30m</c>.</summary>
    void ReadNumber(int start)
    {
        Digits();
        if (Peek(0) == '.' && char.IsAsciiDigit(Peek(1)))
        {
            at++;
            Digits();
        }

        while (at < source.Length && (char.IsAsciiLetterOrDigit(source[at]) || source[at] == '_'))
        {
            var exponent = source[at] is 'e' or 'E' && Peek(1) is '+' or '-' && char.IsAsciiDigit(Peek(2))
                && !source.AsSpan(start, at - start).ContainsAny('x', 'X');
            at += exponent ? 2 : 1;
        }

        Add(TokenKind.Number, start);
    }

    void Digits()
    {
        while (char.IsAsciiDigit(Peek(0)))
        {
            at++;
        }
    }

    void ReadText(int start, bool raw)
    {
        var quote = source[at];
        var triple = Peek(1) == quote && Peek(2) == quote;
        at += triple ? 3 : 1;
        while (at < source.Length)
        {
            var c = source[at];
            if (c == quote && (!triple || (Peek(1) == quote && Peek(2) == quote)))
            {
                at += triple ? 3 : 1;
                Add(TokenKind.Text, start);
                return;
            }

            if (c is '\n' or '\r' && !triple)
            {
                break;
            }

            if (c == '\\' && !raw && at + 1 < source.Length && source[at + 1] is not ('\n' or '\r'))
            {
                at++;
            }

            if (source[at] is '\n' or '\r')
            {
                at++;
            }
            else
            {
                CheckCharacter();
            }
        }

        findings.Error("policy.unterminated-text", "the text has no closing quote", new Span(start, at),
            $"close it with `{new string(quote, triple ? 3 : 1)}`");
        Add(TokenKind.Text, start);
    }

    int ReadSymbol(char c)
    {
        foreach (var pair in Pairs)
        {
            if (c == pair[0] && Peek(1) == pair[1])
            {
                return 2;
            }
        }

        return c is '<' or '>' or '|' or ';' or '!' or '+' or '-' or '*' or '/' or '%' or '?' or ':' or '.' or ',' or '(' or ')' or '[' or ']' or '{' or '}' or '=' ? 1 : 0;
    }

    /// <summary>One character that begins no token; a run of them is one finding.</summary>
    void Refuse(int start)
    {
        var rune = Rune.TryGetRuneAt(source, at, out var r) ? r : new Rune(0xFFFD);
        var isLetter = Rune.IsLetter(rune);
        findings.Error("policy.character", $"the character {Describe(rune)} has no meaning here",
            new Span(start, start + rune.Utf16SequenceLength),
            isLetter
                ? "names consist of the ASCII letters a-z, digits and `_`; a look-alike letter of another script is not the same"
                : null);
        at += source[at] is var c && char.IsHighSurrogate(c) && at + 1 < source.Length && char.IsLowSurrogate(source[at + 1]) ? 2 : 1;
        while (isLetter && at < source.Length && char.IsLetterOrDigit(source[at]))
        {
            at++;
        }
    }

    /// <summary>
    /// Passes one character of a text or comment; what a reader cannot see is refused, or a document could show one thing and mean another.
    /// </summary>
    void CheckCharacter()
    {
        if (!Rune.TryGetRuneAt(source, at, out var rune))
        {
            findings.Error("policy.character", "a lone surrogate is not a character", new Span(at, at + 1));
            at++;
            return;
        }

        var hidden = rune.Value != '\t' && Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format
            or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator;
        if (hidden)
        {
            findings.Error("policy.character", $"the invisible character {Describe(rune)} is not allowed", new Span(at, at + 1),
                "delete it, or write it as an escape inside an expression");
        }

        at += rune.Utf16SequenceLength;
    }

    static string Describe(Rune rune) =>
        Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator
            or UnicodeCategory.SpaceSeparator
            ? $"U+{rune.Value:X4}"
            : $"`{rune}` (U+{rune.Value:X4})";

    bool AfterOperand() =>
        tokens.Count > 0 && tokens[^1] is { Kind: not TokenKind.Symbol }
        || (tokens.Count > 0 && source[tokens[^1].Span.End - 1] is ')' or ']' or '}');

    void Add(TokenKind kind, int start) =>
        tokens.Add(new Token(kind, new Span(start, at), tokens.Count > 0 && tokens[^1].Span.End == start));

    char Peek(int ahead) => at + ahead < source.Length ? source[at + ahead] : '\0';
}
