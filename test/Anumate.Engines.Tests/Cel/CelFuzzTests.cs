using System.Text;
using System.Text.Json;
using Anumate.Cel;
using CsCheck;

namespace Anumate.Engines.Tests.Cel;

public sealed class CelFuzzTests
{
    static readonly CelEnvironment Environment = new(
        new("x", CelType.Dyn), new("n", CelType.Int), new("s", CelType.String), new("b", CelType.Bool), new("xs", CelType.List(CelType.Dyn)),
        new("o", CelType.FromSchema(JsonDocument.Parse("""{"type":"object","properties":{"f":{"type":"number"},"g":{"type":"array"}}}""").RootElement)));

    static readonly CelBindings Bindings = Environment.Bind()
        .Set("x", JsonDocument.Parse("""{"a":[1,"two",null,{"b":[]}],"f":1e5}""").RootElement)
        .Set("n", CelValue.Of(3L)).Set("s", CelValue.Of("straße 😀")).Set("b", CelValue.True)
        .Set("xs", CelValue.List([CelValue.Of(1L), CelValue.Of("a"), CelValue.Null, CelValue.List([])]))
        .Set("o", JsonDocument.Parse("""{"f":2,"g":[1]}""").RootElement);

    /// <summary>Compiles and evaluates both ways; that nothing is thrown and every outcome is a value is the test.</summary>
    static void Try(string source)
    {
        foreach (var compiled in new[] { Environment.Compile(source, new(3, 7)), Environment.CompileUnchecked(source), Environment.CompileTemplate(source) })
        {
            Assert.True(compiled.Expression is not null || compiled.Diagnostics.Any(d => d.Severity is Severity.Error), source);
            Assert.All(compiled.Diagnostics, d => Assert.True(d.Line >= 1 && d.Column >= 1 && d.Message != "", source));
            if (compiled.Expression is { } expression)
            {
                var result = expression.Evaluate(Bindings, 20_000);
                Assert.Equal(result.IsError, result.Error is not null);
                Assert.NotEqual("", result.ToString());
                Assert.NotEqual("", expression.ResultType.ToString());
            }
        }
    }

    [Fact]
    public void Random_texts_never_throw() => Gen.String[0, 60].Sample(Try, iter: Runs.Of(500));

    [Fact]
    public void Random_bytes_never_throw() => Gen.Byte.Array[0, 80].Sample(bytes => Try(Encoding.Latin1.GetString(bytes)), iter: Runs.Of(500));

    [Fact]
    public void Random_code_units_never_throw() =>
        Gen.OneOf(Gen.Char, Gen.OneOf('\ud800', '\udc00', '\'', '"', '\\', 'u', 'x', '0', '`')).Array[0, 40].Sample(c => Try(new string(c)), iter: Runs.Of(500));

    static readonly string[] Words =
    [
        "x", "n", "s", "b", "xs", "o", ".", ".", "f", "g", "a", "(", ")", "[", "]", "{", "}", ",", ":", "?", "+", "-", "*", "/", "%", "!", "==", "!=", "<", "<=", ">", ">=",
        "&&", "||", " in ", "1", "0", "2.5", "3u", "'a'", "'two'", "b'x'", "true", "null", "has(", "all(", "exists(", "map(", "filter(", "exists_one(", "size(", "type(",
        "string(", "int(", "double(", "money('5 EUR')", "timestamp('2026-01-01T00:00:00Z')", "duration('1h')", "matches('a+')", "matches(", "getHours('Europe/Berlin')",
        "contains(", "e,", "e", "${{", "}}", "$", "'", "\\", "//", "\n", "-9223372036854775808", "dyn(", "bytes(", "uint(", "getSeconds()", "startsWith(", "transformList(", "transformMap(", "cel.bind(", "split(", "replace(",
        ".?", "[?", "{?", "optional.of(", "optional.none()", "orValue(", "or(", "optMap(e,", "hasValue()", "format(", "ip(", "cidr(", "containsIP(",
        "substring(", "join(", "base64.", "encode(", "k, v,",
    ];

    [Fact]
    public void Random_words_of_the_language_never_throw() =>
        Gen.OneOf(Words).Array[1, 24].Sample(words => Try(string.Concat(words)), iter: Runs.Of(1_500));

    static readonly Gen<string> Typed = Gen.Recursive<string>((depth, e) => depth >= 5
        ? Gen.OneOf("x", "n", "s", "b", "xs", "o", "1", "0", "-1", "2.5", "3u", "'a'", "b'\\xff'", "true", "null", "[]", "{}", "x.a", "x.a[3].b", "o.f", "9223372036854775807", "duration('1h')", "money('5 EUR')", "timestamp(0)")
        : Gen.OneOf(
            e,
            Gen.Select(e, Gen.OneOf("+", "-", "*", "/", "%", "==", "!=", "<", "<=", ">", ">=", "in", "&&", "||"), e, (a, o, c) => $"({a} {o} {c})"),
            Gen.Select(e, e, e, (a, c, d) => $"({a} ? {c} : {d})"),
            Gen.Select(Gen.OneOf("size", "string", "int", "uint", "double", "bytes", "type", "dyn", "money", "timestamp", "duration", "bool", "!", "-"), e, (f, a) => $"{f}({a})"),
            Gen.Select(e, Gen.OneOf("all", "exists", "exists_one", "filter", "map"), e, (a, f, c) => $"{a}.{f}(x, {c})"),
            Gen.Select(e, Gen.OneOf("all", "exists", "existsOne", "transformList", "transformMap"), e, (a, f, c) => $"{a}.{f}(n, x, {c})"),
            Gen.Select(e, e, (a, c) => $"cel.bind(x, {a}, {c})"),
            Gen.Select(Gen.OneOf("lowerAscii", "upperAscii", "trim", "join", "size"), e, (f, a) => $"{a}.{f}()"),
            Gen.Select(e, Gen.OneOf("split", "replace", "indexOf", "lastIndexOf", "substring"), e, e, (a, f, c, d) => $"{a}.{f}({c}, {d})"),
            Gen.Select(e, e, (a, c) => $"{a}[{c}]"),
            Gen.Select(e, e, (a, c) => $"{a}[?{c}]"),
            Gen.Select(e, Gen.OneOf(".?a", ".?f", ".a", ".value()", ".hasValue()"), (a, c) => $"{a}{c}"),
            Gen.Select(e, Gen.OneOf("or", "orValue", "optMap", "optFlatMap"), e, (a, f, c) => f.StartsWith("opt") ? $"{a}.{f}(x, {c})" : $"{a}.{f}({c})"),
            Gen.Select(Gen.OneOf("optional.of", "optional.ofNonZeroValue"), e, (f, a) => $"{f}({a})"),
            Gen.Select(e, e, (a, c) => $"[?{a}, {c}]"),
            Gen.Select(e, e, (a, c) => $"{{?{a}: {c}}}"),
            Gen.Select(e, e, (a, c) => $"{a}.transformMapEntry(n, x, {c})"),
            Gen.Select(e, e, (a, c) => $"[{a}, {c}]"),
            Gen.Select(e, e, (a, c) => $"{{{a}: {c}}}"),
            Gen.Select(e, Gen.OneOf("contains", "matches", "startsWith", "endsWith", "getHours", "split", "join", "charAt", "substring", "indexOf", "lastIndexOf"), e, (a, f, c) => $"{a}.{f}({c})")));

    [Fact]
    public void Random_expressions_never_throw() => Typed.Sample(Try, iter: Runs.Of(600));

    /// <summary>Where the checker lets an expression pass, it does not matter to the result that it was checked.</summary>
    [Fact]
    public void Checking_does_not_change_results() => Typed.Sample(source =>
    {
        if (Environment.Compile(source).Expression is { } isChecked)
        {
            var (a, b) = (isChecked.Evaluate(Bindings, 50_000), Environment.CompileUnchecked(source).Expression!.Evaluate(Bindings, 50_000));
            Assert.Equal(a.ToString(), b.ToString());
        }
    }, iter: Runs.Of(500));

    /// <summary>Shortcuts, folding and order of evaluation do not show: what is compiled does what the tree says.</summary>
    [Fact]
    public void The_compiled_and_the_plain_evaluator_agree() => Typed.Sample(source =>
    {
        foreach (var isChecked in new[] { true, false })
        {
            var compiled = isChecked ? Environment.Compile(source) : Environment.CompileUnchecked(source);
            if (compiled.Expression?.Evaluate(Bindings, 200_000) is { } result && result.Error?.Code != CelErrors.CostExceeded)
            {
                var plain = PlainEvaluator.Evaluate(Environment, Bindings, source, isChecked);
                Assert.True(plain.Error?.Code == result.Error?.Code && (result.IsError || Equal(plain, result.Value)), $"{source}: {result}, plainly {plain}");
            }
        }

        // NaN equals nothing, so texts are compared too.
        static bool Equal(CelValue a, CelValue b) => a == b || a.ToString() == b.ToString();
    }, iter: Runs.Of(1_500));

    /// <summary>Where the checker gives a plain type, the value is of it.</summary>
    [Fact]
    public void Values_have_the_type_the_checker_gave() => Typed.Sample(source =>
    {
        if (Environment.Compile(source).Expression is { } expression && expression.Evaluate(Bindings, 50_000) is { IsError: false } result
            && expression.ResultType.Kind is not (CelKind.Dyn or CelKind.Object or CelKind.Nullable))
        {
            Assert.True(expression.ResultType.Kind == result.Value.Kind, $"{source}: {expression.ResultType}, {result}");
        }
    }, iter: Runs.Of(600));

    public static TheoryData<string, string, string> Deep => new()
    {
        { "(", "1", ")" }, { "[", "1", "]" }, { "{1: ", "1", "}" }, { "!", "b", "" }, { "-", "n", "" }, { "", "x", ".a" }, { "", "x", "[0]" }, { "x[", "0", "]" },
        { "size(", "s", ")" }, { "b ? ", "b", " : b" }, { "b ? b : ", "b", "" }, { "n + ", "n", "" }, { "", "n", " + n" }, { "b && ", "b", "" }, { "b && (", "b", ")" },
        { "b && !(b || ", "b", ")" }, { "xs.map(e, ", "1", ")" }, { "xs.all(i, e, ", "b", ")" }, { "cel.bind(y, n, ", "y", ")" }, { "cel.bind(y, ", "n", ", y)" }, { "", "xs", ".map(e, e)" }, { "has(x.a) && ", "b", "" }, { "(", "", "" }, { "[", "", "" }, { "{", "", "" }, { "f(", "", "" },
        { "", "s", ".contains(s)" }, { "n == ", "n", "" }, { "${{ [", "1", "] }}" }, { "'", "", "" }, { "1", "", "" }, { "a", "", "" }, { "?", "", "" }, { "}", "", "" }, { "${{", "", "" },
    };

    [Theory]
    [MemberData(nameof(Deep))]
    public void Ten_thousand_levels_are_a_finding_or_a_value_on_a_small_stack(string before, string middle, string after)
    {
        foreach (var count in new[] { 50, 240, 10_000 })
        {
            var source = string.Concat(Enumerable.Repeat(before, count)) + middle + string.Concat(Enumerable.Repeat(after, count));
            Exception? failure = null;
            var thread = new Thread(() => failure = Record.Exception(() => Try(source)), 768 * 1024);
            thread.Start();
            thread.Join();
            Assert.Null(failure);
        }
    }

    [Fact]
    public void Sources_over_the_limit_are_refused()
    {
        var found = Assert.Single(Environment.Compile(new string(' ', Parser.MaxSize) + "1").Diagnostics);
        Assert.Equal("cel.too-large", found.Code);
        Assert.NotNull(Environment.Compile(new string(' ', Parser.MaxSize - 1) + "1").Expression);
    }

    [Fact]
    public void Wide_sources_compile()
    {
        var list = string.Join(',', Enumerable.Range(0, 9_000));
        Assert.True(Environment.Compile($"n in [{list}]").Expression!.Evaluate(Bindings).IsTrue);
        var chain = string.Join(" || ", Enumerable.Repeat("n == 4", 6_000)) + " || n == 3";
        Assert.True(Environment.Compile(chain).Expression!.Evaluate(Bindings).IsTrue);
        Assert.Equal(50, Environment.Compile(string.Join(" || ", Enumerable.Repeat("m == 4", 6_000))).Diagnostics.Count);
        Assert.NotEmpty(Environment.Compile(string.Concat(Enumerable.Repeat("$", 60_000))).Diagnostics);
    }

    [Fact]
    public void The_conformance_cases_cut_and_mixed_never_throw()
    {
        if (CelConformance.Find(AppContext.BaseDirectory) is not { } path)
        {
            Assert.Skip("shared/vectors/cel/cel-conformance.json is not here");
            return;
        }

        using var document = JsonDocument.Parse(File.ReadAllBytes(path));
        var sources = document.RootElement.EnumerateArray().Select(t => t.GetProperty("expr").GetString()!).Where(s => s.Length < 200).ToArray();
        Gen.Select(Gen.OneOf(sources), Gen.OneOf(sources), Gen.Int[0, 200], Gen.Int[0, 200]).Sample(
            (a, b, i, j) => Try(a[..Math.Min(i, a.Length)] + b[Math.Min(j, b.Length)..]), iter: Runs.Of(600));
    }
}
