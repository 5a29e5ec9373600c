using System.Buffers;
using System.Diagnostics;
using System.Text;
using Anumate;
using Anumate.Bench;
using Anumate.Engines.Tests.Redaction;
using Anumate.Redaction;

// What each recogniser finds of 1,000 values, in how many of 1,000 near-misses it sees something, and how many megabytes a second one
// thread redacts, by the clock and by processor time (which says more on a machine that is shared). --seconds N is the time of one
// measurement (1), --failures lists the samples that go wrong on standard error.
var seconds = Array.IndexOf(args, "--seconds") is var at and >= 0 ? double.Parse(args[at + 1]) : 1;
var report = new Report("redaction");
foreach (var score in Samples.Kinds.Select(Score.Of))
{
    report.Figures[$"{score.Kind}.found"] = score.Found;
    report.Figures[$"{score.Kind}.wrong"] = score.Wrong;
    report.Figures[$"{score.Kind}.recall"] = score.Recall;
    report.Figures[$"{score.Kind}.precision"] = score.Precision;
    foreach (var text in args.Contains("--failures") ? score.Missed.Select(t => $"missed: {t}").Concat(score.Mistaken.Select(t => $"mistaken: {t}")) : [])
    {
        Console.Error.WriteLine($"{score.Kind} {text}");
    }
}

string[] all = [.. Recognisers.Names];
var keys = new RedactionKeys { HashKey = new byte[32] };
var orders = Orders(rich: false);
var people = Orders(rich: true);
Rate("paths", orders, new RedactionDemand("result[*].card", [], RedactionOperator.Mask) { Last = 4 }, new("result[*].customer.email", [], RedactionOperator.Drop));
Rate("all_recognisers", orders, new RedactionDemand("result", all, RedactionOperator.Mask));
Rate("all_recognisers_dense", people, new RedactionDemand("result", all, RedactionOperator.Drop));
Rate("hash_dense", people, new RedactionDemand("result", all, RedactionOperator.Hash));
Rate("prose", Encoding.UTF8.GetBytes($"[\"{string.Concat(Enumerable.Repeat("The quick brown fox jumps over the lazy dog and asks, whether it is late. ", 12_000))}\"]"), new RedactionDemand("result", all, RedactionOperator.Mask));
report.Print(args);
return 0;

// A list of orders as tools answer them, with a value to redact in every record, or in nearly every text.
static byte[] Orders(bool rich) => Encoding.UTF8.GetBytes($"[{string.Join(',', Enumerable.Range(0, 2_000).Select(i => rich
    ? $$"""{"id":{{i}},"customer":{"email":"ann.lee{{i}}@example.org","phone":"+49 151 {{10_000_000 + i}}"},"note":"card 4111 1111 1111 1111, IBAN DE89370400440532013000, from 192.0.2.{{i % 256}}"}"""
    : $$"""{"id":{{i}},"status":"paid","customer":{"name":"Ann Lee","email":"ann.lee{{i}}@example.org","city":"Lisbon"},"card":"4111111111111111","amount":{"amount":"12.50","currency":"EUR"},"lines":[{"sku":"A-{{i}}","title":"A thing that somebody ordered","quantity":{{i % 7}}},{"sku":"B-{{i}}","title":"Another thing","quantity":1}],"comment":"Please ring twice, and leave it with the neighbour if nobody is there."}"""))}]");

void Rate(string name, byte[] json, params RedactionDemand[] demands)
{
    var redactor = Redactor.Compile(demands).Redactor ?? throw new InvalidOperationException("the demands do not compile");
    var rates = new (double Clock, double Processor)[4];
    var to = new ArrayBufferWriter<byte>(json.Length * 2);
    for (var round = 0; round < rates.Length; round++)
    {
        var (from, processor, bytes) = (Stopwatch.GetTimestamp(), Environment.CpuUsage.TotalTime, 0L);
        while (Stopwatch.GetElapsedTime(from).TotalSeconds < seconds)
        {
            to.ResetWrittenCount();
            var redaction = redactor.OpenJson("result", keys, to);
            redaction.Write(json);
            if (redaction.Complete().Fault is { } fault)
            {
                throw new InvalidOperationException(fault);
            }

            bytes += json.Length;
        }

        rates[round] = (bytes / Stopwatch.GetElapsedTime(from).TotalSeconds / 1e6, bytes / (Environment.CpuUsage.TotalTime - processor).TotalSeconds / 1e6);
    }

    // The first round warms up.
    report.Figures[$"mb_per_s_{name}"] = rates.Skip(1).Select(r => r.Clock).Order().ElementAt(1);
    report.Figures[$"mb_per_processor_s_{name}"] = rates.Skip(1).Select(r => r.Processor).Order().ElementAt(1);
}
