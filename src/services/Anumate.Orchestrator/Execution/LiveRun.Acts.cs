using System.Text.Json;
using System.Text.Json.Nodes;
using Anumate.PlanEngine;
using Anumate.PolicyEngine;

namespace Anumate.Orchestrator;

/// <summary>Carrying out what the interpreter wants done.</summary>
sealed partial class LiveRun
{
    // One to five seconds apart: longer than a statement that lost its client goes on.
    const int Searches = 5;

    static readonly TimeSpan ReloadAfter = TimeSpan.FromSeconds(1);
    static readonly TimeSpan LookupTimeout = TimeSpan.FromSeconds(10);

    void Act(RunContext c, RunAction action)
    {
        switch (action)
        {
            case StartCall call: Beside(c, CallAsync(c, call)); break;
            case Lookup lookup: Beside(c, LookupAsync(c, lookup)); break;
            case AskApproval ask: Beside(c, AskAsync(c, ask)); break;
            case AskClarification ask: Beside(c, AskHumanAsync(c, ask)); break;
            case SetTimer set: SetTimer(c, set.Due); break;
        }
    }

    /// <summary>
    /// Work beside the loop. What is refused for good halts the run, as asking again would change nothing; after all else (most often the
    /// database) the run is read again.
    /// </summary>
    async void Beside(RunContext c, Task work)
    {
        try
        {
            await work;
        }
        catch (ProblemException e) when (IsHere(c) && IsFinal(e.Problem) && Halt(c, e.Problem) is { } halt)
        {
            Refused(c.Run, e.Problem.Code, e.Problem.Detail);
            HandIn(new Handed(halt, null));
        }
        catch (Exception e) when (IsHere(c))
        {
            Interrupted(c.Run, e is ProblemException p ? p.Problem.Detail : e.Message);
            Drop();
            RegisterReload();
        }
        catch (Exception e)
        {
            Interrupted(c.Run, e.Message);
        }
    }

    // A conflict is with somebody who was first: looked at again, it is gone. A bug of ours (500) may be mended by a restart.
    static bool IsFinal(Problem problem) => problem is { Transient: false, Status: >= 400 and < 500 } && problem.Code is not ("conflict" or "version-conflict");

    /// <summary>The entry that ends the run; null where it is ending already.</summary>
    RunHalted? Halt(RunContext c, Problem problem)
    {
        var halt = new RunHalted(Now, problem.Code, problem.Detail);
        return Interpreter.Accepts(c.State, halt) ? halt : null;
    }

    void RegisterReload() => timer = shard.RegisterGrainTimer(async _ =>
    {
        timer?.Dispose();
        timer = null;
        try
        {
            await LoadAsync();
        }
        catch (RunLostException e)
        {
            Lost(RunId, e.Message);
            forget(this);
        }
        catch (JournalException e)
        {
            Broken(RunId, e);
            forget(this);
        }
        catch (Exception e)
        {
            Interrupted(RunId, e is ProblemException p ? p.Problem.Detail : e.Message);
            RegisterReload();
        }
    }, 0, new GrainTimerCreationOptions(ReloadAfter, Timeout.InfiniteTimeSpan) { Interleave = true, KeepAlive = true });

    /// <summary>Looks some times, ever less often, whether a start that was refused is there after all, and goes on with it.</summary>
    void RegisterSearch(int time) => timer = shard.RegisterGrainTimer(async _ =>
    {
        timer?.Dispose();
        timer = null;
        try
        {
            await LoadAsync();
            if (context is null)
            {
                forget(this);
            }
        }
        catch (ProblemException e) when (e.Problem.Code == "not-found")
        {
            if (time < Searches)
            {
                RegisterSearch(time + 1);
            }
            else
            {
                forget(this);
            }
        }
        catch (RunLostException)
        {
            forget(this);
        }
        catch (Exception e)
        {
            Interrupted(RunId, e is ProblemException p ? p.Problem.Detail : e.Message);
            RegisterSearch(time);
        }
    }, 0, new GrainTimerCreationOptions(ReloadAfter * time, Timeout.InfiniteTimeSpan) { Interleave = true, KeepAlive = true });

    void SetTimer(RunContext c, DateTimeOffset? due)
    {
        timer?.Dispose();
        timer = null;
        if (due is { } at)
        {
            var wait = at - services.Time.GetUtcNow();
            timer = shard.RegisterGrainTimer(_ =>
            {
                if (IsHere(c))
                {
                    HandIn(new Handed(new TimerFired(Later(services.Time.GetUtcNow(), at)), null));
                }

                return Task.CompletedTask;
            }, 0, new GrainTimerCreationOptions(wait > TimeSpan.Zero ? wait : TimeSpan.Zero, Timeout.InfiniteTimeSpan) { Interleave = true, KeepAlive = true });
        }
    }

    // A timer may fire a moment early by another clock; what is due is decided by the time the entry brings.
    static DateTimeOffset Later(DateTimeOffset now, DateTimeOffset due) => now > due ? now : due;

    async Task CallAsync(RunContext c, StartCall call)
    {
        var facts = c.PolicyFacts.WithCall(c.Tenant, call.Tool.Name, call.Tool.Effect, call.Arguments.ToElement());
        var decision = await services.Gate.DecideAsync(c.Requester, PolicyPoint.ToolBefore, facts, c.Plan.PolicyDigests, default);
        if (decision.Verdict == Verdict.Deny)
        {
            await HandInAsync(new StepDenied(Now, call.Step.Id, call.Phase, decision.Digest, decision.Reason, c.DigestOf(call.Arguments)));
            return;
        }

        var (sent, misfit) = await services.Redaction.BeforeAsync(c.Place, decision, call.Tool, call.Arguments, default);
        if (misfit is not null)
        {
            await HandInAsync(new StepDenied(Now, call.Step.Id, call.Phase, decision.Digest, misfit, c.DigestOf(call.Arguments)));
            return;
        }

        var digest = c.DigestOf(sent);
        if (OtherArgumentsApproved(c, call, digest) is { } outdated)
        {
            await AskAsync(c, new AskApproval(outdated, call.Step, call.Arguments));
            return;
        }

        call = call with { Arguments = sent };
        if (decision.Verdict == Verdict.Approval && !IsApproved(c, call, decision, digest))
        {
            await AskForCallAsync(c, call, decision, digest);
            return;
        }

        if (await ApprovalLostAsync(c, call, digest) is { } lost)
        {
            await HandInAsync(new StepDenied(Now, call.Step.Id, call.Phase, decision.Digest, lost, digest));
            return;
        }

        var taken = await services.Gate.TakeAsync(c.Tenant, decision, AttemptOf(c, call), default);
        if (taken.Verdict == Verdict.Deny)
        {
            await HandInAsync(new StepDenied(Now, call.Step.Id, call.Phase, taken.Digest, taken.Reason, digest) { InsteadOf = taken.InsteadOf });
            return;
        }

        var token = await services.Tokens.IssueAsync(c.AsService, new NewCapToken(c.Run, call.Step.Id, call.Attempt, c.Epoch, c.Plan.Plan.Hash,
            [new Grant(call.Tool.Grant, digest, 1)], services.Options.TokenLifetime, c.Facts.Principal), default);
        if (call.RecordStart)
        {
            var deadline = token.Expires + services.Options.ClockSkew + call.Timeout;
            if (!await HandInAsync(new AttemptStarted(Now, call.Step.Id, call.Attempt, call.Phase, digest, deadline, decision.Digest, DemandsOfAnswer(decision))))
            {
                return;
            }
        }

        var result = await SendAsync(c, call, token);
        var entry = new AttemptCompleted(Now, call.Step.Id, call.Attempt, call.Phase, OutcomeOf(result.Outcome), default, result.Error, digest, decision.Digest);
        if (result.Output is { } output)
        {
            var answer = await KnowAsync(c, () => facts, decision.Redactions, Json.Of(output));
            entry = answer.Withheld is { } why
                ? entry with { At = Now, Outcome = AttemptOutcome.Withheld, Error = Withheld(call.Tool, why), AnswerDecision = answer.Decision }
                : entry with { At = Now, Output = answer.Output, AnswerDecision = answer.Decision };
        }

        await HandInAsync(entry);
    }

    /// <summary>
    /// The name of an attempt. It stays the same when the run is read again before the attempt was made, and when the attempt was never sent:
    /// a limit then counts it once.
    /// </summary>
    static string AttemptOf(RunContext c, StartCall call) => string.Join('/', c.Run, call.Key.StepPath, call.Key.Iteration, call.Phase, call.Key.Generation, call.Counted);

    /// <summary>Why an approval of this call holds no longer; null when it does, or none was needed.</summary>
    async Task<string?> ApprovalLostAsync(RunContext c, StartCall call, string digest)
    {
        foreach (var granted in c.State.ApprovalsOf(call.Step, call.Phase).Where(a => a.Verdict is ApprovalVerdict.Granted && a.ArgumentsDigest == digest).ToList())
        {
            if (await VoidAsync(c, granted.Id) is { } why)
            {
                return why;
            }
        }

        return null;
    }

    /// <summary>Why a granted approval does not hold: Approvals reads again whether those who said yes still may. Null when it holds.</summary>
    async Task<string?> VoidAsync(RunContext c, string approval)
    {
        try
        {
            await services.Approvals.ConfirmAsync(c.AsService, Id<Approval>.Parse(approval), default);
            return null;
        }
        catch (ProblemException e) when (e.Problem.Code == ApprovalProblems.VoidCode)
        {
            return e.Problem.Detail;
        }
    }

    /// <summary>Why the granted approval of a run's start does not hold: the policies decide otherwise by now. Null when they do not.</summary>
    async Task<string?> OvertakenAsync(RunContext c, string approval)
    {
        if (c.State.Approvals.FirstOrDefault(a => a.Id == approval) is not { Step: null, DecisionDigest: { } digest })
        {
            return null;
        }

        var decision = await services.Gate.DecideAsync(c.Requester, PolicyPoint.RunStart, c.PolicyFacts, c.Plan.PolicyDigests, default);
        return decision.Digest == digest ? null : $"the policies decide otherwise by now: {decision.Reason}";
    }

    async Task<ToolResult> SendAsync(RunContext c, StartCall call, CapToken token)
    {
        using var activity = RunTelemetry.Source.StartActivity("tool call", System.Diagnostics.ActivityKind.Client, c.Facts.TraceParent);
        activity?.SetTag("anumate.tool", call.Tool.Name);
        try
        {
            return await services.Connectors.CallAsync(c.AsService, new ToolCall(token.Token, call.Tool.Grant, call.Arguments.Utf8, c.Keys.Salt,
                c.IdempotencyKey(call.Key), c.Run, call.Step.Id, call.Attempt, c.Epoch, call.Timeout)
            { NotAfter = token.Expires }, default);
        }
        catch (ProblemException e)
        {
            // Refused before anything was sent: the token was not spent, the tool is another one now, a store or Connectors is not there. A token
            // that ended while this process was slow or stood still says nothing about the call: the next attempt gets another. Anything else that
            // broke (Connectors may have died in the middle, and something before it says so) leaves it open whether the call was made.
            var tooLate = e.Problem.Code == "captoken-refused" && Now >= token.Expires;
            var unsent = tooLate || (e.Problem.Transient && e.Problem.Code != "unexpected-answer");
            var outcome = unsent ? ToolOutcome.NotSent : e.Problem.Status >= 500 || e.Problem.Transient ? ToolOutcome.Timeout : ToolOutcome.Failed;
            return new ToolResult(outcome, null, e.Problem.Code + ": " + e.Problem.Detail);
        }
    }

    async Task LookupAsync(RunContext c, Lookup lookup)
    {
        var result = await services.Connectors.LookupAsync(c.AsService, new ToolLookup(lookup.Tool.Grant, c.IdempotencyKey(lookup.Key), LookupTimeout), default);
        var outcome = result.Outcome switch
        {
            ToolOutcome.Ok => LookupOutcome.Ok,
            ToolOutcome.Failed => LookupOutcome.Failed,
            ToolOutcome.NotFound => LookupOutcome.NotFound,
            _ => LookupOutcome.Unknown,
        };
        var entry = new LookupCompleted(Now, lookup.Step.Id, lookup.Attempt, lookup.Phase, outcome, default, result.Error);
        if (result.Output is { } output)
        {
            var answer = await KnowAsync(c, () => FactsOf(c, lookup.Step, lookup.Tool, lookup.Phase), Demands(lookup.Demands), Json.Of(output));
            entry = answer.Withheld is { } why
                ? entry with { At = Now, Outcome = LookupOutcome.Withheld, Error = Withheld(lookup.Tool, why), AnswerDecision = answer.Decision }
                : entry with { At = Now, Output = answer.Output, AnswerDecision = answer.Decision };
        }

        await HandInAsync(entry);
    }

    async Task AskAsync(RunContext c, AskApproval ask)
    {
        var digest = ask.Arguments.IsAbsent ? null : c.DigestOf(await ToApproveAsync(c, ask));
        await RequestAsync(c, new NewApproval(ask.Approval.Id, ask.Approval.Title,
            new ApprovalSubject(c.Run, c.Plan.Plan.Hash, c.State.InputsDigest, null, ask.Step?.Id, digest),
            [.. ask.Approval.Stages.Select(s => new ApprovalStage(s.Groups, s.Quorum, s.Within))], c.Requesters, Evidence(c, ask.Step, null)), CallPhase.Do);
    }

    Task AskForCallAsync(RunContext c, StartCall call, Decision decision, string digest) => RequestAsync(c, new NewApproval(
        ApprovalName(call, decision), $"{c.Plan.Plan.Capsule}: {call.Step.Id} calls {call.Tool.Name}",
        new ApprovalSubject(c.Run, c.Plan.Plan.Hash, c.State.InputsDigest, decision.Digest, call.Step.Id, digest),
        [.. decision.Approvals.Select(a => new ApprovalStage(a.Groups, a.Quorum, a.Within))], c.Requesters, Evidence(c, call.Step, decision)), call.Phase);

    /// <summary>Asks for what policies demand before the run begins. The entry stands in the run's first commit, so that it never begins without.</summary>
    async Task<ApprovalWasRequested> AskForRunAsync(RunContext c, Decision decision)
    {
        var request = new NewApproval($"run.start:{string.Join('+', decision.Approvals.Select(a => a.Rule))}", $"{c.Plan.Plan.Capsule} starts",
            new ApprovalSubject(c.Run, c.Plan.Plan.Hash, c.State.InputsDigest, decision.Digest),
            [.. decision.Approvals.Select(a => new ApprovalStage(a.Groups, a.Quorum, a.Within))], c.Requesters, Evidence(c, null, decision));
        var approval = await services.Approvals.RequestAsync(c.AsService, request with { Policies = c.Plan.PolicyDigests }, default);
        return new ApprovalWasRequested(Now, approval.Id.ToString(), request.Name, DecisionDigest: decision.Digest);
    }

    async Task RequestAsync(RunContext c, NewApproval request, CallPhase phase)
    {
        var approval = await services.Approvals.RequestAsync(c.AsService, request with { Policies = c.Plan.PolicyDigests }, default);
        await HandInAsync(new ApprovalWasRequested(Now, approval.Id.ToString(), request.Name, request.Subject.Step, phase, request.Subject.ArgumentsDigest, request.Subject.DecisionDigest));
        if (approval.Status != ApprovalStatus.Pending)
        {
            // Asked for before a crash and decided since.
            await HandInAsync(new ApprovalWasDecided(Now, approval.Id.ToString(), VerdictOf(approval.Status), [.. approval.Votes.Select(v => v.Principal.ToString())]));
        }
    }

    async Task AskHumanAsync(RunContext c, AskClarification ask) =>
        await HandInAsync(new ClarificationWasRequested(Now, Id<Clarification>.New(services.Time).ToString(), ask.Step.Id, ask.Attempt, ask.Phase, ask.Question));

    /// <summary>A person's answer to an open question; durable when this returns.</summary>
    public async Task<Run> AnswerAsync(Id<Clarification> clarification, AnswerClarification request, byte[]? output, Id<Principal> by)
    {
        await LoadAsync();
        if (context is not { } c || c.State.Clarifications.FirstOrDefault(a => Clarifications.IdOf(a.Id) == clarification) is not { } asked)
        {
            throw ClarificationProblems.NotOpen(clarification);
        }

        var answer = Clarifications.Read(request);
        var entry = new ClarificationWasAnswered(Now, asked.Id, asked.Step, asked.Attempt, asked.Phase, answer,
            Clarifications.OutputOf(c.Plan.Plan, asked, answer, output), by.ToString(), request.Note);
        if (!entry.Output.IsAbsent)
        {
            // What a person brings is the tool's answer all the same.
            var (step, tool) = Clarifications.CallOf(c.Plan.Plan, asked);
            var known = await services.Redaction.AfterAsync(c.Requester, c.Place, () => FactsOf(c, step, tool, asked.Phase), c.Plan.PolicyDigests,
                Demands(c.State.DemandsOf(step, asked.Phase)), entry.Output, default);
            entry = known.Withheld is { } why
                ? throw PolicyProblems.Withheld(why)
                : entry with { Output = known.Output, AnswerDecision = known.Decision };
        }

        if (!await HandInAsync(entry))
        {
            throw ReferenceEquals(context, c) ? ClarificationProblems.NotOpen(clarification) : Problems.Unavailable("the answer may not have been taken; get the run");
        }

        return await ViewAsync();
    }

    // An approval holds for exactly these arguments and this decision.
    static bool IsApproved(RunContext c, StartCall call, Decision decision, string digest) => c.State.ApprovalsOf(call.Step, call.Phase)
        .Any(a => a.Verdict == ApprovalVerdict.Granted && a.ArgumentsDigest == digest && a.DecisionDigest == decision.Digest);

    static string ApprovalName(StartCall call, Decision decision) => $"{call.Step.Id}:{string.Join('+', decision.Approvals.Select(a => a.Rule))}";

    static JsonElement Evidence(RunContext c, PlanStep? step, Decision? decision)
    {
        var evidence = new JsonObject
        {
            ["capsule"] = $"{c.Plan.Plan.Capsule}@{c.Plan.Plan.CapsuleVersion}",
            ["inputs"] = JsonNode.Parse(c.MaskedInputs().GetRawText()),
            ["step"] = step?.Id,
            ["tool"] = step?.Tool?.Name,
            ["reason"] = decision?.Reason,
        };
        foreach (var absent in evidence.Where(e => e.Value is null).Select(e => e.Key).ToList())
        {
            evidence.Remove(absent);
        }

        return JsonElement.Parse(System.Text.Encoding.UTF8.GetBytes(evidence.ToJsonString()));
    }

    static AttemptOutcome OutcomeOf(ToolOutcome outcome) => outcome switch
    {
        ToolOutcome.Ok => AttemptOutcome.Ok,
        ToolOutcome.Failed => AttemptOutcome.Failed,
        ToolOutcome.Unavailable => AttemptOutcome.Unavailable,
        ToolOutcome.NotSent => AttemptOutcome.NotSent,
        _ => AttemptOutcome.Timeout,
    };

    DateTimeOffset Now => services.Time.GetUtcNow();
}
