using System.Text;
using System.Text.Json;
using Anumate.Platform.Policies;
using Anumate.Platform.Secrets;
using Anumate.Proofs;
using Anumate.Tests.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace Anumate.Tests.Redactions;

/// <summary>What policies make of the arguments of calls and of their answers: real runs, real tools, and a look at all that is left of them.</summary>
public sealed class CallRedactionTests(TestServer server, TestDatabase database)
{
    static Caller Self => Caller.Self;

    [Fact]
    public async Task A_tool_gets_redacted_arguments_and_everything_is_about_those()
    {
        await using var crm = await Crm.MakeAsync(await server.NewTenantAsync());
        await crm.PublishAsync("tool.before", "rule cards redact call.args.card with mask(last: 4)");
        var run = await crm.RunAsync();

        Assert.Equal(RunStatus.Completed, run.Status);
        var sent = Assert.Single(crm.Tools.SentTo("send"));
        Assert.Equal("************1111", sent.Json.GetProperty("card").GetString());
        var keys = (await ((ServerTenant)crm.Tenant).Server.Services.GetRequiredService<RunVault>().GetAsync(crm.Tenant.Id, run.Id, default))!;
        var digest = SaltedDigest.Of(keys.Salt.Span, Encoding.UTF8.GetBytes(sent.Body)).ToString();
        Assert.Equal(digest, (await crm.EntryAsync(run, "attempt_started", "send")).GetProperty("args_digest").GetString());
        Assert.Contains(await crm.LeavesAsync(run, "run.intent"), l => l.GetProperty("arguments").GetString() == digest);
        Assert.Contains(await crm.LeavesAsync(run, "run.outcome"), l => l.GetProperty("arguments").GetString() == digest);
    }

    [Fact]
    public async Task An_answer_is_redacted_before_it_is_journaled_and_before_the_next_step_sees_it()
    {
        await using var crm = await Crm.MakeAsync(await server.NewTenantAsync());
        await crm.PublishAsync("tool.before", "rule people redact result.** where pii(EMAIL, IBAN) with token; result.born with partial_date(keep: year); result.name with drop");
        var run = await crm.RunAsync();

        Assert.Equal(RunStatus.Completed, run.Status);
        var output = (await crm.EntryAsync(run, "attempt_completed", "find")).GetProperty("output");
        Assert.Equal("1987", output.GetProperty("born").GetString());
        Assert.False(output.TryGetProperty("name", out _));
        var email = output.GetProperty("email").GetString()!;
        Assert.Matches(@"^\[EMAIL:t1\.[A-Za-z0-9_-]{24}\]$", email);
        Assert.Equal(email, output.GetProperty("tags")[0].GetProperty("deep").GetString());
        Assert.Matches(@"^call \[EMAIL:t1\..{24}\] about \[IBAN:t1\..{24}\]$", output.GetProperty("note").GetString());
        Assert.Equal(output.GetProperty("note").GetString(), Assert.Single(crm.Tools.SentTo("send")).Json.GetProperty("text").GetString());
        Assert.Equal(output.GetProperty("note").GetString(), run.Outputs!.Value.GetProperty("note").GetString());
        var stored = await crm.StoredAsync();
        Assert.DoesNotContain(Crm.Email, stored);
        Assert.DoesNotContain(Crm.Iban, stored);
        Assert.DoesNotContain("Jane Doe", stored);
        Assert.DoesNotContain(Crm.Email, crm.Tenant.Log);

        // Who has the key has the value back.
        var token = email["[EMAIL:".Length..^1];
        var text = Assert.Single(await crm.RowsAsync("select sealed from platform.redaction_token where tenant_id = $1 and token = $2 and scope = $3", token, run.Id.ToString()));
        var keys = (await ((ServerTenant)crm.Tenant).Server.Services.GetRequiredService<RunVault>().GetAsync(crm.Tenant.Id, run.Id, default))!;
        Assert.True(keys.Seal.TryOpen(text, $"redaction/{token}", out var plain));
        Assert.Equal(Crm.Email, Encoding.UTF8.GetString(plain));
    }

    [Fact]
    public async Task After_the_call_a_policy_of_its_own_redacts_by_what_was_answered_and_its_decision_is_kept()
    {
        await using var crm = await Crm.MakeAsync(await server.NewTenantAsync());
        await crm.PublishAsync("tool.after",
            """rule adults redact result.born with drop when result.born < "2000-01-01" """,
            """rule nobody redact result.name with drop when result.name == "John Doe" """);
        var run = await crm.RunAsync();

        var entry = await crm.EntryAsync(run, "attempt_completed", "find");
        Assert.False(entry.GetProperty("output").TryGetProperty("born", out _));
        Assert.Equal("Jane Doe", entry.GetProperty("output").GetProperty("name").GetString());
        var decision = entry.GetProperty("answer_decision").GetString();
        Assert.NotEqual(entry.GetProperty("decision").GetString(), decision);
        Assert.Contains(await crm.LeavesAsync(run, "run.outcome"), l => l.TryGetProperty("answer_decision", out var d) && d.GetString() == decision);
    }

    [Fact]
    public async Task Where_no_policy_speaks_of_answers_nothing_is_written_about_it()
    {
        await using var crm = await Crm.MakeAsync(await server.NewTenantAsync());
        var run = await crm.RunAsync();
        Assert.Equal(RunStatus.Completed, run.Status);
        Assert.All((await crm.JournalAsync(run)).Where(e => e.Kind is "attempt_started" or "attempt_completed"), e => Assert.Equal(1, e.Body.GetProperty("v").GetInt32()));
        Assert.All(await crm.LeavesAsync(run, "run.outcome"), l => Assert.False(l.TryGetProperty("answer_decision", out _)));
    }

    [Fact]
    public async Task A_withheld_answer_fails_the_step_for_good_and_what_was_done_is_undone()
    {
        await using var crm = await Crm.MakeAsync(await server.NewTenantAsync());
        await crm.PublishAsync("tool.after", """rule embargo deny because "sanctioned" when call.tool == "crm.send" && result.to.endsWith("example.com") """);
        var run = await crm.EndedAsync(await crm.RunAsync());

        Assert.Equal(RunStatus.Compensated, run.Status);
        Assert.Contains("`crm.send` did what it was asked, and its answer is withheld: `tenant.rules/embargo` denies it: sanctioned", run.Error);
        Assert.Single(crm.Tools.SentTo("send"));
        Assert.Single(crm.Tools.SentTo("undo"));
        Assert.Single(crm.Tools.SentTo("find"));
        var entry = await crm.EntryAsync(run, "attempt_completed", "send");
        Assert.Equal("withheld", entry.GetProperty("outcome").GetString());
        Assert.False(entry.TryGetProperty("output", out _));
        Assert.NotNull(entry.GetProperty("answer_decision").GetString());
        Assert.DoesNotContain("m1", string.Concat((await crm.JournalAsync(run)).Where(e => e.Body.TryGetProperty("step", out var s) && s.GetString() == "send" && !e.Body.TryGetProperty("phase", out _))
            .Select(e => e.Body.GetRawText())));
        Assert.Contains(await crm.LeavesAsync(run, "run.outcome"), l => l.GetProperty("outcome").GetString() == "withheld");
        Assert.Contains(await crm.RowsAsync("select body::text from platform.events where tenant_id = $1 and type = 'execution.step_completed'"),
            e => e.Contains("withheld", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Arguments_that_the_tool_does_not_take_once_they_are_redacted_are_not_sent()
    {
        await using var crm = await Crm.MakeAsync(await server.NewTenantAsync());
        await crm.PublishAsync("tool.before", "rule amounts redact call.args.amount with mask");
        var run = await crm.EndedAsync(await crm.RunAsync());

        Assert.Equal(RunStatus.Denied, run.Status);
        Assert.Contains("what `tenant.rules/amounts` leave of the arguments does not fit `crm.send`", run.Error);
        Assert.Empty(crm.Tools.SentTo("send"));
        Assert.NotNull((await crm.EntryAsync(run, "step_denied", "send")).GetProperty("decision").GetString());
    }

    [Fact]
    public async Task An_approval_of_a_policy_is_for_the_arguments_as_they_are_sent()
    {
        await using var crm = await Crm.MakeAsync(await server.NewTenantAsync());
        await crm.PublishAsync("tool.before", "rule cards redact call.args.card with token; call.args.text where pii(EMAIL) with hash",
            """rule big approval 1 of "finance" within 4h when call.tool == "crm.send" """);
        var run = await crm.RunAsync();
        Assert.Equal(RunStatus.WaitingApproval, run.Status);
        await crm.DecideAsync(Assert.Single(run.WaitingFor));

        run = await crm.EndedAsync(run);
        Assert.Equal(RunStatus.Completed, run.Status);
        var sent = Assert.Single(crm.Tools.SentTo("send"));
        Assert.StartsWith("t1.", sent.Json.GetProperty("card").GetString());
        Assert.Contains("[EMAIL:h1.", sent.Json.GetProperty("text").GetString());
        Assert.Equal((await crm.EntryAsync(run, "attempt_started", "send")).GetProperty("args_digest").GetString(),
            (await crm.EntryAsync(run, "approval_requested", "send")).GetProperty("args_digest").GetString());
    }

    [Fact]
    public async Task People_are_asked_anew_when_policies_redact_otherwise_since_they_approved()
    {
        await using var crm = await Crm.MakeAsync(await server.NewTenantAsync(), Crm.Capsule("""
              approvals: [{ id: ok, title: May we write, before: send, stages: [{ group: finance, quorum: 1, within: 4h }] }]
            """));
        await crm.PublishAsync("tool.before", "rule cards redact call.args.card with mask(last: 4)");
        var run = await crm.RunAsync();
        var first = Assert.Single(run.WaitingFor);
        await crm.PublishAsync("tool.before", "rule cards redact call.args.card with mask");
        await crm.DecideAsync(first);

        run = await crm.SettledAsync(await (await crm.Tenant.ClientAsync("olga")).Orchestrator.GetAsync(Self, run.Id, default), r => r.WaitingFor.Any(a => a != first));
        for (var attempt = 0; attempt < 100 && (run.WaitingFor.Count == 0 || run.WaitingFor[0] == first); attempt++)
        {
            await Task.Delay(50);
            run = await (await crm.Tenant.ClientAsync("olga")).Orchestrator.GetAsync(Self, run.Id, default);
        }

        var second = Assert.Single(run.WaitingFor);
        Assert.NotEqual(first, second);
        Assert.Empty(crm.Tools.SentTo("send"));
        await crm.DecideAsync(second);
        run = await crm.EndedAsync(run);
        Assert.Equal(RunStatus.Completed, run.Status);
        Assert.Equal("****************", Assert.Single(crm.Tools.SentTo("send")).Json.GetProperty("card").GetString());
    }

    [Fact]
    public async Task Hashes_are_alike_in_a_tenant_and_tokens_in_a_run()
    {
        const string Rules = "rule people redact result.email with hash; result.name with token";
        await using var crm = await Crm.MakeAsync(await server.NewTenantAsync());
        await crm.PublishAsync("tool.before", Rules);
        await using var other = await Crm.MakeAsync(await server.NewTenantAsync());
        await other.PublishAsync("tool.before", Rules);

        var (a, b, c) = (await OutputAsync(crm), await OutputAsync(crm), await OutputAsync(other));
        Assert.StartsWith("h1.", a.Hash);
        Assert.Equal(a.Hash, b.Hash);
        Assert.NotEqual(a.Hash, c.Hash);
        Assert.StartsWith("t1.", a.Token);
        Assert.Equal(3, new HashSet<string> { a.Token, b.Token, c.Token }.Count);
        Assert.Equal(2, (await crm.RowsAsync("select token from platform.redaction_token where tenant_id = $1")).Count);

        static async Task<(string Hash, string Token)> OutputAsync(Crm of)
        {
            var output = (await of.EntryAsync(await of.RunAsync(), "attempt_completed", "find")).GetProperty("output");
            return (output.GetProperty("email").GetString()!, output.GetProperty("name").GetString()!);
        }
    }

    [Fact]
    public async Task A_simulation_redacts_and_withholds_as_a_run_would_and_keeps_no_token()
    {
        await using var crm = await Crm.MakeAsync(await server.NewTenantAsync());
        await crm.PublishAsync("tool.before", "rule people redact result.note with token");
        var olga = await crm.Tenant.ClientAsync("olga");
        var fine = await olga.GhostRuns.SimulateAsync(Self, new NewGhostRun(crm.Plan, Crm.Inputs), default);
        Assert.Equal(PreflightVerdict.Ready, fine.Report.Verdict);
        Assert.Empty(await crm.RowsAsync("select token from platform.redaction_token where tenant_id = $1"));

        await crm.PublishAsync("tool.before", "rule people redact result.note with drop");
        var broken = await olga.GhostRuns.SimulateAsync(Self, new NewGhostRun(crm.Plan, Crm.Inputs), default);
        Assert.Equal(PreflightVerdict.Blocked, broken.Report.Verdict);
        Assert.Equal("invalid", broken.Report.Steps.Single(s => s.Step == "send").Outcome);

        await crm.PublishAsync("tool.before, tool.after", """rule none deny when call.tool == "crm.find" """);
        Assert.Equal(PreflightVerdict.Blocked, (await olga.GhostRuns.SimulateAsync(Self, new NewGhostRun(crm.Plan, Crm.Inputs), default)).Report.Verdict);
    }

    [Fact]
    public async Task An_answer_that_is_only_found_out_later_is_redacted_as_the_call_was_decided()
    {
        await using var schema = await TestSchema.MakeAsync(database.Server, TimeProvider.System);
        await using var quick = await RunningServer.StartAsync(schema.Options, new()
        {
            ["Anumate:Orchestrator:TokenLifetime"] = "00:00:01", ["Anumate:Orchestrator:ClockSkew"] = "00:00:00",
        });
        await using var crm = await Crm.MakeAsync(await quick.NewTenantAsync());
        await crm.PublishAsync("tool.before, tool.after", "rule people redact result.to with mask(first: 1)");
        crm.Tools.Answers["send"] = (crm.Tools.Answers["send"].Body, true);
        var run = await crm.EndedAsync(await crm.RunAsync());

        Assert.Equal(RunStatus.Completed, run.Status);
        var entry = await crm.EntryAsync(run, "lookup_completed", "send");
        Assert.Equal("j" + new string('*', Crm.Email.Length - 1), entry.GetProperty("output").GetProperty("to").GetString());
        Assert.NotNull(entry.GetProperty("answer_decision").GetString());
        Assert.Equal(1, (await crm.EntryAsync(run, "attempt_started", "send")).GetProperty("demands").GetArrayLength());
        Assert.Single(crm.Tools.SentTo("send"));
    }

    [Fact]
    public async Task What_a_person_says_a_tool_has_answered_is_redacted_and_withheld_like_its_answer()
    {
        await using var schema = await TestSchema.MakeAsync(database.Server, TimeProvider.System);
        await using var quick = await RunningServer.StartAsync(schema.Options, new()
        {
            ["Anumate:Orchestrator:TokenLifetime"] = "00:00:01", ["Anumate:Orchestrator:ClockSkew"] = "00:00:00",
        });
        await using var crm = await Crm.MakeAsync(await quick.NewTenantAsync(), Crm.Capsule(unknown: "ask"));
        await crm.PublishAsync("tool.before, tool.after", "rule people redact result.to with drop");
        await crm.PublishAsAsync("tenant.answers", "tool.after", "rule blind deny when has(result.id) && result.id == \"withheld-77\"");
        crm.Tools.Answers["send"] = (crm.Tools.Answers["send"].Body, true);
        var run = await crm.RunAsync();
        for (var attempt = 0; run.Clarifications.Count == 0 && attempt < 30; attempt++)
        {
            run = await (await crm.Tenant.ClientAsync("olga")).Orchestrator.WaitAsync(Self, run.Id, TimeSpan.FromSeconds(2), default);
        }

        var question = Assert.Single(run.Clarifications).Id;
        var olga = await crm.Tenant.ClientAsync("olga");
        Assert.Equal("answer-withheld", await PlatformTenant.RefusalAsync(() => olga.Orchestrator.AnswerAsync(Self, run.Id, question, Done("withheld-77"), default)));
        await olga.Orchestrator.AnswerAsync(Self, run.Id, question, Done("m1"), default);
        run = await crm.EndedAsync(run);

        Assert.Equal(RunStatus.Completed, run.Status);
        var entry = await crm.EntryAsync(run, "clarification_answered", "send");
        Assert.Equal("m1", entry.GetProperty("output").GetProperty("id").GetString());
        Assert.False(entry.GetProperty("output").TryGetProperty("to", out _));
        Assert.NotNull(entry.GetProperty("answer_decision").GetString());
        Assert.DoesNotContain("withheld-77", await crm.StoredAsync());

        static AnswerClarification Done(string id) => new("done", JsonElement.Parse(Encoding.UTF8.GetBytes($$"""{"id":"{{id}}","to":"{{Crm.Email}}"}""")));
    }

    [Fact]
    public async Task An_answer_waits_while_nobody_can_decide_about_it_and_is_not_asked_for_again()
    {
        var door = new Door();
        await using var schema = await TestSchema.MakeAsync(database.Server, TimeProvider.System);
        await using var host = await RunningServer.StartAsync(schema.Options, null, door.Set);
        await using var crm = await Crm.MakeAsync(await host.NewTenantAsync());
        await crm.PublishAsync("tool.after", "rule people redact result.to with drop");
        crm.Tools.During = tool =>
        {
            if (tool == "send")
            {
                door.IsShut = true;
                host.Services.GetRequiredService<PolicyGate>().Forget(crm.Tenant.Id);
            }

            return Task.CompletedTask;
        };
        var run = await crm.StartAsync();
        await Processes.UntilAsync(() => crm.Tenant.Log.Contains("holds the answer of a call", StringComparison.Ordinal), "the answer is held");
        Assert.Equal(RunStatus.Running, (await (await crm.Tenant.ClientAsync("olga")).Orchestrator.GetAsync(Self, run.Id, default)).Status);
        door.IsShut = false;

        run = await crm.EndedAsync(run);
        Assert.Equal(RunStatus.Completed, run.Status);
        Assert.Single(crm.Tools.SentTo("send"));
        Assert.False((await crm.EntryAsync(run, "attempt_completed", "send")).GetProperty("output").TryGetProperty("to", out _));
    }

    [Fact]
    public async Task Ten_megabytes_of_nested_json_are_redacted_and_stay_json()
    {
        await using var schema = await TestSchema.MakeAsync(database.Server, TimeProvider.System);
        await using var large = await RunningServer.StartAsync(schema.Options, new() { ["Anumate:Connectors:MaxAnswerBytes"] = "16777216" });
        await using var crm = await Crm.MakeAsync(await large.NewTenantAsync());
        await crm.PublishAsync("tool.before", "rule people redact result.** where pii(EMAIL, IBAN) with mask; result.secret with hash");
        var row = $$"""{"who":"{{Crm.Email}}","deep":{"list":["{{Crm.Iban}}",1,true,null,{"{{Crm.Email}}":2}]},"text":"{{new string('x', 200)}}"}""";
        var count = 10 * 1024 * 1024 / row.Length;
        crm.Tools.Answers["find"] = ($$"""{"note":"n","secret":"{{new string('s', 2 * 1024 * 1024)}}","rows":[{{string.Join(',', Enumerable.Repeat(row, count))}}]}""", false);
        var run = await crm.EndedAsync(await crm.RunAsync());

        Assert.True(run.Status == RunStatus.Completed, run.Error);
        var output = (await crm.EntryAsync(run, "attempt_completed", "find")).GetProperty("output");
        Assert.Equal(count, output.GetProperty("rows").GetArrayLength());
        Assert.DoesNotContain(Crm.Email, output.GetRawText());
        Assert.DoesNotContain(Crm.Iban, output.GetRawText());
        // A value longer than what is redacted is dropped.
        Assert.False(output.TryGetProperty("secret", out _));
    }
}
