namespace Anumate.Platform.Events;

/// <summary>«Something happened»: raised by one side, awaited by the other. A raise between two waits is not lost.</summary>
public sealed class EventSignal
{
    TaskCompletionSource _next = New();

    /// <summary>Completes at the next raise. Take it before looking, await it after.</summary>
    public Task Next => Volatile.Read(ref _next).Task;

    public void Raise() => Interlocked.Exchange(ref _next, New()).TrySetResult();

    static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}

/// <summary>Wakes who reads the log. What this process wrote is told to others; what others wrote is not told again.</summary>
sealed class EventBell
{
    readonly EventSignal _here = new();
    readonly EventSignal _anywhere = new();

    /// <summary>The next write of this process.</summary>
    public Task Here => _here.Next;

    /// <summary>The next write of any process.</summary>
    public Task Anywhere => _anywhere.Next;

    public void Ring()
    {
        _here.Raise();
        _anywhere.Raise();
    }

    public void RingFromElsewhere() => _anywhere.Raise();
}
