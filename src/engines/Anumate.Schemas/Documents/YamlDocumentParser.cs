using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Anumate.Schemas.Documents;

/// <summary>
/// One YAML 1.2 document from YamlDotNet's parser events. Aliases are refused altogether, so a document is never larger than its
/// text; depth and count are checked as the events arrive, before the parser reads on.
/// </summary>
sealed class YamlDocumentParser
{
    readonly SourceText source;
    readonly Findings findings;
    readonly Scanner scanner;
    readonly Parser parser;
    int nodes;

    YamlDocumentParser(SourceText source, Findings findings)
    {
        this.source = source;
        this.findings = findings;
        scanner = new Scanner(new StringReader(source.Text), skipComments: true);
        parser = new Parser(scanner);
    }

    public static DocumentNode? Parse(SourceText source, Findings findings)
    {
        YamlText.Check(source);
        if (findings.Count > 0)
        {
            return null;
        }

        return new YamlDocumentParser(source, findings).Document();
    }

    DocumentNode? Document()
    {
        Next();
        if (Next() is StreamEnd)
        {
            throw findings.Stop(Diagnostic.Error("document.empty", "the document is empty", "", new Position(1, 1), "write a YAML value"));
        }

        var start = (DocumentStart)parser.Current!;
        if (start.Version is { } version && (version.Version.Major != 1 || version.Version.Minor != 2))
        {
            throw findings.Stop(Diagnostic.Error(
                "yaml.version", $"YAML {version.Version.Major}.{version.Version.Minor} is not supported", "", At(version.Start), "use YAML 1.2"));
        }

        Next();
        var root = Node(0);
        Next();
        if (Next() is DocumentStart second)
        {
            findings.Add(Diagnostic.Error(
                "yaml.multiple-documents", "the text holds more than one YAML document", "", At(second.Start), "keep one document in a file"));
        }

        return root;
    }

    /// <summary>Reads the node at the current event and leaves its last event current.</summary>
    DocumentNode Node(int depth)
    {
        if (++nodes > source.Limits.MaxNodes)
        {
            throw findings.Stop(Limit.Nodes(source.Limits, At(parser.Current!.Start)));
        }

        switch (parser.Current)
        {
            case Scalar scalar:
                CheckProperties(scalar);
                return YamlScalars.Value(scalar, source, findings);
            case SequenceStart sequence:
                CheckDepth(depth, sequence);
                CheckProperties(sequence);
                return Sequence(sequence, depth + 1);
            case MappingStart mapping:
                CheckDepth(depth, mapping);
                CheckProperties(mapping);
                return Mapping(mapping, depth + 1);
            case AnchorAlias alias:
                findings.Add(Diagnostic.Error(
                    "yaml.alias", $"the alias `*{JsonWords.Shorten(alias.Value.Value)}` is not supported", "", At(alias.Start), "write the value out in its place"));
                return new NullNode(At(alias.Start));
            default:
                throw Syntax("a value was expected here", At(parser.Current!.Start));
        }
    }

    ArrayNode Sequence(SequenceStart start, int depth)
    {
        CheckIndentation(start, start.Style == SequenceStyle.Block);
        var items = new List<DocumentNode>();
        while (Next() is not SequenceEnd)
        {
            items.Add(Node(depth));
        }

        return new ArrayNode(At(start.Start), items);
    }

    ObjectNode Mapping(MappingStart start, int depth)
    {
        CheckIndentation(start, start.Style == MappingStyle.Block);
        var members = new List<Member>();
        var seen = new Dictionary<string, Position>(StringComparer.Ordinal);
        while (Next() is not MappingEnd)
        {
            CheckIndentation(parser.Current!, start.Style == MappingStyle.Block);
            var at = At(parser.Current!.Start);
            var key = Key(at);
            Next();
            var value = Node(depth);
            if (key is null)
            {
                continue;
            }

            if (seen.TryAdd(key, at))
            {
                members.Add(new Member(key, at, value));
            }
            else
            {
                findings.Add(Limit.Duplicate(key, at, seen[key]));
            }
        }

        return new ObjectNode(At(start.Start), members);
    }

    /// <summary>The key at the current event; null when it was refused.</summary>
    string? Key(Position at)
    {
        nodes++;
        if (parser.Current is not Scalar scalar)
        {
            throw findings.Stop(parser.Current is AnchorAlias
                ? Diagnostic.Error("yaml.alias", "an alias cannot be a key", "", at, "write the key out")
                : Diagnostic.Error("yaml.non-string-key", "a key must be a string, not an object or an array", "", at, "write a plain or quoted key"));
        }

        CheckProperties(scalar);
        if (scalar is { Style: ScalarStyle.Plain, Value: "<<" })
        {
            findings.Add(Diagnostic.Error("yaml.merge-key", "the merge key `<<` is not supported", "", at, "write the merged keys out"));
            return null;
        }

        return YamlScalars.Key(scalar, at, source, findings);
    }

    void CheckDepth(int depth, ParsingEvent start)
    {
        if (depth >= source.Limits.MaxDepth)
        {
            throw findings.Stop(Limit.Depth(source.Limits, At(start.Start)));
        }
    }

    /// <summary>The parser lets some tabs pass that YAML 1.2 section 6.1 forbids.</summary>
    void CheckIndentation(ParsingEvent first, bool block)
    {
        var offset = (int)Math.Min(first.Start.Index, source.Text.Length);
        if (block && YamlText.TabBefore(source.Text, offset) is var tab and >= 0)
        {
            throw findings.Stop(YamlText.Tab(source, tab));
        }
    }

    void CheckProperties(NodeEvent node)
    {
        if (!node.Anchor.IsEmpty)
        {
            findings.Add(Diagnostic.Error(
                "yaml.anchor", $"the anchor `&{JsonWords.Shorten(node.Anchor.Value)}` is not supported", "", At(node.Start), "remove it and write values out"));
        }

        if (!node.Tag.IsEmpty)
        {
            var tag = node.Tag.IsNonSpecific ? "!" : node.Tag.Value.Replace("tag:yaml.org,2002:", "!!", StringComparison.Ordinal);
            findings.Add(Diagnostic.Error(
                "yaml.tag", $"the tag `{JsonWords.Shorten(tag)}` is not supported", "", At(node.Start), "remove it; quote the value to make it a string"));
        }
    }

    ParsingEvent Next()
    {
        try
        {
            return parser.MoveNext() ? parser.Current! : throw Syntax("the document ends too early", At(scanner.CurrentPosition));
        }
        catch (YamlException e)
        {
            throw findings.Stop(YamlText.Explain(e, scanner.CurrentPosition, source));
        }
        catch (Exception e) when (e is not DocumentStop and not OutOfMemoryException)
        {
            // The scanner answers some malformed texts with InvalidOperationException and the like; they are the text's fault all the same.
            throw Syntax("the text is not well-formed YAML from here on", At(scanner.CurrentPosition));
        }
    }

    Position At(Mark mark) => source.PositionAt((int)Math.Min(mark.Index, source.Text.Length));

    DocumentStop Syntax(string message, Position at) =>
        findings.Stop(Diagnostic.Error("yaml.syntax", message, "", at, "check the indentation, inside `[ ]` and `{ }` too, and quote the value"));
}
