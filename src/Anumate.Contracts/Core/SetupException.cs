namespace Anumate;

/// <summary>
/// What keeps the program from working on this machine: a missing program, a folder in use, a permission. The message says what is
/// wrong and which commands mend it; the edge prints it alone, without a stack.
/// </summary>
public sealed class SetupException(string message, Exception? inner = null) : Exception(message, inner);
