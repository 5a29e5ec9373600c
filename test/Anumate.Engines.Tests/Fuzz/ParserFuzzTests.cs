using System.Diagnostics;
using System.Text;
using Anumate.Cel;
using Anumate.Engines.Tests.Plans;
using Anumate.Engines.Tests.Proofs;
using Anumate.PlanEngine;
using Anumate.PolicyEngine;
using Anumate.Proofs;
using Anumate.Schemas;
using Anumate.Schemas.Documents;
using CsCheck;
using Pattern = Anumate.Schemas.Patterns.Pattern;

namespace Anumate.Engines.Tests.Fuzz;

/// <summary>
/// Every parser is given broken relatives of valid documents: it answers with a value, findings, or the one problem it documents; it never
/// throws anything else, never runs away and never overflows the stack. What a finding points at lies in the document.
/// </summary>
public sealed class ParserFuzzTests
{
    // A parser that takes longer than this for some kilobytes is running away; the slowest honest case takes milliseconds.
    static readonly TimeSpan Longest = TimeSpan.FromSeconds(20);

    static readonly KeyRing Keys = KeyRing.Of("captokens", ReceiptSample.KeyNamed("captokens").Public);

    public sealed record Subject(string Name, byte[][] Samples, Action<byte[]> Parse)
    {
        public override string ToString() => Name;
    }

    public static IEnumerable<TheoryDataRow<string>> Names => Subjects.Keys.Select(n => new TheoryDataRow<string>(n));

    static readonly Dictionary<string, Subject> Subjects = new Subject[]
    {
        new("capsule", [File("samples", "refund-order", "capsule.yaml")], b => Findings(CapsuleReader.Read(b).Diagnostics, b)),
        new("compiler", [File("samples", "refund-order", "capsule.yaml")], Compile),
        new("yaml", [File("samples", "refund-order", "capsule.yaml"), "a: [1, {b: 'c'}]\nd: |\n  x\n"u8.ToArray()], b => Findings(Document.ParseYaml(b).Diagnostics, b)),
        new("json", [File("test", "corpus", "v1", "canonical.input.json"), File("samples", "refund-order", "tools.json")], b => Findings(Document.ParseJson(b).Diagnostics, b)),
        new("strict json", [File("test", "corpus", "v1", "canonical.input.json")], b => Canonical(b)),
        new("json schema", [File("schemas", "capsule.v1.schema.json"), """{"type":"object","properties":{"a":{"pattern":"^a+$","$ref":"#/$defs/x"}},"$defs":{"x":{}}}"""u8.ToArray()], CompileSchema),
        new("pattern", [.. new[] { "^(?:a|b)*c{2,5}[^\\d\\p{Lu}]$", "(?<!x)a|\\u{1F600}", "[a-z&&[^b]]\\b.+?" }.Select(Encoding.UTF8.GetBytes)], b => Pattern.Compile(Text(b))),
        new("policy", [File("samples", "refund-order", "policy.pol"), File("test", "corpus", "policies", "v0.1-every-construct.pol")], b => Findings(CompiledPolicy.Check(Text(b)).Diagnostics, b)),
        new("cel", [.. new[] { "a.b[?1].orValue(2u) + size('x') > 3 ? [1, 2].map(x, x * 2) : {'k': b'\\xff'}", "xs.all(e, e.matches('^a+$') && e in [\"b\"])" }.Select(Encoding.UTF8.GetBytes)],
            b => Findings(new CelEnvironment(new CelVariable("xs", CelType.Dyn), new CelVariable("a", CelType.Dyn)).Compile(Text(b)).Diagnostics, b)),
        new("plan", [A.RefundOrder.Plan.Canonical.Utf8.ToArray()], b => Problem<ProblemException>(() => PlanFormat.Read(b))),
        new("journal", [JournalFormat.Write(new AttemptStarted(A.Start, "refund", 1, CallPhase.Do, "sha256:00", A.Start, "d")), JournalFormat.Write(new StepCompleted(A.Start, "s", Json.Parse("""{"a":[1]}""")))],
            b => Array.ForEach(["attempt_started", "step_completed", "run_started", "nothing"], kind => Problem<JournalException>(() => JournalFormat.Read(kind, b)))),
        new("token", [File("test", "corpus", "v1", "captoken.jwt")], Token),
        new("receipt", [File("test", "corpus", "v1", "receipt.json")], b => ReceiptBundle.Verify(b, Keys)),
        new("dsse", [Encoding.UTF8.GetBytes("""{"payload":"e30=","payloadType":"application/vnd.anumate+json","signatures":[{"keyid":"a","sig":"AA=="}]}""")], b => DsseEnvelope.TryParse(b, out _, out _)),
        new("checkpoint", [File("test", "corpus", "v1", "checkpoint.txt")], b => Checkpoint.Verify(b, Keys)),
        new("keys", [File("test", "corpus", "v1", "keys.json")], b => Jwks.TryRead(b, "captokens", out _, out _)),
        new("sealed", [File("test", "corpus", "v1", "sealed.txt")], b => SealKey.KidOf(Text(b))),
        new("digest", ["sha256:0000000000000000000000000000000000000000000000000000000000000000"u8.ToArray()], b => { Digest.TryParse(Text(b), out _); SaltedDigest.TryParse(Text(b), out _); }),
        new("id", ["run_01m826h01xf14v1qvyk36e7vrz"u8.ToArray()], b => Id<Run>.TryParse(Text(b), null, out _)),
    }.ToDictionary(s => s.Name);

    [Theory]
    [MemberData(nameof(Names))]
    public void A_broken_document_gets_an_answer(string name)
    {
        var subject = Subjects[name];
        Array.ForEach(subject.Samples, subject.Parse);
        Mutations.Of(subject.Samples).Sample(bytes =>
        {
            var began = Stopwatch.GetTimestamp();
            subject.Parse(bytes);
            Assert.True(Stopwatch.GetElapsedTime(began) < Longest, $"{bytes.Length} bytes took {Stopwatch.GetElapsedTime(began)}");
        }, iter: Runs.Of(200));
    }

    // Found by the long form (ANUMATE_FUZZ=20).
    [Fact]
    public void A_journal_entry_with_a_number_that_no_attempt_can_have_is_refused() => Assert.Throws<JournalException>(() => JournalFormat.Read("attempt_started",
        Encoding.UTF8.GetBytes(Text(JournalFormat.Write(new AttemptStarted(A.Start, "refund", 1, CallPhase.Do, "sha256:00", A.Start, "d"))).Replace("\"attempt\":1", "\"attempt\":90071992547", StringComparison.Ordinal))));

    static void Compile(byte[] bytes)
    {
        if (CapsuleReader.Read(bytes).Capsule is { } capsule)
        {
            var compilation = PlanCompiler.Compile(capsule, A.RefundOrder.Lock);
            Findings(compilation.Diagnostics, bytes);
            Assert.True(compilation.Plan is not null || compilation.Diagnostics.Any(d => d.Severity is Severity.Error));
            if (compilation.Plan is { } plan)
            {
                Assert.Equal(plan.Hash, PlanFormat.Read(plan.Canonical.Utf8).Hash);
            }
        }
    }

    static void CompileSchema(byte[] bytes)
    {
        var document = Document.ParseJson(bytes);
        if (document.IsValid)
        {
            var compilation = Schema.Compile(document.Root);
            Findings(compilation.Diagnostics, bytes);
            if (compilation.IsValid)
            {
                compilation.Schema.IsValid(A.Element("""{"a":"aaa","metadata":{"name":"x"},"spec":{"steps":[1,{"id":null}]}}"""));
            }
        }
    }

    /// <summary>Canonical bytes are their own canonical form; all else is refused with what and where.</summary>
    static void Canonical(byte[] bytes)
    {
        if (StrictJson.TryParse(bytes, 1 << 20, out var document, out var diagnostics))
        {
            using (document)
            {
                var once = CanonicalJson.Write(document.RootElement);
                Assert.Equal(once, CanonicalJson.Write(once));
            }
        }
        else
        {
            Assert.NotEmpty(diagnostics);
        }
    }

    static void Token(byte[] bytes)
    {
        var sample = Encoding.ASCII.GetString(File("test", "corpus", "v1", "captoken.jwt"));
        var expected = new TokenExpectation { Type = TokenType.Capability, Audience = "connectors", Now = ReceiptSample.Time };
        var verification = CapTokenClaims.Verify(Text(bytes), expected, Keys);
        Assert.Equal(Text(bytes) == sample, verification.Ok);
    }

    static void Findings(IReadOnlyList<Diagnostic> diagnostics, byte[] source)
    {
        var lines = source.Count(b => b is (byte)'\n' or (byte)'\r') + 2 + source.Count(b => b >= 0x80);
        Assert.All(diagnostics, d =>
        {
            Assert.NotEqual("", d.Message);
            Assert.NotEqual("", d.Code);
            Assert.True(d.Line >= 0 && d.Line <= lines, $"line {d.Line} of {lines}: {d.Message}");
        });
    }

    static void Problem<T>(Action read)
        where T : Exception
    {
        try
        {
            read();
        }
        catch (T e)
        {
            Assert.NotEqual("", e.Message);
        }
    }

    static string Text(byte[] bytes) => Encoding.UTF8.GetString(bytes);

    static byte[] File(params string[] path) => System.IO.File.ReadAllBytes(Path.Combine([Repository.Root, .. path]));
}
