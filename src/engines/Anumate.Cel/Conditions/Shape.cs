using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Text;

namespace Anumate.Cel;

/// <summary>
/// The code of a condition. Its reads are <c>slots[places[place + n]]</c>, its constants <c>constants[constant + n]</c>: so one piece of code
/// serves all conditions of a shape, and what belongs to one of them lies together.
/// </summary>
delegate CelTruth ConditionCode(CelValue[] slots, int[] places, int place, CelValue[] constants, int constant);

/// <summary>
/// What conditions that differ in constants and paths alone have in common. It is unsure until it was asked often; then it is compiled, in
/// the background, once for all of them.
/// </summary>
sealed class Shape(Plain whole)
{
    /// <summary>Asked as often as this it is worth a compilation, which takes about as long as a thousand evaluations.</summary>
    const int Often = 200;

    /// <summary>Shapes remembered; what is forgotten is compiled anew for policies that come later, and stays for those that have it.</summary>
    const int Remembered = 4_096;

    static readonly ConcurrentDictionary<string, Shape> Known = new(StringComparer.Ordinal);
    static readonly Lock Queue = new();
    static Task last = Task.CompletedTask;
    static int waiting;
    static int compiled;

    volatile ConditionCode? code;
    int asked;

    /// <summary>How many wait to be compiled, and how many were.</summary>
    public static (int Waiting, int Compiled) Progress => (Volatile.Read(ref waiting), Volatile.Read(ref compiled));

    public static Shape Of(Plain whole)
    {
        var text = new StringBuilder();
        whole.Print(text);
        if (Known.Count >= Remembered)
        {
            Known.Clear();
        }

        return Known.GetOrAdd(text.ToString(), static (_, whole) => new Shape(whole), whole);
    }

    public CelTruth Test(CelValue[] slots, int[] places, int place, CelValue[] constants, int constant) =>
        code is { } known ? known(slots, places, place, constants, constant) : Wait();

    public void Compile()
    {
        if (code is null)
        {
            code = ShapeCompiler.Compile(whole);
            Interlocked.Increment(ref compiled);
        }
    }

    CelTruth Wait()
    {
        if (Interlocked.Increment(ref asked) == Often && RuntimeFeature.IsDynamicCodeCompiled)
        {
            Interlocked.Increment(ref waiting);
            lock (Queue)
            {
                // One after the other: compiling must not take the processors away from deciding.
                last = last.ContinueWith(Compile, this, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
            }
        }

        return CelTruth.Unsure;
    }

    static void Compile(Task before, object? shape)
    {
        try
        {
            ((Shape)shape!).Compile();
        }
        finally
        {
            Interlocked.Decrement(ref waiting);
        }
    }
}
