using System.Collections;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;
using Anumate.Platform.Http;

namespace Anumate;

/// <summary>
/// <c>docs/problems.md</c>, made from the factories of problems: every public static method of a class <c>…Problems</c> is called with
/// sample arguments, its code, status and title are taken from what it returns, and its meaning from its comment.
/// </summary>
static class ProblemsPage
{
    const string Head = """
        # Problems

        What stops a request is answered as [RFC 9457](https://www.rfc-editor.org/rfc/rfc9457) `application/problem+json`, in process and over HTTP the same:

        | member | meaning |
        |---|---|
        | `type` | `https://docs.anumate.dev/problems/` and the code |
        | `code` | stable; what programs decide by |
        | `status` | the HTTP status |
        | `title` | the kind of problem, for people |
        | `detail` | what was wrong this time and what to do |
        | `traceId` | the W3C trace in which it happened; also in the log |
        | `diagnostics` | findings in a document that was sent: `code`, `severity`, `message`, `path` (JSON Pointer), `line`, `column`, `suggestion` |
        | `facts` | facts of this kind of problem, e.g. the rules that denied |

        `429` and `503` carry `Retry-After`; the same request may succeed later. This page is generated (`anumate docs`).

        """;

    /// <summary>Every problem there is, by its code.</summary>
    public static IReadOnlyList<(string Service, Problem Problem, string Meaning)> All { get; } =
        [.. Classes().SelectMany(type => Factories(type).Select(method => (ServiceOf(type), Invoke(method), Meaning(method))))
            .GroupBy(p => p.Item2.Code).Select(g => g.First())];

    public static string Write()
    {
        var page = new StringBuilder(Head.ReplaceLineEndings("\n"));
        foreach (var service in All.GroupBy(p => p.Service))
        {
            page.Append($"\n## {service.Key}\n\n| code | status | title | when |\n|---|---|---|---|\n");
            foreach (var (_, problem, meaning) in service.OrderBy(p => p.Problem.Code, StringComparer.Ordinal))
            {
                page.Append($"| <a id=\"{problem.Code}\"></a>`{problem.Code}` | {problem.Status} | {problem.Title} | {meaning} |\n");
            }
        }

        return page.ToString();
    }

    static IEnumerable<Type> Classes() => new[] { typeof(Problem).Assembly, typeof(HttpProblems).Assembly }
        .SelectMany(a => a.GetExportedTypes()).Where(t => t is { IsAbstract: true, IsSealed: true } && t.Name.EndsWith("Problems", StringComparison.Ordinal))
        .OrderBy(t => t.Name is "Problems" or "HttpProblems" ? 0 : 1).ThenBy(t => t.Name, StringComparer.Ordinal);

    static IEnumerable<MethodInfo> Factories(Type type) => type.GetMethods(BindingFlags.Public | BindingFlags.Static | BindingFlags.DeclaredOnly)
        .Where(m => m.ReturnType == typeof(ProblemException) || m.ReturnType == typeof(Problem));

    static string ServiceOf(Type type) => type.Name is "Problems" or "HttpProblems" ? "Everywhere" : type.Name[..^"Problems".Length];

    static Problem Invoke(MethodInfo method) => method.Invoke(null, [.. method.GetParameters().Select(p => Sample(p.ParameterType))]) switch
    {
        ProblemException e => e.Problem,
        Problem problem => problem,
        _ => throw new InvalidOperationException($"{method} gives no problem"),
    };

    // «404: no such capsule.» — the status has a column of its own.
    static string Meaning(MethodInfo method)
    {
        var comment = ApiComments.Of(method);
        return (comment.Length > 5 && comment[3] == ':' ? comment[5..] : comment).TrimEnd('.');
    }

    static object? Sample(Type type) => type switch
    {
        _ when type == typeof(string) => "…",
        _ when Nullable.GetUnderlyingType(type) is not null => null,
        { IsValueType: true } => Activator.CreateInstance(type),
        _ when type.IsGenericType && typeof(IEnumerable).IsAssignableFrom(type) => Empty(type),
        _ when type.GetConstructors().OrderByDescending(c => c.GetParameters().Length).FirstOrDefault() is { } make =>
            make.Invoke([.. make.GetParameters().Select(p => Sample(p.ParameterType))]),
        _ => RuntimeHelpers.GetUninitializedObject(type),
    };

    static object Empty(Type list) => list.GetGenericArguments() is [var key, var value]
        ? Activator.CreateInstance(typeof(Dictionary<,>).MakeGenericType(key, value))!
        : Array.CreateInstance(list.GetGenericArguments()[0], 0);
}
