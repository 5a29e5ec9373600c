using System.Diagnostics.CodeAnalysis;

namespace Anumate.Cel;

/// <summary>
/// Why an evaluation has no value. <see cref="Code"/> is stable (<see cref="CelErrors"/>); the position is that of the failing
/// part of the source.
/// </summary>
public sealed record CelError(string Code, string Message, Position Position = default)
{
    public override string ToString() => $"{Position.Line}:{Position.Column}: {Code}: {Message}";
}

/// <summary>The codes of evaluation errors.</summary>
public static class CelErrors
{
    public const string CostExceeded = "cost-exceeded";
    public const string CurrencyMismatch = "currency-mismatch";
    public const string DivideByZero = "divide-by-zero";
    public const string DuplicateKey = "duplicate-key";
    public const string InvalidArgument = "invalid-argument";
    public const string NoSuchField = "no-such-field";
    public const string NoSuchIndex = "no-such-index";
    public const string NoSuchOverload = "no-such-overload";
    public const string NotJson = "not-json";
    public const string Overflow = "overflow";
    public const string TooDeep = "too-deep";
    public const string TypeMismatch = "type-mismatch";
    public const string Unbound = "unbound-variable";
    public const string Unknown = "unknown-reference";
}

/// <summary>The outcome of an evaluation: a value, or the error that stands in its place.</summary>
public readonly struct CelResult
{
    internal CelResult(CelValue value) => Raw = value;

    internal CelValue Raw { get; }

    public static CelResult Of(CelValue value) => new(value);

    public static CelResult Of(CelError error) => new(CelValue.Of(error));

    public bool IsError => Raw.IsError;

    /// <summary>The error; null when there is a value.</summary>
    public CelError? Error => Raw.Error;

    /// <summary>The value; null (the CEL value) when there is an error.</summary>
    public CelValue Value => Raw.IsError ? CelValue.Null : Raw;

    /// <summary>True exactly when the value is the boolean <c>true</c>: errors and other values are false.</summary>
    public bool IsTrue => Raw.IsTrue;

    public bool TryGetValue(out CelValue value, [NotNullWhen(false)] out CelError? error)
    {
        value = Value;
        error = Error;
        return error is null;
    }

    public override string ToString() => Raw.ToString();
}
