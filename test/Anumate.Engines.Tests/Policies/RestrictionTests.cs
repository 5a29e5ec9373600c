using System.Text.Json;
using Anumate.PolicyEngine;

namespace Anumate.Engines.Tests.Policies;

/// <summary>Limits, windows, preflight reports, redactions, waivers, lists and heads.</summary>
public sealed class RestrictionTests
{
    static readonly Id<GhostRun> Report = Id<GhostRun>.Parse("gho_01m826h01xf14v1qvyk36e7vrz");

    static Decision Tool(string rule, PolicyFacts? facts = null) => Ask.Tool(PolicyText.With("rule open allow", rule), facts);

    static Decision At(PolicyPoint point, string policy, PolicyFacts facts) => Decider.Decide(Ask.Layers(Ask.Set(policy)), point, facts);

    [Fact]
    public void A_limit_stands_between_approval_and_allow()
    {
        var decision = Tool("rule burst limit 20 per 1h key [actor.id, call.tool]");
        Assert.Equal(Verdict.Limit, decision.Verdict);
        var limit = Assert.Single(decision.Limits);
        Assert.Equal(("test.policy/burst", 20, TimeSpan.FromHours(1)), (limit.Rule, limit.Count, limit.Per));
        Assert.Equal("`test.policy/open` allows it; `test.policy/burst` limits it to 20 in 1h", decision.Reason);
        Assert.Equal(Verdict.Deny, Ask.Tool(PolicyText.With("rule burst limit 20 per 1h")).Verdict);
    }

    [Fact]
    public void An_approval_keeps_the_limits_for_when_it_is_given_and_a_denial_has_none()
    {
        string[] rules = ["rule open allow", "rule burst limit 20 per 1h", "rule ask approval 1 of \"x\" within 1h", "rule hide redact result.** with drop"];
        var asks = Ask.Tool(PolicyText.With(rules));
        Assert.Equal((Verdict.Approval, 1, 1), (asks.Verdict, asks.Limits.Count, asks.Redactions.Count));
        var denies = Ask.Tool(PolicyText.With([.. rules, "rule never deny"]));
        Assert.Equal((Verdict.Deny, 0, 0, 0), (denies.Verdict, denies.Limits.Count, denies.Redactions.Count, denies.Approvals.Count));
    }

    [Fact]
    public void A_limit_that_is_used_up_denies_and_names_the_decision_it_stands_in_for()
    {
        var allows = Tool("rule burst limit 20 per 1h");
        var denies = Decider.UsedUp(allows, allows.Limits[0], Ask.Now.AddMinutes(5));
        Assert.Equal((Verdict.Deny, allows.Digest, 0), (denies.Verdict, denies.InsteadOf, denies.Limits.Count));
        Assert.NotEqual(allows.Digest, denies.Digest);
        Assert.Equal("`test.policy/burst` limits it to 20 in 1h, which are used up until 2026-11-25T09:05:00Z", denies.Reason);
        Assert.Equal([("burst", Verdict.Deny, "at most 20 in 1h"), ("open", Verdict.Allow, null)], denies.Matched.Select(m => (m.Rule, m.Verdict, m.Unmet)));
        // When it is free again is no part of what was decided.
        Assert.Equal(denies.Digest, Decider.UsedUp(allows, allows.Limits[0], Ask.Now.AddMinutes(9)).Digest);
    }

    [Fact]
    public void The_key_says_who_counts_together_and_shows_nobody()
    {
        const string rule = "rule burst limit 20 per 1h key [actor.name, call.args.account]";
        string Key(string arguments) => Tool(rule, Ask.Call(arguments)).Limits.Single().Key;
        Assert.Equal(Key("""{"account":"a-1"}"""), Key("""{"account":"a-1","amount":5}"""));
        Assert.NotEqual(Key("""{"account":"a-1"}"""), Key("""{"account":"a-2"}"""));
        Assert.StartsWith("sha256:", Key("""{"account":"a-1"}"""));
        Assert.Equal(Tool("rule burst limit 20 per 1h").Limits.Single().Key, Tool("rule burst limit 20 per 1h key []").Limits.Single().Key);
    }

    [Theory]
    [InlineData("rule burst limit 20 per 1h key [call.args.missing]", "no-such-field in `[call.args.missing]`")]
    [InlineData("rule burst limit 20 per 1h when call.args.missing == 1", "no-such-field in `call.args.missing == 1`")]
    public void A_limit_that_cannot_be_counted_denies(string rule, string error)
    {
        var decision = Tool(rule);
        Assert.Equal(Verdict.Deny, decision.Verdict);
        Assert.Equal((Verdict.Deny, error), decision.Matched.Where(m => m.Rule == "burst").Select(m => (m.Verdict, m.Error)).Single());
    }

    [Fact]
    public void Of_a_pinned_and_a_current_limit_the_smaller_counts_once()
    {
        var tenant = Ask.Set(PolicyText.Named("p", 4, "rule open allow", "rule burst limit 5 per 1h", "rule day limit 50 per 1d"));
        var capsule = Ask.Set(PolicyText.Named("p", 3, "rule open allow", "rule burst limit 20 per 1h"));
        var decision = Decider.Decide(Ask.Layers(tenant, capsule), PolicyPoint.ToolBefore, Ask.Call());
        Assert.Equal([("p/burst", 5), ("p/day", 50)], decision.Limits.Select(l => (l.Rule, l.Count)));
    }

    [Theory]
    [InlineData("Mon-Fri 08:00-18:00", "Europe/Berlin", "2026-11-25T07:00:00Z", true)]
    [InlineData("Mon-Fri 08:00-18:00", "Europe/Berlin", "2026-11-25T06:59:59Z", false)]
    [InlineData("Mon-Fri 08:00-18:00", "Europe/Berlin", "2026-11-25T16:59:59Z", true)]
    [InlineData("Mon-Fri 08:00-18:00", "Europe/Berlin", "2026-11-25T17:00:00Z", false)]
    [InlineData("Mon-Fri 08:00-18:00", "Europe/Berlin", "2026-07-15T06:00:00Z", true)]
    [InlineData("Mon-Fri 08:00-18:00", "Europe/Berlin", "2026-07-15T05:59:00Z", false)]
    [InlineData("Mon-Fri 08:00-18:00", "Europe/Berlin", "2026-11-28T10:00:00Z", false)]
    [InlineData("Sat,Sun 00:00-24:00", "UTC", "2026-11-28T23:59:59Z", true)]
    [InlineData("Fri 22:00-06:00", "UTC", "2026-11-28T05:59:00Z", true)]
    [InlineData("Fri 22:00-06:00", "UTC", "2026-11-27T05:59:00Z", false)]
    [InlineData("Sun 22:00-06:00", "UTC", "2026-11-30T05:59:00Z", true)]
    [InlineData("Sat-Mon 09:00-10:00", "UTC", "2026-11-29T09:30:00Z", true)]
    [InlineData("Mon-Fri 08:00-12:00; Mon-Fri 13:00-17:00", "UTC", "2026-11-25T12:30:00Z", false)]
    [InlineData("Mon-Fri 08:00-12:00; Mon-Fri 13:00-17:00", "UTC", "2026-11-25T13:30:00Z", true)]
    [InlineData("08:00-18:00", "America/New_York", "2026-11-29T14:00:00Z", true)]
    // The night on which the clock in Berlin is put forward, and the one on which it is put back.
    [InlineData("02:00-03:00", "Europe/Berlin", "2026-03-29T01:30:00Z", false)]
    [InlineData("02:00-03:00", "Europe/Berlin", "2026-10-25T00:30:00Z", true)]
    [InlineData("02:00-03:00", "Europe/Berlin", "2026-10-25T01:30:00Z", true)]
    public void A_window_is_read_by_the_clock_on_the_wall(string window, string zone, string now, bool isIn)
    {
        var decision = Tool($"rule hours only in window \"{window}\" zone \"{zone}\"", Ask.Call().WithNow(DateTimeOffset.Parse(now)));
        Assert.Equal(isIn ? Verdict.Allow : Verdict.Deny, decision.Verdict);
        Assert.Equal(isIn ? "`test.policy/open` allows it" : $"`test.policy/hours` asks for in window \"{window}\" zone \"{zone}\", which is not so", decision.Reason);
    }

    [Fact]
    public void Without_the_time_no_window_holds()
    {
        var facts = PolicyFacts.Of(Ask.Olga()).WithCall(Ask.Tenant, "a.b", ToolEffect.Effect, JsonDocument.Parse("{}").RootElement);
        var decision = Tool("rule hours only in window \"00:00-24:00\" zone \"UTC\"", facts);
        Assert.Equal((Verdict.Deny, "unbound-variable in `now`"), (decision.Verdict, decision.Matched.Single(m => m.Rule == "hours").Error));
    }

    [Theory]
    [InlineData("true", Verdict.Deny)]
    [InlineData("false", Verdict.Allow)]
    [InlineData("call.args.missing == 1", Verdict.Deny)]
    public void A_window_holds_for_what_its_condition_says_and_when_that_is_not_known(string condition, Verdict verdict) =>
        Assert.Equal(verdict, Tool($"rule hours only in window \"Sat 08:00-18:00\" zone \"UTC\" when {condition}").Verdict);

    [Theory]
    [InlineData("preflight", 99, PreflightVerdict.Ready, 1_000_000, Verdict.Allow)]
    [InlineData("preflight", 0, PreflightVerdict.Blocked, 0, Verdict.Deny)]
    [InlineData("preflight risk < 50", 49, PreflightVerdict.NeedsApproval, 1_000_000, Verdict.Allow)]
    [InlineData("preflight risk < 50", 50, PreflightVerdict.Ready, 0, Verdict.Deny)]
    [InlineData("preflight risk <= 50", 50, PreflightVerdict.Ready, 0, Verdict.Allow)]
    [InlineData("preflight not older than 24h", 99, PreflightVerdict.Ready, 86_400, Verdict.Allow)]
    [InlineData("preflight not older than 24h", 0, PreflightVerdict.Ready, 86_401, Verdict.Deny)]
    [InlineData("preflight not older than 24h", 0, PreflightVerdict.Ready, -1, Verdict.Deny)]
    public void A_preflight_report_is_bounded_in_risk_and_age(string terms, int risk, PreflightVerdict report, int age, Verdict verdict) =>
        Assert.Equal(verdict, Tool($"rule dry require {terms}", Ask.Call().WithPreflight(Report, report, risk, Ask.Now.AddSeconds(-age))).Verdict);

    [Fact]
    public void Without_a_preflight_report_what_requires_one_is_denied()
    {
        var decision = Tool("rule dry require preflight risk < 50 not older than 24h because \"try it first\"");
        Assert.Equal("`test.policy/dry` asks for preflight risk < 50 not older than 24h, which is not so: try it first", decision.Reason);
    }

    [Fact]
    public void Redactions_are_an_obligation_of_what_is_allowed()
    {
        var decision = Tool("rule cards redact call.args.card with mask(last: 4); result.** where pii(IBAN, EMAIL) with token");
        Assert.Equal(Verdict.Allow, decision.Verdict);
        Assert.Equal(
            [("call.args.card", "", RedactionOperator.Mask, 4), ("result.**", "EMAIL IBAN", RedactionOperator.Token, 0)],
            decision.Redactions.Select(r => (r.Path, string.Join(' ', r.Recognisers), r.Operator, r.Last)));
        Assert.Equal(["test.policy/cards"], decision.Redactions[0].Rules);
        Assert.Equal(["cards", "open"], decision.Matched.Select(m => m.Rule));
    }

    [Theory]
    [InlineData("mask(last: 4)", "drop", RedactionOperator.Drop, 0, 0)]
    [InlineData("token", "mask(last: 4)", RedactionOperator.Token, 0, 0)]
    [InlineData("token", "drop", RedactionOperator.Drop, 0, 0)]
    [InlineData("hash", "token", RedactionOperator.Token, 0, 0)]
    [InlineData("mask(first: 2, last: 4)", "mask(first: 6)", RedactionOperator.Mask, 2, 0)]
    [InlineData("partial_date(keep: month)", "mask", RedactionOperator.Mask, 0, 0)]
    public void The_strongest_redaction_of_a_path_holds(string one, string other, RedactionOperator strongest, int first, int last)
    {
        foreach (var (a, b) in new[] { (one, other), (other, one) })
        {
            var decision = Ask.Tool(PolicyText.With("rule open allow", $"rule r1 redact result.x with {a}", $"rule r2 redact result.x with {b}"));
            var redaction = Assert.Single(decision.Redactions);
            Assert.Equal((strongest, first, last), (redaction.Operator, redaction.First, redaction.Last));
            Assert.Equal(["test.policy/r1", "test.policy/r2"], redaction.Rules);
        }
    }

    [Fact]
    public void A_redaction_that_cannot_be_decided_drops()
    {
        var decision = Tool("rule cards redact result.card with mask(last: 4) when call.args.missing == 1");
        Assert.Equal((Verdict.Allow, RedactionOperator.Drop, 0), (decision.Verdict, decision.Redactions[0].Operator, decision.Redactions[0].Last));
    }

    [Fact]
    public void Results_data_and_events_are_points_too()
    {
        const string policy = "policy p version 1 {{\n  at {0}\n  rule open allow when {1}\n  rule r redact {2} with drop\n}}\n";
        var read = new Func<PolicyPoint, string, PolicyFacts>((point, json) =>
            PolicyFacts.Read(point, JsonDocument.Parse(json).RootElement, out var found) ?? throw new InvalidOperationException(string.Join('\n', found)));
        Assert.Single(At(PolicyPoint.ToolAfter, string.Format(policy, "tool.after", "result.card != \"x\"", "result.card"),
            read(PolicyPoint.ToolAfter, """{"call":{"tool":"a.b"},"result":{"card":"4111"}}""")).Redactions);
        Assert.Single(At(PolicyPoint.DataRead, string.Format(policy, "data.read", "data.kind == \"run\"", "data.value.inputs.**"),
            read(PolicyPoint.DataRead, """{"data":{"kind":"run","id":"run_1","value":{}}}""")).Redactions);
        Assert.Single(At(PolicyPoint.EventPublish, string.Format(policy, "event.publish", "event.type.startsWith(\"run.\")", "event.data[\"odd name\"]"),
            read(PolicyPoint.EventPublish, """{"event":{"type":"run.completed","subject":"run_1","data":{}}}""")).Redactions);
        Assert.Equal(Verdict.Allow, Decider.Decide(Ask.Layers(), PolicyPoint.ToolAfter, Ask.Call()).Verdict);
    }

    [Theory]
    [InlineData("test.policy/stop", "compliance", "tool payments.refund", 1, true)]
    [InlineData("test.policy/stop", "compliance", "actor prn_01m826h01xf14v1qvyk36e7vrz", 1, true)]
    [InlineData("test.policy/stop", "compliance", "run run_01m826h01xf14v1qvyk36e7vrz", 1, true)]
    [InlineData("test.policy/stop", "compliance", "capsule refund-order", 1, true)]
    [InlineData("test.policy/stop", "compliance", "capsule refund-orders", 1, false)]
    [InlineData("test.policy/stop", "compliance", "payments.refund", 1, false)]
    [InlineData("test.policy/stop", "finance", "tool payments.refund", 1, false)]
    [InlineData("test.policy/other", "compliance", "tool payments.refund", 1, false)]
    [InlineData("test.policy/stop", "compliance", "tool payments.refund", 0, false)]
    public void A_waiver_lifts_its_rule_for_its_subject_until_it_expires(string rule, string group, string subject, int minutes, bool isLifted)
    {
        var waiver = new Waiver(rule, group, subject, Ask.Now.AddMinutes(minutes));
        foreach (var kind in new[] { "deny", "only in window \"Sat 08:00-09:00\" zone \"UTC\"", "require preflight", "deny when call.args.missing == 1" })
        {
            var restriction = kind.Contains(" when ") ? kind.Replace(" when ", " waivable by \"compliance\" when ") : $"{kind} waivable by \"compliance\"";
            var decision = Tool($"rule stop {restriction}", Ask.Call().WithWaivers([waiver]));
            Assert.Equal(isLifted ? Verdict.Allow : Verdict.Deny, decision.Verdict);
            Assert.Equal(isLifted ? ["test.policy/stop"] : [], decision.Waived);
        }
    }

    [Fact]
    public void A_rule_that_is_not_waivable_is_not_waived() =>
        Assert.Equal(Verdict.Deny, Tool("rule stop deny",
            Ask.Call().WithWaivers([new Waiver("test.policy/stop", "compliance", "tool payments.refund", Ask.Now.AddDays(1))])).Verdict);

    [Fact]
    public void Lists_come_with_the_question_and_a_list_that_is_missing_fails_closed()
    {
        const string rule = "rule embargo deny when call.args.country in lists.sanctioned";
        var lists = new Dictionary<string, IReadOnlyList<string>> { ["sanctioned"] = ["KP", "IR"] };
        Assert.Equal(Verdict.Deny, Tool(rule, Ask.Call("""{"country":"KP"}""").WithLists(lists)).Verdict);
        Assert.Equal(Verdict.Allow, Tool(rule, Ask.Call("""{"country":"DE"}""").WithLists(lists)).Verdict);
        Assert.Equal(Verdict.Deny, Tool(rule, Ask.Call("""{"country":"DE"}""")).Verdict);
    }

    [Fact]
    public void A_policy_of_before_there_were_lists_keeps_its_own_value_of_that_name()
    {
        var check = CompiledPolicy.Check(PolicyText.With("let lists = [\"KP\"]", "rule open allow when !(call.args.country in lists)"));
        Assert.Equal(["policy.hides-fact"], check.Diagnostics.Select(d => d.Code));
        var facts = Ask.Call("""{"country":"DE"}""").WithLists(new Dictionary<string, IReadOnlyList<string>>());
        Assert.Equal(Verdict.Allow, Ask.Tool(PolicySet.Of([check.Policy!]), facts).Verdict);
    }

    [Fact]
    public void Heads_name_the_capsules_and_labels_a_policy_speaks_for()
    {
        var set = Ask.Set(
            "policy a version 1 {\n  at tool.before\n  on capsule in [\"refund-*\"]\n  on label \"tier\" in [\"gold\", \"silver\"]\n  rule r allow\n}",
            "policy b version 1 {\n  at tool.before\n  on tool in [\"payments.*\"]\n  on capsule in [\"other\"]\n  rule r deny\n}",
            "policy c version 1 {\n  at tool.before\n  on label \"zone\" in [\"*\"]\n  rule r deny\n}");
        PolicyFacts Of(string capsule, string? tier) => Ask.Call()
            .WithCapsule(capsule, "1.0.0", tier is null ? new Dictionary<string, string>() : new Dictionary<string, string> { ["tier"] = tier });
        Assert.Equal(Verdict.Allow, Ask.Tool(set, Of("refund-order", "gold")).Verdict);
        Assert.StartsWith("no policy speaks", Ask.Tool(set, Of("refund-order", "bronze")).Reason);
        Assert.StartsWith("no policy speaks", Ask.Tool(set, Of("refund-order", null)).Reason);
        Assert.StartsWith("`b/r` denies it", Ask.Tool(set, Of("other", "gold")).Reason);
    }

    [Fact]
    public void A_policy_that_may_not_apply_can_restrict_and_cannot_allow()
    {
        var facts = PolicyFacts.Of(Ask.Olga()).WithCall(Ask.Tenant, "a.b", ToolEffect.Effect, JsonDocument.Parse("{}").RootElement);
        const string head = "policy p version 1 {\n  at tool.before\n  on capsule in [\"x\"]\n";
        Assert.Equal(Verdict.Deny, Ask.Tool(Ask.Set($"{head}  rule r allow\n}}"), facts).Verdict);
        var set = Ask.Set($"{head}  rule r deny when call.tool == \"a.b\"\n}}", PolicyText.With("rule open allow"));
        Assert.Equal("`p/r` denies it", Ask.Tool(set, facts).Reason);
    }

    [Fact]
    public void The_digest_covers_limits_and_redactions_in_canonical_json()
    {
        var decision = Tool("rule z redact result.card with mask(last: 4)");
        var keyed = Ask.Tool(PolicyText.With("rule open allow", "rule y limit 5 per 1m", "rule z redact result.card with mask(last: 4)"));
        var subject = $$"""
            {"verdict":"limit","point":"tool.before","approvals":[],"limits":[{"rule":"test.policy/y","count":5,"per_seconds":60,"key":"{{keyed.Limits[0].Key}}"}],
             "matched":[{"rule":"test.policy/open","verdict":"allow","failed":false},{"rule":"test.policy/y","verdict":"limit","failed":false},{"rule":"test.policy/z","verdict":"allow","failed":false}],
             "redactions":[{"path":"result.card","operator":"mask","first":0,"last":4,"keep":"","recognisers":[],"rules":["test.policy/z"]}]}
            """;
        Assert.Equal(Anumate.Proofs.Digest.OfJson(JsonDocument.Parse(subject).RootElement).ToString(), keyed.Digest);
        Assert.NotEqual(decision.Digest, Tool("rule z redact result.card with mask(last: 5)").Digest);
    }
}
