using System.Text;
using System.Text.Json;
using Anumate.Cel;
using CsCheck;

namespace Anumate.Engines.Tests.Cel;

/// <summary>Compiled conditions: where they are sure, they say what the expressions say.</summary>
public sealed class CelConditionTests
{
    const long Budget = 100_000;

    const string Facts = """
        {"x":{"a":[1,"two",null,{"b":[]}],"f":1e5,"s":"two","t":true,"many":[MANY],"money":{"amount":"5.00","currency":"EUR"}},
         "n":3,"s":"straße 😀","b":true,"xs":[1,"a",null,[]],"texts":["a","two","c"],"o":{"f":2,"g":[1]},"at":"2026-11-25T09:00:00Z"}
        """;

    static readonly byte[] Json = Encoding.UTF8.GetBytes(Facts.Replace("MANY", string.Join(',', Enumerable.Repeat("\"z\"", 300))));

    static readonly CelEnvironment Environment = new(
        new("x", CelType.Dyn), new("n", CelType.Int), new("s", CelType.String), new("b", CelType.Bool), new("xs", CelType.List(CelType.Dyn)),
        new("texts", CelType.List(CelType.String)), new("o", CelType.FromSchema(JsonDocument.Parse("""{"type":"object","properties":{"f":{"type":"number"},"g":{"type":"array"}},"required":["f"]}""").RootElement)),
        new("at", CelType.Timestamp), new("gone", CelType.Dyn));

    static CelBindings Bindings()
    {
        var bindings = Environment.Bind();
        foreach (var member in JsonDocument.Parse(Json).RootElement.EnumerateObject())
        {
            bindings.Set(member.Name, member.Value);
        }

        return bindings;
    }

    static CelExpression Compile(string source) =>
        Environment.Compile(source).Expression ?? throw new InvalidOperationException(string.Join('\n', Environment.Compile(source).Diagnostics));

    /// <summary>What compiled code says, of slots laid out from values and of slots read from text.</summary>
    static (CelTruth Laid, CelTruth? Read) Ask(CelCondition condition)
    {
        condition.Shape.Compile();
        var conditions = new CelConditions([null, condition], new CelVocabulary(Environment, [condition]));
        Assert.Equal(CelTruth.Unsure, conditions.Test(0, conditions.Slots(Bindings())));
        var scratch = new CelScratch();
        return (conditions.Test(1, conditions.Slots(Bindings())), scratch.TryRead(conditions, Json) ? conditions.Test(1, scratch.Slots) : null);
    }

    static (CelTruth Laid, CelTruth? Read) Ask(params string[] operands) =>
        CelCondition.Of(Array.ConvertAll(operands, Compile), _ => null) is { } condition ? Ask(condition) : (CelTruth.Unsure, CelTruth.Unsure);

    [Theory]
    [InlineData("x.s == \"two\"", CelTruth.Yes)]
    [InlineData("x[\"s\"] == \"one\"", CelTruth.No)]
    [InlineData("x.s != \"one\"", CelTruth.Yes)]
    [InlineData("x.f > 5.0", CelTruth.Yes)]
    [InlineData("x.f <= 5", CelTruth.No)]
    [InlineData("o.f >= 2.0", CelTruth.Yes)]
    [InlineData("o.f < 2.0", CelTruth.No)]
    [InlineData("o.f <= 2.0", CelTruth.Yes)]
    [InlineData("o.f > 2.0", CelTruth.No)]
    [InlineData("o.f == 2.0", CelTruth.Yes)]
    [InlineData("o.f != 2.0", CelTruth.No)]
    [InlineData("n < 4", CelTruth.Yes)]
    [InlineData("n == 3 && b", CelTruth.Yes)]
    [InlineData("x.t", CelTruth.Yes)]
    [InlineData("!x.t || x.s == s", CelTruth.No)]
    [InlineData("x.t == b", CelTruth.Yes)]
    [InlineData("x.t ? n == 4 : n == 3", CelTruth.No)]
    [InlineData("(x.t ? x.s : s) == \"two\"", CelTruth.Yes)]
    [InlineData("\"two\" in texts", CelTruth.Yes)]
    [InlineData("\"d\" in texts", CelTruth.No)]
    [InlineData("\"a\" in xs", CelTruth.Yes)]
    [InlineData("x.s in [\"one\", \"two\"]", CelTruth.Yes)]
    [InlineData("x.s in [\"1\", \"2\", \"3\", \"4\", \"5\", \"6\", \"7\", \"8\", \"9\"]", CelTruth.No)]
    [InlineData("n in [1, 2, 3]", CelTruth.Yes)]
    [InlineData("has(x.s)", CelTruth.Yes)]
    [InlineData("has(x.nothing)", CelTruth.No)]
    [InlineData("has(x.s) && x.s.startsWith(\"t\")", CelTruth.Yes)]
    [InlineData("!has(x.nothing) || x.nothing > 5", CelTruth.Yes)]
    [InlineData("x.?nothing.orValue(7.0) > 6.0", CelTruth.Yes)]
    [InlineData("x.?f.orValue(7.0) > 8.0", CelTruth.Yes)]
    [InlineData("size(texts) == 3", CelTruth.Yes)]
    [InlineData("o.f * 2.0 - 1.0 == 3.0", CelTruth.Yes)]
    [InlineData("money(x.money) > money(\"4 EUR\")", CelTruth.Yes)]
    [InlineData("at < timestamp(\"2026-11-25T10:00:00Z\") && at.getHours() == 9", CelTruth.Yes)]
    [InlineData("x.nothing == 1", CelTruth.Unsure)]
    [InlineData("x.s > 5", CelTruth.Unsure)]
    [InlineData("gone.field == 1", CelTruth.Unsure)]
    [InlineData("has(gone.field)", CelTruth.Unsure)]
    [InlineData("n / 0 == 1", CelTruth.Unsure)]
    [InlineData("n + 9223372036854775807 > 0", CelTruth.Unsure)]
    [InlineData("money(x.money) > money(\"4 USD\")", CelTruth.Unsure)]
    [InlineData("\"q\" in x.many", CelTruth.Unsure)]
    [InlineData("xs.exists(e, e == \"a\")", CelTruth.Unsure)]
    [InlineData("s.matches(\"s.*\")", CelTruth.Unsure)]
    [InlineData("cel.bind(y, n, y == 3)", CelTruth.Unsure)]
    public void Is_sure_of_what_is_plain_and_unsure_of_the_rest(string source, CelTruth truth) => Assert.Equal((truth, truth), Ask(source));

    [Fact]
    public void An_operand_that_it_cannot_take_in_leaves_it_unsure_unless_another_says_no()
    {
        Assert.Equal((CelTruth.Unsure, CelTruth.Unsure), Ask("xs.exists(e, e == \"a\")", "n == 3"));
        Assert.Equal((CelTruth.No, CelTruth.No), Ask("xs.exists(e, e == \"a\")", "n == 4"));
        Assert.Equal((CelTruth.Yes, CelTruth.Yes), Ask([]));
    }

    [Fact]
    public void Named_values_are_written_out()
    {
        var extended = Environment.With("big", CelType.Bool);
        var (big, use) = (Compile("x.f > 5.0"), extended.Compile("big && n == 3").Expression!);
        Assert.Equal((CelTruth.Yes, CelTruth.Yes), Ask(CelCondition.Of([use], i => i == extended.IndexOf("big") ? big : null)!));
    }

    [Fact]
    public void Named_values_that_double_each_other_are_given_up()
    {
        var (environment, values) = (Environment, new Dictionary<int, CelExpression>());
        for (var i = 0; i < 40; i++)
        {
            var value = environment.Compile(i == 0 ? "n" : $"v{i - 1} + v{i - 1}").Expression!;
            values[environment.Variables.Count] = value;
            environment = environment.With($"v{i}", value.ResultType);
        }

        Assert.Null(CelCondition.Of([environment.Compile("v39 > 0").Expression!], values.GetValueOrDefault));
        Assert.NotNull(CelCondition.Of([environment.Compile("v3 > 0").Expression!], values.GetValueOrDefault));
    }

    [Fact]
    public void Conditions_that_differ_in_paths_and_constants_alone_share_their_code()
    {
        static Shape Of(string source) => CelCondition.Of([Compile(source)], _ => null)!.Shape;
        Assert.Same(Of("x.f > 5.0 && x.s == \"two\""), Of("o.f > 7.0 && s == \"one\""));
        Assert.NotSame(Of("x.f > 5.0"), Of("x.f >= 5.0"));
        Assert.NotSame(Of("x.f > o.f"), Of("x.f > x.f"));
        Assert.NotSame(Of("b && (b || b)"), Of("(b && b) || b"));
    }

    [Fact]
    public void What_is_asked_often_is_compiled_in_the_background()
    {
        var condition = CelCondition.Of([Compile("x.f - 1.0 > 5.0 || (x.f + 1.0 < 7.0 && n == 3) || (b && x.s == \"only here\")")], _ => null)!;
        var conditions = new CelConditions([condition], new CelVocabulary(Environment, [condition]));
        var slots = conditions.Slots(Bindings());
        Assert.Equal(CelTruth.Unsure, conditions.Test(0, slots));
        for (var i = 0; i < 300; i++)
        {
            conditions.Test(0, slots);
        }

        Assert.True(SpinWait.SpinUntil(() => conditions.Test(0, slots) == CelTruth.Yes, TimeSpan.FromMinutes(2)));
        Assert.True(CelCondition.Progress.Compiled > 0);
    }

    static Gen<string> Inner(int depth, Gen<string> leaf, Func<int, Gen<string>> deeper) => depth == 0 ? leaf : Gen.Frequency((1, leaf), (2, deeper(depth - 1)));

    static Gen<string> Number(int depth) => Inner(depth, Gen.OneOf("1.0", "2.5", "-3.0", "0.0", "o.f", "x.f", "x.nothing", "x.s", "double(n)"), d => Gen.OneOf(
        Gen.Select(Number(d), Gen.OneOf("+", "-", "*", "/"), Number(d), (a, o, b) => $"({a} {o} {b})"), Number(d).Select(a => $"x.?f.orValue({a})"), Number(d).Select(a => $"x.?nothing.orValue({a})"),
        Gen.Select(Bool(d), Number(d), Number(d), (t, a, b) => $"({t} ? {a} : {b})"), Text(d).Select(t => $"double(size({t}))")));

    static Gen<string> Text(int depth) => Inner(depth, Gen.OneOf("s", "x.s", "\"two\"", "\"\"", "\"a\"", "x[\"s\"]", "x.f", "x.nothing", "gone.x"), d => Gen.OneOf(
        Gen.Select(Text(d), Text(d), (a, b) => $"({a} + {b})"), Gen.Select(Bool(d), Text(d), Text(d), (t, a, b) => $"({t} ? {a} : {b})"), Text(d).Select(t => $"{t}.lowerAscii()")));

    static Gen<string> Bool(int depth) => Inner(depth, Gen.OneOf("b", "x.t", "true", "false", "x.s", "has(x.s)", "has(x.nothing)", "has(gone.x)", "n == 3", "n < 3", "xs.exists(e, e == 1)", "size(x) > 2"), d => Gen.OneOf(
        Gen.Select(Bool(d), Gen.OneOf("&&", "||", "==", "!="), Bool(d), (a, o, b) => $"({a} {o} {b})"), Bool(d).Select(a => $"!{a}"), Gen.Select(Bool(d), Bool(d), Bool(d), (t, a, b) => $"({t} ? {a} : {b})"),
        Gen.Select(Number(d), Gen.OneOf("<", "<=", ">", ">=", "==", "!="), Number(d), (a, o, b) => $"({a} {o} {b})"), Gen.Select(Text(d), Gen.OneOf("<", "<=", "==", "!="), Text(d), (a, o, b) => $"({a} {o} {b})"),
        Gen.Select(Text(d), Gen.OneOf("texts", "[\"a\", \"two\"]", "[\"a\", \"1\", \"2\", \"3\", \"4\", \"5\", \"6\", \"7\", \"two\"]", "x.many", "x.nothing"), (t, l) => $"({t} in {l})"),
        Gen.Select(Text(d), Gen.OneOf("contains", "startsWith", "endsWith", "matches"), Text(d), (a, f, b) => $"{a}.{f}({b})"), Gen.Select(Number(d), Number(d), (a, b) => $"({a} in [{b}, 1.0, 2.5])")));

    /// <summary>Both evaluators on random expressions: compiled code is sure only of what the expression says within its budget.</summary>
    [Fact]
    public void The_compiled_condition_and_the_expression_agree()
    {
        var (sure, taken) = (0, 0);
        Bool(3).Sample(source =>
        {
            if (Environment.Compile(source).Expression is not { } expression || CelCondition.Of([expression], _ => null) is not { } condition)
            {
                return;
            }

            var (laid, read) = Ask(condition);
            var plain = expression.Evaluate(Bindings(), Budget);
            var expected = plain.IsTrue ? CelTruth.Yes : plain is { IsError: false, Value.Kind: CelKind.Bool } ? CelTruth.No : CelTruth.Unsure;
            Assert.True(laid is CelTruth.Unsure || laid == expected, $"{source}: {laid}, but {plain}");
            Assert.True(read is null or CelTruth.Unsure || read == expected, $"{source}: {read} from text, but {plain}");
            Interlocked.Increment(ref taken);
            Interlocked.Add(ref sure, laid is CelTruth.Unsure ? 0 : 1);
        }, iter: Runs.Of(1_000));
        Assert.True(sure > taken / 4 && taken > Runs.Of(300), $"sure of {sure} of {taken} only");
    }
}
