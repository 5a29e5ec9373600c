using Anumate.Schemas.Documents;
using Anumate.Schemas.Keywords;
using Anumate.Schemas.Values;

namespace Anumate.Schemas.Compilation;

/// <summary>The shapes of keyword values.</summary>
sealed partial class KeywordReader
{
    /// <summary>The keyword, when it is there and its vocabulary is in use.</summary>
    Member? Take(string keyword) =>
        source.Get(keyword) is { } member && (KeywordTable.Known[keyword].Vocabulary & node.Resource.Vocabularies) != 0 ? member : null;

    string At(string keyword) => $"{node.Path}/{keyword}";

    string? Text(string keyword)
    {
        if (Take(keyword) is not { } member)
        {
            return null;
        }

        if (member.Value is StringNode text)
        {
            return text.Value;
        }

        Wrong(member, "must be a string");
        return null;
    }

    bool? Boolean(string keyword)
    {
        if (Take(keyword) is not { } member)
        {
            return null;
        }

        if (member.Value is BooleanNode boolean)
        {
            return boolean.Value;
        }

        Wrong(member, "must be true or false");
        return null;
    }

    (ExactNumber Exact, NumberNode Written)? Number(string keyword)
    {
        if (Take(keyword) is not { } member)
        {
            return null;
        }

        if (member.Value is NumberNode number && ExactNumber.TryParse(number.Text, out var exact))
        {
            return (exact, number);
        }

        Wrong(member, member.Value is NumberNode ? "has too many digits" : "must be a number");
        return null;
    }

    /// <summary>A count: an integer from 0 on, of which 2.0 is one too.</summary>
    long? Count(string keyword)
    {
        if (Take(keyword) is not { } member)
        {
            return null;
        }

        if (member.Value is NumberNode number && number.TryGetInt64(out var count) && count >= 0)
        {
            return count;
        }

        Wrong(member, "must be an integer from 0 on");
        return null;
    }

    void Counts(params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            if (Count(name) is { } limit)
            {
                keywords.Add(new CountKeyword(name, At(name), limit));
            }
        }
    }

    IReadOnlyList<DocumentNode> Items(string keyword)
    {
        if (Take(keyword) is not { } member)
        {
            return [];
        }

        if (member.Value is ArrayNode list)
        {
            return list.Items;
        }

        Wrong(member, "must be a list");
        return [];
    }

    List<string> Names(Member member)
    {
        var names = new List<string>();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        if (member.Value is not ArrayNode list)
        {
            Wrong(member, "must be a list of names");
            return names;
        }

        foreach (var item in list.Items)
        {
            if (item is not StringNode name)
            {
                compiler.Report(item.Error("schema.shape", $"a name must be a string, it was {item.Described}", "put the name in quotes"));
            }
            else if (!seen.Add(name.Value))
            {
                compiler.Report(item.Error("schema.shape", $"the name `{name.Value}` stands twice", "remove one of the two"));
            }
            else
            {
                names.Add(name.Value);
            }
        }

        return names;
    }

    SchemaNode? One(string keyword) => Take(keyword) is { } member ? compiler.Node(member.Value) : null;

    List<SchemaNode> List(Member member)
    {
        if (member.Value is ArrayNode list)
        {
            return [.. list.Items.Select(compiler.Node)];
        }

        Wrong(member, "must be a list of schemas");
        return [];
    }

    List<SchemaNode> Several(Member member)
    {
        var list = List(member);
        if (list.Count == 0 && member.Value is ArrayNode)
        {
            Wrong(member, "must hold at least one schema");
        }

        return list;
    }

    List<(string Name, SchemaNode Schema)> Map(Member member) => [.. MapMembers(member).Select(m => (m.Key, compiler.Node(m.Value)))];

    IReadOnlyList<Member> MapMembers(Member member)
    {
        if (member.Value is ObjectNode map)
        {
            return map.Members;
        }

        Wrong(member, "must be an object");
        return [];
    }

    void Wrong(Member member, string must) =>
        compiler.Report(member.Value.Error("schema.shape", $"`{member.Key}` {must}, it was {Describe(member.Value)}", Hint(member)));

    static string Describe(DocumentNode value) => value switch
    {
        StringNode text => $"`{JsonWords.Shorten(text.Value, 60)}`",
        NumberNode or BooleanNode => value.ToString(),
        ArrayNode { Items.Count: 0 } => "an empty list",
        _ => value.Described,
    };

    static string Hint(Member member) => (member.Key, member.Value) switch
    {
        ("exclusiveMinimum" or "exclusiveMaximum", BooleanNode) => "write the bound itself, as in `exclusiveMinimum: 0`",
        ("required", BooleanNode) => "list the name under `required` of the object around it",
        ("examples", _) => "write a list of example values",
        _ => "see JSON Schema 2020-12",
    };
}
