using System.Text.Json;
using System.Text.Json.Serialization;

namespace Anumate;

/// <summary>
/// What stopped a request, in the shape of RFC 9457. <see cref="Code"/> is stable and listed in docs/problems.md;
/// <see cref="Type"/> is the address of its description.
/// </summary>
public sealed record Problem(string Code, int Status, string Title, string Detail)
{
    /// <summary>
    /// What happened, in one line: it often quotes the caller, whose control characters and line breaks would otherwise reach terminals and logs.
    /// </summary>
    public string Detail { get; init; } = OneLine(Detail);

    /// <summary>The problem type URI: <c>https://docs.anumate.dev/problems/</c> + code.</summary>
    public string Type => $"https://docs.anumate.dev/problems/{Code}";

    /// <summary>Findings in the document that was sent, if a document was at fault.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<Diagnostic>? Diagnostics { get; init; }

    /// <summary>The trace in which it happened (W3C trace id), set at the edge.</summary>
    [JsonPropertyName("traceId"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? TraceId { get; init; }

    /// <summary>Facts of this problem kind, e.g. the matching policy rules of a denial.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyDictionary<string, JsonElement>? Facts { get; init; }

    /// <summary>Whether the same request may succeed later without a change.</summary>
    [JsonIgnore]
    public bool Transient => Status is 429 or 503;

    static string OneLine(string text) => text.Any(IsBreak) ? string.Concat(text.Select(c => IsBreak(c) ? '\ufffd' : c)) : text;

    // Also the line separators and the marks that turn the direction of what follows.
    static bool IsBreak(char c) => char.IsControl(c) || c is '\u2028' or '\u2029' or (>= '\u202a' and <= '\u202e') or (>= '\u2066' and <= '\u2069');

    /// <summary>The exception that carries this problem.</summary>
    public ProblemException Exception() => new(this);
}

/// <summary>A <see cref="Problem"/> on its way to the caller; the same in process and over HTTP.</summary>
public sealed class ProblemException(Problem problem) : Exception($"{problem.Code}: {problem.Detail}")
{
    /// <summary>What stopped the request.</summary>
    public Problem Problem { get; } = problem;
}

/// <summary>Problems that are not of one service. Each service's own stand beside its contract.</summary>
public static class Problems
{
    /// <summary>400: a value in the request is malformed.</summary>
    public static ProblemException Invalid(string detail, IReadOnlyList<Diagnostic>? diagnostics = null) =>
        new Problem("invalid-request", 400, "The request is not valid", detail) { Diagnostics = diagnostics }.Exception();

    /// <summary>401: no credential, or one that is not valid.</summary>
    public static ProblemException Unauthenticated(string detail) =>
        new Problem("unauthenticated", 401, "Sign in first", detail).Exception();

    /// <summary>The code of <see cref="ProcessRefused"/>.</summary>
    public const string ProcessRefusedCode = "process-refused";

    /// <summary>401: the token of the calling process does not hold here. It says nothing of the caller that the process acts for.</summary>
    public static ProblemException ProcessRefused(string detail) =>
        new Problem(ProcessRefusedCode, 401, "The calling process is refused", detail).Exception();

    /// <summary>403: the caller's roles do not include the scope.</summary>
    public static ProblemException Forbidden(string detail) =>
        new Problem("forbidden", 403, "The caller may not do this", detail).Exception();

    /// <summary>404: no such object in the caller's tenant.</summary>
    public static ProblemException NotFound(string what, string id) =>
        new Problem("not-found", 404, "There is no such object", $"no {what} `{id}`").Exception();

    /// <summary>409: the object exists already or is in a state that does not allow this.</summary>
    public static ProblemException Conflict(string detail) =>
        new Problem("conflict", 409, "The state of the object does not allow this", detail).Exception();

    /// <summary>409: the object changed since it was read (<c>If-Match</c>).</summary>
    public static ProblemException VersionConflict(string detail) =>
        new Problem("version-conflict", 409, "The object changed meanwhile", detail).Exception();

    /// <summary>422: the idempotency key was used with another request.</summary>
    public static ProblemException IdempotencyMismatch(string key) =>
        new Problem("idempotency-mismatch", 422, "The idempotency key was used with another request",
            $"idempotency key `{key}` belongs to a request with another content; send a new key").Exception();

    /// <summary>413: the body or document is larger than allowed.</summary>
    public static ProblemException TooLarge(string detail) =>
        new Problem("too-large", 413, "The content is too large", detail).Exception();

    /// <summary>504: a dependency broke off in the middle; it may have happened or not.</summary>
    public static ProblemException OutcomeUnknown(string detail) =>
        new Problem("outcome-unknown", 504, "It is not known whether it happened", detail).Exception();

    /// <summary>503: a dependency is not available; nothing was changed.</summary>
    public static ProblemException Unavailable(string detail) =>
        new Problem("unavailable", 503, "A dependency is not available", detail).Exception();
}
