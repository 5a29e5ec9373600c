using System.Collections.Concurrent;
using System.Threading.Tasks.Sources;

namespace Anumate.Platform.Data;

/// <summary>An item and who waits for it. Used again once the waiter has its answer, so that waiting allocates nothing.</summary>
sealed class GroupItem<T> : IValueTaskSource<bool>
{
    const int MostKept = 4096;

    static readonly ConcurrentQueue<GroupItem<T>> Free = new();

    ManualResetValueTaskSourceCore<bool> _answer = new() { RunContinuationsAsynchronously = true };

    public T Value { get; private set; } = default!;

    /// <summary>The place, among the writer's, of the statement that writes it.</summary>
    public int Statement { get; private set; }

    public static GroupItem<T> Of(T value, int statement)
    {
        var item = Free.TryDequeue(out var used) ? used : new GroupItem<T>();
        (item.Value, item.Statement) = (value, statement);
        return item;
    }

    public ValueTask<bool> Waiter => new(this, _answer.Version);

    public void Answer(bool happened) => _answer.SetResult(happened);

    public void Fail(Exception e) => _answer.SetException(e);

    bool IValueTaskSource<bool>.GetResult(short token)
    {
        try
        {
            return _answer.GetResult(token);
        }
        finally
        {
            _answer.Reset();
            Value = default!;
            if (Free.Count < MostKept)
            {
                Free.Enqueue(this);
            }
        }
    }

    ValueTaskSourceStatus IValueTaskSource<bool>.GetStatus(short token) => _answer.GetStatus(token);

    void IValueTaskSource<bool>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _answer.OnCompleted(continuation, state, token, flags);
}
