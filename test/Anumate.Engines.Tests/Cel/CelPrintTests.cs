using Anumate.Cel;
using CsCheck;

namespace Anumate.Engines.Tests.Cel;

public sealed class CelPrintTests
{
    static readonly Gen<string> Field = Gen.OneOf<string>(Gen.String[Gen.Char['a', 'z'], 1, 4].Where(s => s is not ("in" or "as" or "if" or "for" or "let" or "var")), Gen.OneOf("content-type", "a b", "in", "1x", "true"));

    static readonly Gen<Node> Leaf = Gen.OneOf<Node>(
        Gen.Long.Select(n => (Node)new Literal(0, CelValue.Of(n))),
        Gen.ULong.Select(n => (Node)new Literal(0, CelValue.Of(n))),
        Gen.Double.Where(double.IsFinite).Select(n => (Node)new Literal(0, CelValue.Of(n))),
        Gen.OneOf(0.0, -0.0, 1e21, 1e-7, 123456789012345680.0, -5).Select(n => (Node)new Literal(0, CelValue.Of(n))),
        Gen.String.Where(IsText).Select(s => (Node)new Literal(0, CelValue.Of(s))),
        Gen.Byte.Array[0, 6].Select(b => (Node)new Literal(0, CelValue.Of(b))),
        Gen.OneOf(CelValue.Null, CelValue.True, CelValue.False).Select(v => (Node)new Literal(0, v)),
        Gen.Select(Gen.OneOf("x", "inputs", "_y1"), Gen.Bool, (n, r) => (Node)new Name(0, n, r)));

    static bool IsText(string s) => s.EnumerateRunes().All(r => r.Value != 0xFFFD);

    static readonly Gen<Node> Tree = Gen.Recursive<Node>((depth, inner) => depth >= 5 ? Leaf : Gen.Frequency(
        (4, Leaf),
        (1, Gen.Select(inner, Field, (t, f) => (Node)new Select(0, t, f))),
        (1, Gen.Select(inner, inner, (t, k) => (Node)new Anumate.Cel.Index(0, t, k))),
        (1, Gen.Select(inner, inner.Array[0, 3], (t, a) => (Node)new Call(0, t, "f", false, a))),
        (1, Gen.Select(Gen.Bool, inner.Array[0, 3], (r, a) => (Node)new Call(0, null, "g", r, a))),
        (1, inner.Select(o => (Node)new Unary(0, Operator.Not, o))),
        (1, inner.Where(o => !IsMinusNumber(o)).Select(o => (Node)new Unary(0, Operator.Negate, o))),
        (2, Gen.Select(Gen.OneOf(Operator.Infix.Where(o => o != Operator.And && o != Operator.Or).ToArray()), inner, inner, (o, l, r) => (Node)new Binary(0, o, l, r))),
        (2, Gen.Select(Gen.OneOf(Operator.And, Operator.Or), inner.Array[2, 4], (o, a) => (Node)new Logic(0, o, Flat(o, a)))),
        (1, Gen.Select(inner, inner, inner, (c, a, b) => (Node)new Conditional(0, c, a, b))),
        (1, inner.Array[0, 3].Select(a => (Node)new ListNode(0, a))),
        (1, Gen.Select(inner, inner).Array[0, 3].Select(e => (Node)new MapNode(0, e)))));

    static Node[] Flat(Operator op, Node[] operands) =>
        [.. operands.SelectMany(o => o is Logic inner && inner.Operator == op ? inner.Operands : [o])];

    static bool IsMinusNumber(Node node) => node is Literal { Value.Kind: CelKind.Int or CelKind.Double };

    [Fact]
    public void What_is_printed_parses_to_the_same_tree() => Tree.Sample(tree =>
    {
        var text = Printer.Print(tree);
        var findings = new Findings(text, default);
        var again = Parser.Parse(text, findings);
        Assert.True(!findings.HasErrors, $"{text}\n{string.Join('\n', findings.All)}");
        Assert.Equal(Shape(tree), Shape(again!));
        Assert.Equal(text, Printer.Print(again!));
    }, iter: Runs.Of(500));

    [Fact]
    public void What_is_printed_of_a_template_parses_to_the_same_tree() =>
        Gen.OneOf(Gen.OneOf("a", "$", "$$", "${{", "$${{", "}}", "{{ x }}", "${{ 1").Select(s => (Node)new Literal(0, CelValue.Of(s))), Tree)
            .Array[0, 4].Sample(parts =>
            {
                var text = string.Concat(parts.Select(p => Printer.PrintTemplate(p)));
                var findings = new Findings(text, default);
                var first = Parser.ParseTemplate(text, findings);
                Assert.True(!findings.HasErrors, $"{text}\n{string.Join('\n', findings.All)}");
                var printed = Printer.PrintTemplate(first!);
                Assert.Equal(Shape(first!), Shape(Parser.ParseTemplate(printed, new Findings(printed, default))!));
            }, iter: Runs.Of(250));

    [Theory]
    [InlineData("((a+b))*c", "(a + b) * c")]
    [InlineData("a+(b+c)", "a + (b + c)")]
    [InlineData("(a&&b)&&(c||d)", "a && b && (c || d)")]
    [InlineData("a?b:(c?d:e)", "a ? b : c ? d : e")]
    [InlineData("(a?b:c)?d:e", "(a ? b : c) ? d : e")]
    [InlineData("!(a in b)", "!(a in b)")]
    [InlineData("- 5", "-5")]
    [InlineData("-(5)", "-(5)")]
    [InlineData("-a.b", "-a.b")]
    [InlineData("'it''s'", null)]
    [InlineData("r'\\d' + \"\\t'\"", "\"\\\\d\" + \"\\t'\"")]
    [InlineData("headers.`content-type`", "headers.`content-type`")]
    [InlineData("{'a':1,'b':[1,2,]}", "{\"a\": 1, \"b\": [1, 2]}")]
    [InlineData("1.0 == 1e0 // why", "1.0 == 1.0")]
    public void Prints_in_canonical_form(string source, string? printed)
    {
        var findings = new Findings(source, default);
        var node = Parser.Parse(source, findings);
        Assert.Equal(printed, findings.HasErrors ? null : Printer.Print(node!));
    }

    /// <summary>The tree in brackets, without positions.</summary>
    static string Shape(Node node) => node switch
    {
        Literal n => $"{n.Value.Kind}:{n.Value}",
        Name n => $"{(n.Rooted ? "." : "")}{n.Text}",
        Select n => $"(select {Shape(n.Target)} {n.Field})",
        Anumate.Cel.Index n => $"(index {Shape(n.Target)} {Shape(n.Key)})",
        Call n => $"(call {(n.Target is null ? "-" : Shape(n.Target))} {n.Rooted} {n.Function} {All(n.Arguments)})",
        Unary n => $"({n.Operator.Symbol} {Shape(n.Operand)})",
        Binary n => $"({n.Operator.Symbol} {Shape(n.Left)} {Shape(n.Right)})",
        Logic n => $"({n.Operator.Symbol} {All(n.Operands)})",
        Conditional n => $"(? {Shape(n.Condition)} {Shape(n.Then)} {Shape(n.Otherwise)})",
        ListNode n => $"(list {All(n.Items)})",
        MapNode n => $"(map {string.Join(' ', n.Entries.Select(e => $"{Shape(e.Key)}={Shape(e.Value)}"))})",
        Template n => $"(template {All(n.Parts)})",
        _ => throw new InvalidOperationException(node.GetType().Name),
    };

    static string All(Node[] nodes) => string.Join(' ', nodes.Select(Shape));
}
