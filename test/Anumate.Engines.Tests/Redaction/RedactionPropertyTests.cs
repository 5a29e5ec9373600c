using System.Text;
using System.Text.Json;
using Anumate.Engines.Tests.Fuzz;
using Anumate.Redaction;
using CsCheck;

namespace Anumate.Engines.Tests.Redaction;

/// <summary>What holds for every document and every set of demands.</summary>
public sealed class RedactionPropertyTests
{
    static readonly Sample[] Values = [.. Samples.Kinds.SelectMany(k => Samples.Positives(k).Take(60).Concat(Samples.NearMisses(k).Take(30)))];

    static readonly string[] Names = ["a", "b", "card", "phone", "ssn", "note", "items", "odd name", "ann@example.org", "x#1", "[EMAIL]#1", "4111111111111111", ""];

    static readonly string[] Paths = ["**", "a", "a.b", "a.**", "*.b", "items[*]", "items[0].note", "**.card", "**.note", "items.**.a", "[0]"];

    [Fact]
    public void Whatever_comes_in_JSON_comes_out_and_nothing_recognised_is_left() => Gen.Int.Sample(seed =>
    {
        var random = new Random(seed);
        var demands = Within(random);
        var redactor = Redactor.Compile(demands).Redactor!;
        var json = Document(random);
        var once = redactor.Redact(json, "", Redact.Keys);
        Assert.Null(once.Report.Fault);
        using var document = JsonDocument.Parse(once.Utf8, new JsonDocumentOptions { AllowDuplicateProperties = false });
        Assert.Equal(once.Utf8.ToArray(), Redact.InChunks(redactor, json, "", Redact.Keys, random.Next(1, 9), random.Next(1, 40), 1));
        var twice = redactor.Redact(once.Utf8.Span, "", Redact.Keys);
        Assert.Equal(once.Utf8.ToArray(), twice.Utf8.ToArray());
        Assert.Equal(0, twice.Report.Redacted);
    }, iter: Runs.Of(600));

    [Fact]
    public void Operators_for_whole_values_that_allow_it_change_nothing_the_second_time() => Gen.Int.Sample(seed =>
    {
        var random = new Random(seed);
        RedactionDemand[] demands = [.. Enumerable.Range(0, random.Next(1, 5)).Select(_ => Whole(random)), .. random.Next(2) == 0 ? Within(random).Where(d => d.Operator != RedactionOperator.Hash) : []];
        var redactor = Redactor.Compile(demands).Redactor!;
        var once = redactor.Redact(Document(random), "", Redact.Keys).Utf8.ToArray();
        Assert.Equal(once, redactor.Redact(once, "", Redact.Keys).Utf8.ToArray());
    }, iter: Runs.Of(600));

    [Fact]
    public void The_order_of_demands_does_not_matter() => Gen.Int.Sample(seed =>
    {
        var random = new Random(seed);
        RedactionDemand[] demands = [.. Within(random), Whole(random), Whole(random)];
        var json = Document(random);
        var forth = Redactor.Compile(demands).Redactor!.Redact(json, "", Redact.Keys).Utf8.ToArray();
        Assert.Equal(forth, Redactor.Compile([.. demands.Reverse()]).Redactor!.Redact(json, "", Redact.Keys).Utf8.ToArray());
    }, iter: Runs.Of(300));

    [Fact]
    public void A_document_that_nothing_reaches_keeps_its_values() => Gen.Int.Sample(seed =>
    {
        var json = Document(new Random(seed));
        var redacted = Redact.With(Redact.Demand("nowhere.else", RedactionOperator.Drop)).Redact(json, "", Redact.Keys);
        using var before = JsonDocument.Parse(json);
        using var after = JsonDocument.Parse(redacted.Utf8);
        Assert.True(JsonElement.DeepEquals(before.RootElement, after.RootElement));
        Assert.Equal(new RedactionReport(0, 0, null), redacted.Report);
    }, iter: Runs.Of(300));

    [Fact]
    public void A_broken_document_comes_out_as_JSON()
    {
        byte[][] samples = [.. Enumerable.Range(0, 20).Select(i => Document(new Random(i)))];
        var redactor = Redact.With(Redact.Demand("**", RedactionOperator.Mask, [.. Recognisers.Names]), Redact.Demand("**.card", RedactionOperator.Drop), Redact.Demand("a.*", RedactionOperator.Hash));
        Mutations.Of(samples).Sample(bytes =>
        {
            var redacted = redactor.Redact(bytes, "", Redact.Keys);
            using var document = JsonDocument.Parse(redacted.Utf8);
            Assert.Equal(redacted.Utf8.ToArray(), Redact.InChunks(redactor, bytes, "", Redact.Keys, 7, 1, 64));
        }, iter: Runs.Of(1_000));
    }

    [Fact]
    public void No_text_makes_a_recogniser_throw_or_reach_beyond_it() => Mutations.Of([.. Values.Select(v => Encoding.UTF8.GetBytes(v.Text))]).Sample(bytes =>
    {
        var text = Encoding.UTF8.GetString(bytes);
        foreach (var kind in Recognisers.Names)
        {
            Assert.NotNull(Redact.Text(text, [kind], RedactionOperator.Mask));
        }
    }, iter: Runs.Of(500));

    static RedactionDemand[] Within(Random random) =>
    [
        .. Enumerable.Range(0, random.Next(1, 4)).Select(_ => new RedactionDemand(
            Pick(random, Paths[..^1]), [.. Recognisers.Names.Where(_ => random.Next(3) > 0).DefaultIfEmpty("EMAIL")],
            Pick(random, RedactionOperator.Drop, RedactionOperator.Mask, RedactionOperator.Mask, RedactionOperator.Hash))
        {
            First = random.Next(2) * random.Next(7), Last = random.Next(2) * random.Next(13),
        }),
    ];

    static RedactionDemand Whole(Random random) => new(Pick(random, Paths[..^1]), [], Pick(random, RedactionOperator.Drop, RedactionOperator.Mask, RedactionOperator.PartialDate))
    {
        First = random.Next(3), Last = random.Next(5), Keep = "month",
    };

    static byte[] Document(Random random)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = random.Next(3) == 0, Encoder = random.Next(2) == 0 ? null : System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            Write(json, random, random.Next(1, 5));
        }

        return buffer.ToArray();
    }

    static void Write(Utf8JsonWriter json, Random random, int depth)
    {
        switch (depth > 0 ? random.Next(6) : random.Next(2, 6))
        {
            case 0:
                json.WriteStartObject();
                foreach (var name in Names.Where(_ => random.Next(3) == 0))
                {
                    json.WritePropertyName(name);
                    Write(json, random, depth - 1);
                }

                json.WriteEndObject();
                break;
            case 1:
                json.WriteStartArray();
                Enumerable.Range(0, random.Next(4)).ToList().ForEach(_ => Write(json, random, depth - 1));
                json.WriteEndArray();
                break;
            case 2:
                json.WriteNumberValue(random.Next(4) == 0 ? 4111111111111111 : random.Next());
                break;
            case 3:
                json.WriteBooleanValue(random.Next(2) == 0);
                break;
            default:
                // Values side by side without anything between them, too: what one leaves makes a neighbour look like something.
                json.WriteStringValue(string.Concat(Enumerable.Range(0, random.Next(1, 5)).Select(_ => Pick(random, Values).Text + Pick(random, "", " ", "-", ".", "\n", "@", ":"))));
                break;
        }
    }

    static T Pick<T>(Random random, params T[] from) => from[random.Next(from.Length)];
}
