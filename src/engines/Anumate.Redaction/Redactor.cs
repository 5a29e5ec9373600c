using System.Buffers;
using System.Text;
using Anumate.Redaction.Paths;

namespace Anumate.Redaction;

/// <summary>
/// What policies demand (their <c>redact</c> rules), made ready. It changes nothing of itself and may be shared. Every demand that reaches a value counts; the strongest
/// operator wins, whatever the order.
/// </summary>
public sealed class Redactor
{
    /// <summary>The most demands of a redactor.</summary>
    public const int MaxDemands = 1_000;

    /// <summary>The deepest nesting that is redacted.</summary>
    public const int MaxDepth = AnumateJson.MaxDepth;

    /// <summary>Leaves nothing: for who has demands that do not compile.</summary>
    public static readonly Redactor Everything = Compile([new("**", [], RedactionOperator.Drop)]).Redactor!;

    readonly PathNode start;

    Redactor(PathNode start) => this.start = start;

    /// <summary>Checks demands and makes them ready.</summary>
    public static RedactorCheck Compile(IReadOnlyList<RedactionDemand> demands)
    {
        var found = new List<Diagnostic>();
        if (demands.Count > MaxDemands)
        {
            found.Add(Diagnostic.Error("redaction.too-many", $"there are {demands.Count} demands; at most {MaxDemands} are taken"));
            return new(null, found);
        }

        var paths = demands.Select((demand, i) => Check(demand, $"/{i}", found)).ToList();
        if (found.Count > 0)
        {
            return new(null, found);
        }

        if (PathAutomaton.Build([.. demands.Zip(paths, (demand, path) => (demand, path!))]) is { } start)
        {
            return new(new Redactor(start), []);
        }

        found.Add(Diagnostic.Error("redaction.too-many", "the paths are too entangled: write fewer `**` and `*`"));
        return new(null, found);
    }

    static RedactionPath? Check(RedactionDemand demand, string at, List<Diagnostic> found)
    {
        var path = RedactionPath.Read(demand.Path, out var fault);
        if (fault is not null)
        {
            found.Add(Diagnostic.Error("redaction.path", fault, at));
        }

        foreach (var name in demand.Recognisers.Where(n => Recognisers.IndexOf(n) < 0))
        {
            found.Add(Diagnostic.Error("redaction.recogniser", $"there is no recogniser `{name}`", at, suggestion: $"there are {string.Join(", ", Recognisers.Names)}"));
        }

        if (Operators.Fault(demand) is { } odd)
        {
            found.Add(Diagnostic.Error("redaction.operator", odd, at));
        }

        return path;
    }

    /// <summary>
    /// Opens a document for redaction: it is written in chunks and comes out, as JSON, at <paramref name="to"/>.
    /// </summary>
    /// <param name="root">Where the document stands in the paths: <c>result</c>, <c>call.args</c>; empty when it has those as members.</param>
    /// <param name="keys">What hashes and tokens are made with.</param>
    /// <param name="to">Where the redacted document goes.</param>
    /// <param name="maxValueBytes">The longest text that is redacted; a longer one that a demand reaches is dropped.</param>
    public JsonRedaction OpenJson(string root, RedactionKeys keys, IBufferWriter<byte> to, int maxValueBytes = JsonRedaction.DefaultMaxValueBytes) =>
        new(At(root), keys, to, maxValueBytes);

    /// <summary>Opens plain text, such as a log, for redaction. No match reaches over the end of a line.</summary>
    public TextRedaction OpenText(string root, RedactionKeys keys, IBufferWriter<byte> to, int maxLineBytes = TextRedaction.DefaultMaxLineBytes) =>
        new(At(root).Effect, keys, to, maxLineBytes);

    /// <summary>Redacts a document that is there as a whole.</summary>
    public RedactedJson Redact(ReadOnlySpan<byte> json, string root, RedactionKeys keys, int maxValueBytes = JsonRedaction.DefaultMaxValueBytes)
    {
        var to = new ArrayBufferWriter<byte>(Math.Max(json.Length, 16));
        var redaction = OpenJson(root, keys, to, maxValueBytes);
        redaction.Write(json);
        var report = redaction.Complete();
        return new(to.WrittenMemory, report);
    }

    PathNode At(string root)
    {
        var node = start;
        if (root.Length > 0)
        {
            var path = RedactionPath.Read(root, out var fault) ?? throw new ArgumentException(fault, nameof(root));
            foreach (var segment in path.Segments)
            {
                node = segment.Kind switch
                {
                    SegmentKind.Member => node.Member(Encoding.UTF8.GetBytes(segment.Name)),
                    SegmentKind.Element => node.Element(segment.Index),
                    _ => throw new ArgumentException("a document stands in one place", nameof(root)),
                };
            }
        }

        return node;
    }
}

/// <summary>What became of demands: a redactor when there is no error, and the findings.</summary>
public sealed record RedactorCheck(Redactor? Redactor, IReadOnlyList<Diagnostic> Diagnostics);

/// <summary>A redacted document, always JSON.</summary>
public sealed record RedactedJson(ReadOnlyMemory<byte> Utf8, RedactionReport Report);

/// <summary>
/// What was done: the values and parts of texts that were changed or dropped, how many of them were dropped because their operator
/// failed, and why the document was cut off, if it was: from there on nothing is shown.
/// </summary>
public sealed record RedactionReport(int Redacted, int Failed, string? Fault);
