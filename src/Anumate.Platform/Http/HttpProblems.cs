namespace Anumate.Platform.Http;

/// <summary>Problems of the HTTP edge itself.</summary>
public static class HttpProblems
{
    /// <summary>404: no route of the API has this address.</summary>
    public static ProblemException RouteNotFound(string method, string path) =>
        new Problem("route-not-found", 404, "There is no such route", $"no route {Text.Excerpt(method)} `{Text.Excerpt(path)}`; see /docs").Exception();

    // An id of another form names no object, as an unknown one.
    internal static ProblemException IdMalformed(string text, string prefix) =>
        new Problem("not-found", 404, "There is no such object", $"no object `{Text.Excerpt(text)}`; ids here have the form {prefix}_<26 characters>").Exception();

    /// <summary>405: the route exists, with other methods.</summary>
    public static ProblemException MethodNotAllowed(string method, string path, string allow) =>
        new Problem("method-not-allowed", 405, "The route has no such method",
            $"{Text.Excerpt(method)} is not allowed for `{Text.Excerpt(path)}`; allowed: {allow}").Exception();

    /// <summary>408: the request arrived too slowly.</summary>
    public static ProblemException RequestTimeout() =>
        new Problem("request-timeout", 408, "The request took too long", "the request arrived too slowly; send it again").Exception();

    /// <summary>415: the body is not JSON in UTF-8.</summary>
    public static ProblemException UnsupportedMediaType(string? type) =>
        new Problem("unsupported-media-type", 415, "The content type is not supported",
            $"send `application/json` in UTF-8; the content type was {(string.IsNullOrEmpty(type) ? "absent" : $"`{Text.Excerpt(type)}`")}").Exception();

    internal static ProblemException BodyTooLarge(long limit) => Problems.TooLarge($"the body is larger than {limit} bytes");

    /// <summary>428: an update came without <c>If-Match</c>.</summary>
    public static ProblemException IfMatchRequired() =>
        new Problem("if-match-required", 428, "Say which version the change is based on",
            "send the `ETag` of the version you read as `If-Match`").Exception();

    /// <summary>429: a limit on how often or how much was reached.</summary>
    public static ProblemException TooManyRequests(string detail) =>
        new Problem("too-many-requests", 429, "Too many requests", detail).Exception();

    /// <summary>500: a fault of the server; the log has the rest under the trace id.</summary>
    public static Problem Internal() =>
        new("internal", 500, "Something went wrong on our side", "the request failed by a fault of the server; give the trace id to its operator");
}
