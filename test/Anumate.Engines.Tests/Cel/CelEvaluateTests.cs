using System.Text;
using System.Text.Json;
using Anumate.Cel;

namespace Anumate.Engines.Tests.Cel;

public sealed class CelEvaluateTests
{
    static readonly CelEnvironment Environment = new(
        new("n", CelType.Int), new("s", CelType.String), new("d", CelType.Dyn), new("xs", CelType.List(CelType.Int)), new("nothing", CelType.Bool));

    static CelBindings Bindings => Environment.Bind()
        .Set("n", CelValue.Of(7L)).Set("s", CelValue.Of("grün")).Set("d", Json("""{"a":{"b":[1,2.5,"x",null,true]},"n":5}"""))
        .Set("xs", CelValue.List([CelValue.Of(1L), CelValue.Of(2L), CelValue.Of(3L)]));

    static JsonElement Json(string json) => JsonDocument.Parse(json).RootElement;

    static CelResult Evaluate(string source, long budget = CelExpression.DefaultBudget)
    {
        var compiled = Environment.Compile(source);
        Assert.True(compiled.Expression is not null, string.Join('\n', compiled.Diagnostics));
        return compiled.Expression.Evaluate(Bindings, budget);
    }

    [Theory]
    [InlineData("n > 5 && s == 'grün'", "true")]
    [InlineData("d.a.b[1] > 2", "true")]
    [InlineData("d.n == 5", "true")]
    [InlineData("type(d.n) == double", "true")]
    [InlineData("d['a']['b'][2]", "\"x\"")]
    [InlineData("d.a.b.size()", "5")]
    [InlineData("'n' in d && !('m' in d)", "true")]
    [InlineData("has(d.a.b) && !has(d.a.c)", "true")]
    [InlineData("d.map(k, k)", "[\"a\", \"n\"]")]
    [InlineData("size(s)", "4")]
    [InlineData("size('a😀b')", "3")]
    [InlineData("'\\U0001F600' > '\\uffff'", "true")]
    [InlineData("xs.map(x, x * x)", "[1, 4, 9]")]
    [InlineData("xs.map(x, x > 1, x * 10)", "[20, 30]")]
    [InlineData("xs.exists(x, xs.all(y, y <= x))", "true")]
    [InlineData("xs.filter(x, x % 2 == 1).size() == 2", "true")]
    [InlineData("[1, 2, 3, 4, 5, 6, 7, 8, 9, 10].exists(x, x in [2, 4, 6, 8, 10, 12, 14, 16, 18, 20])", "true")]
    [InlineData("n in [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0]", "true")]
    [InlineData("2.5 in [1, 2, 3]", "false")]
    [InlineData("nothing || n == 7", "true")]
    [InlineData("n == 8 && nothing", "false")]
    [InlineData("xs.all(x, x > 1 || 1 / (x - 1) > 5 )", null)]
    [InlineData("xs.exists(x, 6 / (x - 1) == 6)", "true")]
    [InlineData("money('5000 EUR') > money('4999.99 EUR')", "true")]
    [InlineData("money('12.50 EUR') == money({'amount': '12.5', 'currency': 'EUR'})", "true")]
    [InlineData("money('12.50 EUR') + money('0.50 EUR') - money('1 EUR')", "money(\"12.00 EUR\")")]
    [InlineData("string(money('12.50 EUR'))", "\"12.50 EUR\"")]
    [InlineData("[money('1 EUR'), money('1 USD')].size()", "2")]
    [InlineData("string(1000000.0) + string(1e21) + string(1.5e-7) + string(-0.0) + string(123456.789)", "\"10000001e+211.5e-70123456.789\"")]
    [InlineData("string(0.1 + 0.2)", "\"0.30000000000000004\"")]
    [InlineData("timestamp('2026-03-29T01:30:00Z').getHours('Europe/Berlin')", "3")]
    [InlineData("timestamp('2026-03-29T00:30:00Z').getHours('Europe/Berlin')", "1")]
    [InlineData("timestamp('2026-01-01T00:00:00+05:30') == timestamp('2025-12-31T18:30:00Z')", "true")]
    [InlineData("timestamp('2026-01-01T00:00:00.000000001Z') - timestamp('2026-01-01T00:00:00Z')", "duration(\"0.000000001s\")")]
    [InlineData("timestamp('1969-12-31T23:59:59.5Z').getMilliseconds()", "500")]
    [InlineData("duration('1h30m') + duration('-1.5s') == duration('5398.5s')", "true")]
    [InlineData("duration('90m').getHours()", "1")]
    [InlineData("duration('1.25s').getMilliseconds()", "250")]
    [InlineData("string(duration('-1.5s'))", "\"-1.5s\"")]
    [InlineData("bytes('ü') == b'\\xc3\\xbc'", "true")]
    [InlineData("{'a': 1, 2: 'b', true: 3}[2u]", "\"b\"")]
    [InlineData("[1, 2u, 3.0] == [1.0, 2, 3u]", "true")]
    [InlineData("0.0 / 0.0 == 0.0 / 0.0", "false")]
    [InlineData("double('NaN') < 1.0", "false")]
    [InlineData("-7 / 2 == -3 && -7 % 2 == -1", "true")]
    [InlineData("type(money('1 EUR')) == money", "true")]
    [InlineData("dyn(xs) == dyn(s)", "false")]
    [InlineData("'a😀b'.charAt(1) + 'a😀b'.substring(2) + 'a😀b'.substring(0, 2)", "\"😀ba😀\"")]
    [InlineData("['a😀b😀'.indexOf('b'), 'a😀b😀'.lastIndexOf('😀'), 'a😀b😀'.indexOf('😀', 2)]", "[2, 3, 3]")]
    [InlineData("['', 'a'.split(''), 'a😀b'.split(''), 'a,b,,c'.split(','), ','.split(','), 'a,b,c'.split(',', 2), ''.split(',')]",
        "[\"\", [\"a\"], [\"a\", \"😀\", \"b\"], [\"a\", \"b\", \"\", \"c\"], [\"\", \"\"], [\"a\", \"b,c\"], [\"\"]]")]
    [InlineData("['😀b'.replace('', '-'), 'aaa'.replace('a', 'b', 2), 'aaa'.replace('a', '', 0), ''.replace('', 'x')]", "[\"-😀-b-\", \"bba\", \"aaa\", \"x\"]")]
    [InlineData("['', 'a', ''].join('-') + [].join('-') + ['x'].join()", "\"-a-x\"")]
    [InlineData("'ÄbC'.lowerAscii() + 'äBc'.upperAscii() + '  x '.trim()", "\"ÄbcäBCx\"")]
    [InlineData("base64.encode(b'\\xff') + string(base64.decode('aGk'))", "\"/w==hi\"")]
    [InlineData("cel.bind(y, n * 2, cel.bind(n, y + 1, n * y))", "210")]
    [InlineData("xs.transformList(i, v, i * v) + xs.transformList(i, v, i > 0, v)", "[0, 2, 6, 2, 3]")]
    [InlineData("{'a': 1, 'b': 2}.transformMap(k, v, k != 'a', v + 1)", "{\"b\": 3}")]
    [InlineData("xs.transformMap(i, v, v * 2)", "{0: 2, 1: 4, 2: 6}")]
    [InlineData("xs.all(i, v, v == i + 1) && d.exists(k, v, k == 'n' && v == 5)", "true")]
    public void Evaluates(string source, string? value) => Assert.Equal(value, Evaluate(source) is { IsError: false } r ? r.Value.ToString() : null);

    [Theory]
    [InlineData("nothing", CelErrors.Unbound)]
    [InlineData("d.missing", CelErrors.NoSuchField)]
    [InlineData("d.n.x", CelErrors.NoSuchOverload)]
    [InlineData("xs[3]", CelErrors.NoSuchIndex)]
    [InlineData("xs[-1]", CelErrors.NoSuchIndex)]
    [InlineData("{'a': 1}['b']", CelErrors.NoSuchField)]
    [InlineData("9223372036854775807 + n", CelErrors.Overflow)]
    [InlineData("-9223372036854775808 / (n - 8)", CelErrors.Overflow)]
    [InlineData("-9223372036854775808 % (n - 8)", CelErrors.Overflow)]
    [InlineData("n * 9223372036854775807", CelErrors.Overflow)]
    [InlineData("0u - uint(n)", CelErrors.Overflow)]
    [InlineData("int(1e19 + double(n))", CelErrors.Overflow)]
    [InlineData("n / (n - 7)", CelErrors.DivideByZero)]
    [InlineData("n % (n - 7)", CelErrors.DivideByZero)]
    [InlineData("money('1 EUR') < money('1 USD')", CelErrors.CurrencyMismatch)]
    [InlineData("money('1 EUR') == money('1 USD')", CelErrors.CurrencyMismatch)]
    [InlineData("money('1 EUR') != money('1 USD')", CelErrors.CurrencyMismatch)]
    [InlineData("money('1 EUR') + money('1 USD')", CelErrors.CurrencyMismatch)]
    [InlineData("money(s)", CelErrors.InvalidArgument)]
    [InlineData("money('1e5 EUR')", CelErrors.InvalidArgument)]
    [InlineData("money('1,5 EUR')", CelErrors.InvalidArgument)]
    [InlineData("money('1.0000000000 EUR')", CelErrors.InvalidArgument)]
    [InlineData("money('1 eur')", CelErrors.InvalidArgument)]
    [InlineData("money({'amount': 5, 'currency': 'EUR'})", CelErrors.InvalidArgument)]
    [InlineData("int('0x10')", CelErrors.InvalidArgument)]
    [InlineData("int(' 1')", CelErrors.InvalidArgument)]
    [InlineData("double('1,5')", CelErrors.InvalidArgument)]
    [InlineData("string(b'\\xff')", CelErrors.InvalidArgument)]
    [InlineData("timestamp('2026-02-29T00:00:00Z')", CelErrors.InvalidArgument)]
    [InlineData("timestamp('2026-01-01 00:00:00Z')", CelErrors.InvalidArgument)]
    [InlineData("timestamp('2026-01-01T00:00:00')", CelErrors.InvalidArgument)]
    [InlineData("timestamp('2026-01-01T00:00:00.1234567891Z')", CelErrors.InvalidArgument)]
    [InlineData("timestamp('2026-01-01T24:00:00Z')", CelErrors.InvalidArgument)]
    [InlineData("timestamp('2026-01-01T00:00:00Z').getHours('Nowhere/City')", CelErrors.InvalidArgument)]
    [InlineData("timestamp('2026-01-01T00:00:00Z').getHours('../../etc/passwd')", CelErrors.InvalidArgument)]
    [InlineData("timestamp('2026-01-01T00:00:00Z').getHours('+25:00')", CelErrors.InvalidArgument)]
    [InlineData("duration('1')", CelErrors.InvalidArgument)]
    [InlineData("duration('1d')", CelErrors.InvalidArgument)]
    [InlineData("duration('300000h') + duration('2562047h')", CelErrors.Overflow)]
    [InlineData("xs.exists_one(x, 1 / (x - 2) == 1)", CelErrors.DivideByZero)]
    [InlineData("xs.all(x, 1 / (x - 2) < 5)", CelErrors.DivideByZero)]
    [InlineData("{s: 1, s: 2}", CelErrors.DuplicateKey)]
    [InlineData("{1: 'a', 1u: 'b'}", CelErrors.DuplicateKey)]
    [InlineData("dyn(s) + 1", CelErrors.NoSuchOverload)]
    [InlineData("dyn(s) ? 1 : 2", CelErrors.NoSuchOverload)]
    [InlineData("dyn(s) && true", CelErrors.NoSuchOverload)]
    [InlineData("s.matches(dyn('(a'))", CelErrors.InvalidArgument)]
    [InlineData("s.charAt(5)", CelErrors.InvalidArgument)]
    [InlineData("s.substring(-1)", CelErrors.InvalidArgument)]
    [InlineData("s.substring(3, 2)", CelErrors.InvalidArgument)]
    [InlineData("s.indexOf('x', 9)", CelErrors.InvalidArgument)]
    [InlineData("base64.decode('a')", CelErrors.InvalidArgument)]
    [InlineData("base64.decode('$$$$')", CelErrors.InvalidArgument)]
    [InlineData("dyn([1]).join()", CelErrors.NoSuchOverload)]
    [InlineData("cel.bind(y, n / 0, true)", CelErrors.DivideByZero)]
    [InlineData("xs.transformMap(i, v, v / i)", CelErrors.DivideByZero)]
    public void Fails_with_a_code(string source, string code) => Assert.Equal(code, Evaluate(source).Error?.Code);

    [Fact]
    public void An_error_says_where_it_happened()
    {
        var expression = Environment.Compile("n > 1 &&\n  d.missing == 1", new(10, 5)).Expression!;
        var error = expression.Evaluate(Bindings).Error!;
        Assert.Equal((11, 4, "there is no field `missing`"), (error.Position.Line, error.Position.Column, error.Message));
    }

    [Theory]
    [InlineData("timestamp(s)")]
    [InlineData("money(s)")]
    [InlineData("{'a': 1}[s]")]
    [InlineData("{s: 1, s: 2}")]
    [InlineData("int(s)")]
    [InlineData("timestamp(0).getHours(s)")]
    [InlineData("base64.decode(s)")]
    [InlineData("money('123456 EUR') + money('1 USD')")]
    public void Errors_do_not_quote_data(string source)
    {
        var bindings = Bindings.Set("s", CelValue.Of("123456 is a secret"));
        Assert.DoesNotContain("123456", Environment.Compile(source).Expression!.Evaluate(bindings).Error!.ToString());
    }

    [Fact]
    public void A_variable_can_hold_an_error_that_is_absorbed_as_any_other()
    {
        var failed = Environment.Compile("n / 0").Expression!.Evaluate(Bindings);
        var bindings = Bindings.Set(Environment.IndexOf("nothing"), failed);
        Assert.Equal(CelErrors.DivideByZero, Environment.Compile("nothing").Expression!.Evaluate(bindings).Error?.Code);
        Assert.True(Environment.Compile("nothing || true").Expression!.Evaluate(bindings).IsTrue);
    }

    [Fact]
    public void Bindings_of_an_extended_environment_fit_the_expressions_of_the_first()
    {
        var extended = Environment.With("amount", CelType.Money);
        var bindings = extended.Bind().Set("n", CelValue.Of(7L)).Set("amount", CelValue.Of(new CelMoney(5, "EUR")));
        Assert.True(Environment.Compile("n == 7").Expression!.Evaluate(bindings).IsTrue);
        Assert.True(extended.Compile("amount == money('5.00 EUR')").Expression!.Evaluate(bindings).IsTrue);
        Assert.Equal(CelErrors.Unbound, extended.Compile("amount == amount").Expression!.Evaluate(Bindings).Error?.Code);
    }

    [Theory]
    [InlineData("${{ n }}", "7")]
    [InlineData("n is ${{ n }}, s is ${{ s }}", "\"n is 7, s is grün\"")]
    [InlineData("${{ {'a': {'b': 1}}}}", "{\"a\": {\"b\": 1}}")]
    [InlineData("${{ '}}' }}!", "\"}}!\"")]
    [InlineData("costs $${{ 5 }}", "\"costs ${{ 5 }}\"")]
    [InlineData("${{ money('12.50 EUR') }} and ${{ 1.5 }} ${{ true }}", "\"12.50 EUR and 1.5 true\"")]
    [InlineData("plain", "\"plain\"")]
    [InlineData("", "\"\"")]
    [InlineData("$ { } {{ }} ${ x }", "\"$ { } {{ }} ${ x }\"")]
    public void Evaluates_templates(string text, string value)
    {
        var compiled = Environment.CompileTemplate(text);
        Assert.True(compiled.Expression is not null, string.Join('\n', compiled.Diagnostics));
        Assert.Equal(value, compiled.Expression.Evaluate(Bindings).ToString());
    }

    [Theory]
    [InlineData("x ${{ n ", "cel.syntax", 9)]
    [InlineData("x ${{ n } }", "cel.syntax", 9)]
    [InlineData("x ${{ }}", "cel.syntax", 7)]
    [InlineData("${{ xs }} items", "cel.type", 5)]
    [InlineData("a ${{ m }} b ${{ n }}", "cel.unknown-variable", 7)]
    public void Refuses_broken_templates(string text, string code, int column)
    {
        var found = Environment.CompileTemplate(text).Diagnostics[0];
        Assert.Equal((code, column), (found.Code, found.Column));
    }

    [Theory]
    [InlineData("xs.all(a, xs.all(b, xs.all(c, a + b + c > 0)))", 100, true)]
    [InlineData("xs.all(a, xs.all(b, xs.all(c, a + b + c > 0)))", 2000, false)]
    [InlineData("xs.exists(a, xs.map(b, b).size() == 9) || true", 15, true)]
    [InlineData("true || xs.exists(a, a == 0)", 100, false)]
    [InlineData("s + s + s == ''", 3, true)]
    public void Ends_when_the_budget_is_spent_and_nothing_absorbs_that(string source, long budget, bool exceeded) =>
        Assert.Equal(exceeded, Evaluate(source, budget).Error?.Code == CelErrors.CostExceeded);

    [Fact]
    public void The_size_of_data_counts_against_the_budget()
    {
        var environment = new CelEnvironment(new("xs", CelType.List(CelType.Dyn)), new("s", CelType.String));
        var many = CelValue.List([.. Enumerable.Range(0, 2_000).Select(i => CelValue.Of((long)i))]);
        var bindings = environment.Bind().Set("xs", many).Set("s", CelValue.Of(new string('a', 4_000_000)));
        foreach (var source in new[]
        {
            "xs.all(x, !(-1 in xs))", "xs.all(x, xs == xs)", "xs.map(x, xs + xs).size() > 0", "xs.map(x, s + s).size() > 0",
            "xs.all(x, s == s + '')", "xs.exists(x, s.contains('b'))", "xs.exists(x, s.matches('b$'))", "xs.all(x, size(s) > 0)",
            "xs.exists(x, bytes(s) == b'')", "xs.map(x, 'p' + string(x)).exists(p, 'q'.matches(p))", "xs.all(x, xs.map(y, y) == xs)",
            "s.replace('', s).size() > 0", "s.replace('a', 'bbbbbbbbbbbbbbbbbbbbbbbbb').size() > 0", "s.split('').size() > 0", "[s, s, s].join(s) == ''",
            "xs.map(x, s).join(s) == ''", "xs.exists(x, s.lowerAscii() == '')", "xs.exists(x, s.indexOf('b') > 0)", "xs.transformList(i, v, s.trim()).size() > 0",
        })
        {
            Assert.Equal(CelErrors.CostExceeded, environment.Compile(source).Expression!.Evaluate(bindings).Error?.Code);
        }
    }

    [Fact]
    public void The_estimate_grows_with_nested_loops()
    {
        long Cost(string source) => Environment.Compile(source).Expression!.EstimatedCost;
        Assert.InRange(Cost("n > 1"), 1, 10);
        Assert.InRange(Cost("xs.all(x, x > 1)"), 100, 1_000);
        Assert.InRange(Cost("xs.all(x, xs.all(y, x > y))"), 10_000, 100_000);
        Assert.InRange(Cost("[1, 2].all(x, x > n)"), 5, 50);
        Assert.Equal(long.MaxValue / 4, Cost(string.Concat(Enumerable.Range(0, 20).Select(i => $"xs.all(x{i}, ")) + "true" + new string(')', 20)));
    }

    [Theory]
    [InlineData("n > 5")]
    [InlineData("n > 5 && s == 'grün' || n + 1 < n * 2")]
    [InlineData("d.n > 4 && d.a.b[0] == 1")]
    [InlineData("n in [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]")]
    [InlineData("s.startsWith('g') && s.contains('r') && has(d.n)")]
    [InlineData("duration('5s') < duration('6s') && 'n' in d")]
    public void Allocates_nothing_for_simple_conditions(string source)
    {
        var expression = Environment.Compile(source).Expression!;
        var bindings = Bindings;
        Assert.True(expression.Evaluate(bindings).IsTrue);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 100; i++)
        {
            expression.Evaluate(bindings);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public void Evaluates_on_many_threads_at_once()
    {
        var expression = Environment.Compile("d.a.b.exists(x, x == 'x') && d.n == 5 && xs.map(x, x + n).size() == 3").Expression!;
        var bindings = Bindings;
        Assert.All(Enumerable.Range(0, 2_000).AsParallel().WithDegreeOfParallelism(4).Select(_ => expression.Evaluate(bindings).IsTrue), Assert.True);
    }

    [Theory]
    [InlineData("[n, 1.5, 'a', true, null]", """[7,1.5,"a",true,null]""")]
    [InlineData("{'a': {'b': []}, 'c': b'abc'}", """{"a":{"b":[]},"c":"YWJj"}""")]
    [InlineData("[timestamp('2026-01-01T00:00:00.5Z'), duration('90s'), money('12.50 EUR')]", """["2026-01-01T00:00:00.5Z","90s",{"amount":"12.50","currency":"EUR"}]""")]
    [InlineData("[9007199254740991, -9007199254740991, 5u, 1000000.0]", "[9007199254740991,-9007199254740991,5,1000000]")]
    [InlineData("d", """{"a":{"b":[1,2.5,"x",null,true]},"n":5}""")]
    public void Writes_values_as_JSON(string source, string json)
    {
        var (text, error) = Written(Evaluate(source).Value);
        Assert.Null(error);
        Assert.Equal(json, text);
    }

    [Theory]
    [InlineData("[9007199254740992]")]
    [InlineData("-9007199254740992")]
    [InlineData("{'a': 9007199254740992u}")]
    [InlineData("0.0 / 0.0")]
    [InlineData("[1.0 / 0.0]")]
    [InlineData("{1: 'a'}")]
    [InlineData("int")]
    public void Refuses_to_write_what_JSON_cannot_hold_exactly(string source) =>
        Assert.Equal(CelErrors.NotJson, Written(Evaluate(source).Value).Error?.Code);

    static (string Text, CelError? Error) Written(CelValue value)
    {
        using var buffer = new MemoryStream();
        using var writer = new Utf8JsonWriter(buffer);
        var error = value.WriteJson(writer);
        writer.Flush();
        return (Encoding.UTF8.GetString(buffer.ToArray()), error);
    }
}
