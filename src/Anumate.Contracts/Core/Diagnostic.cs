using System.Text.Json.Serialization;

namespace Anumate;

/// <summary>How grave a finding is.</summary>
[JsonConverter(typeof(WordConverter<Severity>))]
public enum Severity
{
    /// <summary>The document cannot be used.</summary>
    [JsonStringEnumMemberName("error")]
    Error,

    /// <summary>The document can be used, but probably does not say what its author meant.</summary>
    [JsonStringEnumMemberName("warning")]
    Warning,

    /// <summary>Something worth knowing.</summary>
    [JsonStringEnumMemberName("info")]
    Info,
}

/// <summary>A position in a source text; lines and columns count from 1, columns in UTF-16 code units; (0, 0) is «no position».</summary>
public readonly record struct Position(int Line, int Column);

/// <summary>
/// One finding in a document. <see cref="Code"/> is stable (e.g. <c>capsule.unknown-key</c>); <see cref="Path"/> is a JSON Pointer
/// (RFC 6901) into the document, empty for its root; <see cref="Suggestion"/> says what to do.
/// </summary>
public sealed record Diagnostic(
    string Code, Severity Severity, string Message, string Path = "", int Line = 0, int Column = 0, string? Suggestion = null)
{
    /// <summary>An error at a position.</summary>
    public static Diagnostic Error(string code, string message, string path = "", Position at = default, string? suggestion = null) =>
        new(code, Severity.Error, message, path, at.Line, at.Column, suggestion);

    /// <summary>A warning at a position.</summary>
    public static Diagnostic Warning(string code, string message, string path = "", Position at = default, string? suggestion = null) =>
        new(code, Severity.Warning, message, path, at.Line, at.Column, suggestion);

    /// <summary><c>line:column: severity code: message (suggestion)</c>.</summary>
    public override string ToString() =>
        $"{Line}:{Column}: {Severity.ToString().ToLowerInvariant()} {Code}: {Message}{(Suggestion is null ? "" : $" ({Suggestion})")}";
}
