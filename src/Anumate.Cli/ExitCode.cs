namespace Anumate.Cli;

/// <summary>Exit codes: stable, listed in docs/cli.md.</summary>
public static class ExitCode
{
    public const int Ok = 0, Error = 1, ApprovalPending = 2, PolicyDenied = 3, Rejected = 4, RunFailed = 5, Timeout = 6, NotSignedIn = 7,
        Tampered = 10, Unanchored = 11, Usage = 64, Interrupted = 130;

    /// <summary>The code of a problem.</summary>
    public static int Of(Problem problem) => problem.Code switch
    {
        "policy-denied" => PolicyDenied,
        "unauthenticated" => NotSignedIn,
        _ => Error,
    };

    /// <summary>The code of a run as it stands.</summary>
    public static int Of(RunStatus status) => status switch
    {
        RunStatus.Completed => Ok,
        RunStatus.WaitingApproval or RunStatus.WaitingClarification => ApprovalPending,
        RunStatus.Denied => PolicyDenied,
        RunStatus.Rejected => Rejected,
        RunStatus.Failed or RunStatus.Compensated => RunFailed,
        _ => Timeout,
    };
}
