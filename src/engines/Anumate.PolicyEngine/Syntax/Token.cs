namespace Anumate.PolicyEngine.Syntax;

enum TokenKind
{
    End,
    Word,
    Number,
    Text,
    Symbol,
}

/// <summary>A token. <see cref="Glued"/>: nothing stands between it and the one before.</summary>
readonly record struct Token(TokenKind Kind, Span Span, bool Glued)
{
    public ReadOnlySpan<char> In(string source) => source.AsSpan(Span.Start, Span.Length);
}

/// <summary>
/// A <c>//</c> comment standing before token number <see cref="Before"/>; <see cref="Trailing"/>: on the line of the token before that.
/// </summary>
readonly record struct Comment(string Text, int Before, bool Trailing);

/// <summary>
/// A document in tokens. <see cref="Whole"/> is false when a bound cut it short, so that nothing after is worth a finding.
/// </summary>
sealed record TokenStream(string Source, IReadOnlyList<Token> Tokens, IReadOnlyList<Comment> Comments, bool Whole);
