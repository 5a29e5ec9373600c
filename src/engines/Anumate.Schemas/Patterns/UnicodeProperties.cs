using System.Collections.Frozen;
using System.Globalization;

namespace Anumate.Schemas.Patterns;

/// <summary>The general categories by the names ECMA-262 knows them by (table «PropertyValueAliases», short and long).</summary>
static class UnicodeProperties
{
    static readonly FrozenDictionary<string, UnicodeCategory[]> ByName = Build();

    /// <summary>The set of <c>\p{name}</c>; null for scripts and binary properties, which we have no data for.</summary>
    public static CodePointSet? Find(string name)
    {
        var value = name.Split('=') switch
        {
            [var only] => only,
            ["General_Category" or "gc", var category] => category,
            _ => "",
        };
        return value switch
        {
            "Any" => CodePointSet.Any,
            "ASCII" => CodePointSet.Of((0, 0x7F)),
            _ => ByName.TryGetValue(value, out var categories)
                ? CodePointSet.Union(categories.SelectMany(c => CodePointSet.Of(c).Ranges))
                : null,
        };
    }

    static FrozenDictionary<string, UnicodeCategory[]> Build()
    {
        (string Short, string Long, UnicodeCategory Category)[] single =
        [
            ("Lu", "Uppercase_Letter", UnicodeCategory.UppercaseLetter),
            ("Ll", "Lowercase_Letter", UnicodeCategory.LowercaseLetter),
            ("Lt", "Titlecase_Letter", UnicodeCategory.TitlecaseLetter),
            ("Lm", "Modifier_Letter", UnicodeCategory.ModifierLetter),
            ("Lo", "Other_Letter", UnicodeCategory.OtherLetter),
            ("Mn", "Nonspacing_Mark", UnicodeCategory.NonSpacingMark),
            ("Mc", "Spacing_Mark", UnicodeCategory.SpacingCombiningMark),
            ("Me", "Enclosing_Mark", UnicodeCategory.EnclosingMark),
            ("Nd", "Decimal_Number", UnicodeCategory.DecimalDigitNumber),
            ("Nl", "Letter_Number", UnicodeCategory.LetterNumber),
            ("No", "Other_Number", UnicodeCategory.OtherNumber),
            ("Pc", "Connector_Punctuation", UnicodeCategory.ConnectorPunctuation),
            ("Pd", "Dash_Punctuation", UnicodeCategory.DashPunctuation),
            ("Ps", "Open_Punctuation", UnicodeCategory.OpenPunctuation),
            ("Pe", "Close_Punctuation", UnicodeCategory.ClosePunctuation),
            ("Pi", "Initial_Punctuation", UnicodeCategory.InitialQuotePunctuation),
            ("Pf", "Final_Punctuation", UnicodeCategory.FinalQuotePunctuation),
            ("Po", "Other_Punctuation", UnicodeCategory.OtherPunctuation),
            ("Sm", "Math_Symbol", UnicodeCategory.MathSymbol),
            ("Sc", "Currency_Symbol", UnicodeCategory.CurrencySymbol),
            ("Sk", "Modifier_Symbol", UnicodeCategory.ModifierSymbol),
            ("So", "Other_Symbol", UnicodeCategory.OtherSymbol),
            ("Zs", "Space_Separator", UnicodeCategory.SpaceSeparator),
            ("Zl", "Line_Separator", UnicodeCategory.LineSeparator),
            ("Zp", "Paragraph_Separator", UnicodeCategory.ParagraphSeparator),
            ("Cc", "Control", UnicodeCategory.Control),
            ("Cf", "Format", UnicodeCategory.Format),
            ("Cs", "Surrogate", UnicodeCategory.Surrogate),
            ("Co", "Private_Use", UnicodeCategory.PrivateUse),
            ("Cn", "Unassigned", UnicodeCategory.OtherNotAssigned),
        ];
        (string Short, string Long)[] groups =
            [("L", "Letter"), ("M", "Mark"), ("N", "Number"), ("P", "Punctuation"), ("S", "Symbol"), ("Z", "Separator"), ("C", "Other")];

        var names = new Dictionary<string, UnicodeCategory[]>(StringComparer.Ordinal);
        foreach (var (brief, full, category) in single)
        {
            names[brief] = names[full] = [category];
        }

        foreach (var (brief, full) in groups)
        {
            names[brief] = names[full] = [.. single.Where(s => s.Short[0] == brief[0]).Select(s => s.Category)];
        }

        names["LC"] = names["Cased_Letter"] = [UnicodeCategory.UppercaseLetter, UnicodeCategory.LowercaseLetter, UnicodeCategory.TitlecaseLetter];
        names["Combining_Mark"] = names["M"];
        names["digit"] = names["Nd"];
        names["punct"] = names["P"];
        names["cntrl"] = names["Cc"];
        return names.ToFrozenDictionary(StringComparer.Ordinal);
    }
}
