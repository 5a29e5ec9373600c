using System.Collections.Frozen;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;

namespace Anumate.Platform.Hosting;

/// <summary>
/// Named commit points at which a process can be told to kill itself, to show what survives: <c>ANUMATE_KILL_AT=journal.committed:3</c>
/// is SIGKILL at the third passage. The environment is read once. Not told so, a passage is a read-only static that is null: code that
/// runs often is compiled again when that is known, and nothing is left of it.
/// </summary>
public static class KillPoint
{
    public const string Variable = "ANUMATE_KILL_AT";

    public const string BatchBefore = "batch.before", BatchCommitted = "batch.committed", ToolBefore = "tool.before", ToolAfter = "tool.after";

    static readonly string? Armed = Environment.GetEnvironmentVariable(Variable)?.Split(':')[0];

    static int left = int.TryParse(Environment.GetEnvironmentVariable(Variable)?.Split(':').ElementAtOrDefault(1), CultureInfo.InvariantCulture, out var n) ? n : 1;

    /// <summary>
    /// Every point. <c>before</c>: all is ready, nothing was sent. <c>committed</c>: durable, and nobody was told. Groups: journals of runs,
    /// issues and uses of capability tokens, leaves; <c>batch</c> is every other write; <c>tool</c> is the wire to a tool.
    /// </summary>
    public static FrozenSet<string> Names { get; } = new[] { "journal", "token-issue", "token-use", "leaf" }
        .SelectMany(group => (string[])[group + ".before", group + ".committed"])
        .Concat([BatchBefore, BatchCommitted, ToolBefore, ToolAfter]).ToFrozenSet();

    /// <summary>Whether some point was named.</summary>
    public static bool IsArmed => Armed is not null;

    /// <summary>Dies here if this is the passage that was named.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Pass(string name)
    {
        if (Armed is not null)
        {
            Die(name);
        }
    }

    static void Die(string name)
    {
        if (name == Armed && Interlocked.Decrement(ref left) == 0)
        {
            // SIGKILL: no finally, no flush, no goodbye.
            using var self = Process.GetCurrentProcess();
            self.Kill();
            Thread.Sleep(Timeout.Infinite);
        }
    }
}
