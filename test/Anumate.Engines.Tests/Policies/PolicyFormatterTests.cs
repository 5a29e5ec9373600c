using Anumate.PolicyEngine.Syntax;
using CsCheck;

namespace Anumate.Engines.Tests.Policies;

public sealed class PolicyFormatterTests
{
    [Fact]
    public void Parsing_what_is_printed_gives_the_same_document() => PolicyText.Document.Sample(policy =>
    {
        var printed = Formatter.Print(policy);
        var (again, findings) = PolicyText.Parse(printed);
        Assert.True(findings.Count == 0, $"{printed}\n{string.Join('\n', findings)}");
        Assert.Equal(PolicyText.Describe(policy), PolicyText.Describe(again!));
        Assert.Equal(printed, Formatter.Print(again!));
    }, iter: Runs.Of(200));

    [Fact]
    public void Prints_a_document_in_its_one_form_as_it_is() =>
        Assert.Equal(PolicyText.Refunds, Formatter.Print(PolicyText.Sound(PolicyText.Refunds)));

    [Fact]
    public void Blanks_line_breaks_and_the_order_of_clauses_do_not_matter()
    {
        const string crammed = """
            policy payments.refunds version 3{at tool.before on tool in["payments.refund","payments.*_void",]let amount=money( call . args.amount )rule
            finance allow when"finance"in actor.groups rule embargo deny when call.args.country in["KP","IR"]because"sanctioned country"rule large approval 2 of
            ["controller"] when amount>money("5000 EUR") within 4h distinct_from actor}
            """;
        Assert.Equal(PolicyText.Refunds, Formatter.Print(PolicyText.Sound(crammed)));
    }

    [Theory]
    [InlineData("a   &&b", "a && b")]
    [InlineData("- 1 +-x", "-1 + -x")]
    [InlineData("! ( a ||b )", "!(a || b)")]
    [InlineData("a?b:c?d:e", "a ? b : c ? d : e")]
    [InlineData("{ 'a' :1,'b':x?1:2 }", "{'a': 1, 'b': x ? 1 : 2}")]
    [InlineData("f ( a , b ) [ 0 ] . c", "f(a, b)[0].c")]
    [InlineData("[ 1 ,2 ] . size ( ) > 1", "[1, 2].size() > 1")]
    [InlineData("x in [ 1 ]", "x in [1]")]
    [InlineData("a.in  in in_", "a.in in in_")]
    [InlineData("1e-3<2", "1e-3 < 2")]
    public void Gives_expressions_their_blanks(string written, string printed) =>
        Assert.Equal(printed, PolicyText.Sound(PolicyText.With($"rule x allow when {written}")).Rules.Single().When!.Text);

    [Fact]
    public void Keeps_every_comment_near_what_it_stands_at()
    {
        const string source = """
            // top
            policy a version 1 { // after the brace
              at tool.before // the point
              // before the rule
              rule x allow // after the rule
              rule y deny
                // inside the rule
                when true // after the condition
              // at the end
            } // after
            // below

            """;
        const string expected = """
            // top
            policy a version 1 {
              // after the brace
              at tool.before  // the point

              // before the rule
              rule x allow  // after the rule

              // inside the rule
              rule y deny when true  // after the condition
              // at the end
            }  // after
            // below

            """;
        Assert.Equal(expected, Formatter.Print(PolicyText.Sound(source)));
    }

    [Fact]
    public void Breaks_a_long_condition_at_its_joints_and_reads_it_back()
    {
        var clause = "call.args.some_rather_long_name == \"some rather long text\"";
        var source = PolicyText.With($"rule x allow when {clause} && ({clause} || {clause}) && {clause}");
        var printed = Formatter.Print(PolicyText.Sound(source));
        Assert.All(printed.Split('\n'), line => Assert.True(line.Length <= 140, line));
        Assert.Contains("\n      && (call.args", printed);
        Assert.Equal(PolicyText.Describe(PolicyText.Sound(source)), PolicyText.Describe(PolicyText.Sound(printed)));
    }
}
