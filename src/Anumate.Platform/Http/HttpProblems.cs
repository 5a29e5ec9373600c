namespace Anumate.Platform.Http;

/// <summary>Problems of the HTTP edge itself.</summary>
public static class HttpProblems
{
    public static ProblemException RouteNotFound(string method, string path) =>
        new Problem("route-not-found", 404, "There is no such route", $"no route {Text.Excerpt(method)} `{Text.Excerpt(path)}`; see /docs").Exception();

    public static ProblemException IdMalformed(string text, string prefix) =>
        new Problem("not-found", 404, "There is no such object", $"no object `{Text.Excerpt(text)}`; ids here have the form {prefix}_<26 characters>").Exception();

    public static ProblemException MethodNotAllowed(string method, string path, string allow) =>
        new Problem("method-not-allowed", 405, "The route has no such method",
            $"{Text.Excerpt(method)} is not allowed for `{Text.Excerpt(path)}`; allowed: {allow}").Exception();

    public static ProblemException UnsupportedMediaType(string? type) =>
        new Problem("unsupported-media-type", 415, "The content type is not supported",
            $"send `application/json` in UTF-8; the content type was {(string.IsNullOrEmpty(type) ? "absent" : $"`{Text.Excerpt(type)}`")}").Exception();

    public static ProblemException BodyTooLarge(long limit) => Problems.TooLarge($"the body is larger than {limit} bytes");

    public static ProblemException IfMatchRequired() =>
        new Problem("if-match-required", 428, "Say which version the change is based on",
            "send the `ETag` of the version you read as `If-Match`").Exception();

    public static ProblemException TooManyRequests(string detail) =>
        new Problem("too-many-requests", 429, "Too many requests", detail).Exception();

    public static Problem Internal() =>
        new("internal", 500, "Something went wrong on our side", "the request failed by a fault of the server; nothing more is known to the caller than the trace id");
}
