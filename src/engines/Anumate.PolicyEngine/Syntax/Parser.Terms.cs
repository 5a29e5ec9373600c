namespace Anumate.PolicyEngine.Syntax;

/// <summary>What the kinds of rules say beside their clauses.</summary>
sealed partial class Parser
{
    /// <summary>The rule with the terms of its kind; null after a finding.</summary>
    RuleSyntax? Terms(RuleSyntax rule) => rule.Kind switch
    {
        RuleKind.Approval => Approval() is { } approval ? rule with { Approval = approval } : null,
        RuleKind.Limit => Limit() is { } limit ? rule with { Limit = limit } : null,
        RuleKind.Only => Window() is { } window ? rule with { Window = window } : null,
        RuleKind.Redact => Redactions() is { } redactions ? rule with { Redactions = redactions } : null,
        RuleKind.Require => Require() is { } require ? rule with { Require = require } : null,
        _ => rule,
    };

    /// <summary><c>20 per 1h key [actor.id]</c>.</summary>
    LimitSyntax? Limit()
    {
        if (!Integer("how often", 1, PolicyLimits.LimitCount, out var count, out var at) || !Word("per", "`per`") || Duration() is not { } per)
        {
            return null;
        }

        if (!Word("key"))
        {
            return new LimitSyntax(count, at, per, null);
        }

        if (!Is("["))
        {
            Expected("the key as a list such as `[actor.id]`");
            return null;
        }

        return Expression() is { } key ? new LimitSyntax(count, at, per, key) : null;
    }

    /// <summary><c>in window "Mon-Fri 08:00-18:00" zone "Europe/Berlin"</c>.</summary>
    WindowSyntax? Window() =>
        Word("in", "`in window`") && Word("window", "`window`") && Text("a window such as `\"Mon-Fri 08:00-18:00\"`") is { } window
        && Word("zone", "`zone`") && Text("a time zone such as `\"Europe/Berlin\"`") is { } zone
            ? new WindowSyntax(window, zone)
            : null;

    /// <summary><c>preflight risk &lt; 50 not older than 24h</c>.</summary>
    RequireSyntax? Require()
    {
        if (!Word("preflight", "`preflight`"))
        {
            return null;
        }

        var require = new RequireSyntax(null, false, null);
        if (Word("risk"))
        {
            var orEqual = Is("<=");
            if (!Is("<") && !Is("<="))
            {
                Expected("`<` or `<=`");
                return null;
            }

            index++;
            if (!Integer("the risk", 0, 100, out var risk, out _))
            {
                return null;
            }

            require = require with { Risk = risk, OrEqual = orEqual };
        }

        return !Word("not") ? require
            : Word("older", "`older than`") && Word("than", "`than`") && Duration() is { } age ? require with { NotOlderThan = age }
            : null;
    }

    /// <summary>One redaction or several, parted by <c>;</c>.</summary>
    List<RedactionSyntax>? Redactions()
    {
        var all = new List<RedactionSyntax>();
        do
        {
            if (Redaction() is not { } redaction)
            {
                return null;
            }

            all.Add(redaction);
        }
        while (Symbol(";", required: false));

        return all;
    }

    RedactionSyntax? Redaction()
    {
        if (ValuePath() is not { } path)
        {
            return null;
        }

        var recognisers = new List<NameSyntax>();
        if (Word("where") && !(Word("pii", "`pii`") && Words("a recogniser such as `EMAIL`", recognisers)))
        {
            return null;
        }

        if (!Word("with", "`with`") || AnyWord("`drop`, `mask`, `token`, `hash` or `partial_date`") is not { } name)
        {
            return null;
        }

        var arguments = new List<ArgumentSyntax>();
        return !Is("(") || Arguments(arguments) ? new RedactionSyntax(path, recognisers, name, arguments) : null;
    }

    /// <summary><c>call.args.card</c>, <c>result.items.*.email</c>, <c>result["odd name"].**</c>.</summary>
    NameSyntax? ValuePath()
    {
        var start = index;
        if (AnyWord("a path such as `call.args.card`") is null)
        {
            return null;
        }

        while (Current.Glued && (Is(".") || Is("[")))
        {
            if (Word2(".", TokenKind.Word))
            {
                index += 2;
            }
            else if (Is(".") && IsStar(index + 1))
            {
                index += IsStar(index + 2) ? 3 : 2;
            }
            else if (Word2("[", TokenKind.Text) && stream.Tokens[index + 2].In(stream.Source) is "]")
            {
                index += 3;
            }
            else
            {
                index++;
                Expected("a name, `*` or `**`");
                return null;
            }
        }

        var span = new Span(stream.Tokens[start].Span.Start, stream.Tokens[index - 1].Span.End);
        return new NameSyntax(span.Of(stream.Source), span);
    }

    bool Word2(string symbol, TokenKind next) => Is(symbol) && stream.Tokens[index + 1] is { Glued: true } token && token.Kind == next;

    bool IsStar(int at) => stream.Tokens[at] is { Kind: TokenKind.Symbol, Glued: true } token && token.In(stream.Source) is "*";

    /// <summary><c>(IBAN, EMAIL)</c>.</summary>
    bool Words(string what, List<NameSyntax> words)
    {
        if (!Symbol("("))
        {
            return false;
        }

        do
        {
            if (AnyWord(what) is not { } word)
            {
                return false;
            }

            words.Add(word);
        }
        while (Symbol(",", required: false));

        return Symbol(")");
    }

    /// <summary><c>(first: 2, last: 4)</c>, <c>(keep: year)</c>.</summary>
    bool Arguments(List<ArgumentSyntax> arguments)
    {
        index++;
        do
        {
            if (AnyWord("an argument such as `last: 4`") is not { } name || !Symbol(":"))
            {
                return false;
            }

            if (Current.Kind is not (TokenKind.Word or TokenKind.Number))
            {
                return Expected("a number or a word");
            }

            arguments.Add(new ArgumentSyntax(name, new NameSyntax(Shown(quoted: false), Current.Span)));
            index++;
        }
        while (Symbol(",", required: false));

        return Symbol(")");
    }

    NameSyntax? AnyWord(string what)
    {
        if (Current.Kind != TokenKind.Word)
        {
            Expected(what);
            return null;
        }

        var word = new NameSyntax(Shown(quoted: false), Current.Span);
        index++;
        return word;
    }
}
