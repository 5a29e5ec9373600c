namespace Anumate.PlanEngine;

/// <summary>Where one call of one step stands. A mutable struct in an array: a run of five steps makes one array, not five objects.</summary>
struct CallSlot
{
    public StepStatus Status;

    /// <summary>The number of the current or last attempt; 0 before the first.</summary>
    public int Attempt;

    /// <summary>WaitingRetry: when the next attempt is made. Running: the deadline of the attempt. Unknown: when the tool is asked next.</summary>
    public DateTimeOffset Due;

    /// <summary>Running, and no answer is to be expected any more: a takeover or a timeout came between.</summary>
    public bool Dangling;

    /// <summary>How the last attempt ended.</summary>
    public AttemptOutcome Outcome;

    /// <summary>Some attempt got no answer and nobody has said since that it did not happen.</summary>
    public bool Maybe;

    /// <summary>The last attempt is made again whatever the retry rule says of its outcome.</summary>
    public bool Again;

    /// <summary>The next attempt is made without a wait.</summary>
    public bool AtOnce;

    /// <summary>A person ended the step: no further attempt.</summary>
    public bool GivenUp;

    public int Lookups;

    public string? Error;

    /// <summary>What the decision about the current or last attempt demands of its answer, as its start says.</summary>
    public Json Demands;

    /// <summary>Not part of the state: the next action was handed out by this object and is being carried out.</summary>
    public bool Taken;

    /// <summary>Not part of the state: the step's condition was evaluated and holds.</summary>
    public bool Admitted;

    /// <summary>The call did what it was asked, whether its output is known or withheld.</summary>
    public readonly bool HasHappened => this is { Status: StepStatus.Completed } or { Status: StepStatus.Failed, Outcome: AttemptOutcome.Withheld };

    public readonly bool HasEnded => Status is StepStatus.Completed or StepStatus.Skipped or StepStatus.Failed or StepStatus.Denied;
}
