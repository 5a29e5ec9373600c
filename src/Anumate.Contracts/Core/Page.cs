namespace Anumate;

/// <summary>Which part of a list is asked for. <see cref="Cursor"/> is opaque, from the page before; <see cref="Limit"/> is 1 to 200.</summary>
public sealed record PageRequest(string? Cursor = null, int Limit = 50)
{
    /// <summary>The largest page.</summary>
    public const int MaxLimit = 200;

    /// <summary>This request, or a problem when the limit is out of range.</summary>
    /// <exception cref="ProblemException"><c>invalid-request</c>.</exception>
    public PageRequest Checked() => Limit is >= 1 and <= MaxLimit
        ? this
        : throw Problems.Invalid($"`limit` must be between 1 and {MaxLimit}, it was {Limit}");
}

/// <summary>A part of a list, newest first unless said otherwise; <see cref="Next"/> is the cursor of the following part, absent at the end.</summary>
public sealed record Page<T>(IReadOnlyList<T> Items, string? Next);
