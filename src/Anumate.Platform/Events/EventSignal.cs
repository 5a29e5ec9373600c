namespace Anumate.Platform.Events;

/// <summary>«Something was written»: raised after a commit, awaited by readers. A raise between two waits is not lost.</summary>
public sealed class EventSignal
{
    volatile TaskCompletionSource _next = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes at the next raise. Take it before looking, await it after.</summary>
    public Task Next => _next.Task;

    public void Raise()
    {
        // Cheap while nobody has looked since the last raise.
        Interlocked.Exchange(ref _next, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();
    }
}
