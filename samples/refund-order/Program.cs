using Anumate.Samples;

// The tools of the sample automation: an order book, a payment provider and a mail box, as one small HTTP program on loopback.
//   refund-tools --urls http://127.0.0.1:7070 --record FILE [--delay MS] [--fail PERCENT] [--hang PERCENT]
// Every execution that reaches it is appended to FILE before it is answered, twice if it comes twice: nothing is deduplicated.
var builder = WebApplication.CreateSlimBuilder(args);
builder.Logging.ClearProviders();
builder.Services.ConfigureHttpJsonOptions(o => o.SerializerOptions.TypeInfoResolverChain.Insert(0, ToolJson.Default));
builder.Services.AddSingleton(TimeProvider.System);
builder.Services.AddSingleton(p => new Record(builder.Configuration["record"] ?? Path.Combine(Path.GetTempPath(), $"refund-tools-{Environment.ProcessId}.jsonl"), p.GetRequiredService<TimeProvider>()));
builder.Services.AddSingleton(new Trouble(Number("delay"), Number("fail"), Number("hang")));
var app = builder.Build();

app.MapPost("/orders/get", async (OrderQuery query, HttpContext http, Record record, Trouble trouble) =>
{
    await trouble.MeetAsync(http);
    return query.Id.StartsWith("A-", StringComparison.Ordinal)
        ? Results.Ok(record.Execute("orders.get", http, _ => new Order(query.Id, "paid", $"ch_{query.Id}", 5000, "EUR")))
        : Results.NotFound();
});
app.MapPost("/payments/refund", async (RefundRequest refund, HttpContext http, Record record, Trouble trouble) =>
{
    await trouble.MeetAsync(http);
    var done = record.Execute("payments.refund", http, n => new Refund($"re_{n}", refund.Charge, refund.Amount, refund.Currency));
    await trouble.MeetAfterAsync(http);
    return Results.Ok(done);
});
app.MapPost("/payments/cancel-refund", async (CancelRequest cancel, HttpContext http, Record record, Trouble trouble) =>
{
    await trouble.MeetAsync(http);
    return Results.Ok(record.Execute("payments.cancel_refund", http, _ => new Cancelled(cancel.Refund, true)));
});
app.MapPost("/comms/send-email", async (Mail mail, HttpContext http, Record record, Trouble trouble) =>
{
    await trouble.MeetAsync(http);
    var sent = record.Execute("comms.send_email", http, n => new Sent($"msg_{n}"), mail.Subject);
    await trouble.MeetAfterAsync(http);
    return Results.Ok(sent);
});
app.MapGet("/payments/refund/status", (string key, Record record) => Results.Content(record.Find("payments.refund", key), "application/json"));
app.MapGet("/comms/send-email/status", (string key, Record record) => Results.Content(record.Find("comms.send_email", key), "application/json"));
app.MapGet("/record", (Record record) => Results.Content(record.ReadAll(), "application/x-ndjson"));
app.MapGet("/health", () => Results.Ok());

await app.RunAsync();

int Number(string name) => int.TryParse(builder.Configuration[name], out var n) ? n : 0;
