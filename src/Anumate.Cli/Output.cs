using System.Text.Json;
using Spectre.Console;

namespace Anumate.Cli;

/// <summary>
/// What a verb prints: for people on a terminal or in a pipe, or one JSON document on standard output. Problems go to standard error.
/// </summary>
public sealed class Output(bool json, TextWriter standard, TextWriter error)
{
    // A pipe has no width: nothing is wrapped there.
    const int NoWrap = 100_000;

    readonly IAnsiConsole console = ConsoleOn(standard, Console.IsOutputRedirected);
    readonly IAnsiConsole problems = ConsoleOn(error, Console.IsErrorRedirected);

    static IAnsiConsole ConsoleOn(TextWriter writer, bool redirected)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(writer) });
        if (redirected)
        {
            console.Profile.Width = NoWrap;
        }

        return console;
    }

    /// <summary>Whether one JSON document was asked for.</summary>
    public bool Json => json;

    /// <summary>The document with <c>-o json</c>, else what <paramref name="text"/> writes.</summary>
    public void Write<T>(T value, Action<Output> text)
    {
        if (json)
        {
            standard.WriteLine(JsonSerializer.Serialize(value, AnumateJson.Options.GetTypeInfo(typeof(T))));
        }
        else
        {
            text(this);
        }
    }

    /// <summary>A line with Spectre markup; nothing with <c>-o json</c>.</summary>
    public void Line(FormattableString markup)
    {
        if (!json)
        {
            console.MarkupLineInterpolated(markup);
        }
    }

    /// <summary>Text as it is: machine-readable output that is not JSON, e.g. a capsule's source.</summary>
    public void Raw(string text) => standard.Write(text);

    /// <summary>A table; when not on a terminal, columns parted by tabs without frame, so that it can be cut.</summary>
    public void Table(IReadOnlyList<string> columns, IEnumerable<string[]> rows)
    {
        if (!console.Profile.Capabilities.Ansi)
        {
            standard.WriteLine(string.Join('\t', columns.Select(c => c.ToUpperInvariant())));
            foreach (var row in rows)
            {
                standard.WriteLine(string.Join('\t', row));
            }

            return;
        }

        var table = new Table().Border(TableBorder.Rounded);
        foreach (var column in columns)
        {
            table.AddColumn(new TableColumn($"[bold]{Markup.Escape(column)}[/]"));
        }

        foreach (var row in rows)
        {
            table.AddRow(row.Select(Markup.Escape).ToArray());
        }

        console.Write(table);
    }

    /// <summary>A tree node printer for reports.</summary>
    public void Tree(Tree tree) => console.Write(tree);

    /// <summary>A remark beside the result, on standard error, so that a pipe stays clean.</summary>
    public void Remark(FormattableString markup) => problems.MarkupLineInterpolated(markup);

    /// <summary>A problem: what, where, what to do.</summary>
    public void Problem(Problem problem, string? file = null)
    {
        if (json)
        {
            error.WriteLine(JsonSerializer.Serialize(problem, AnumateJson.Options.GetTypeInfo(typeof(Problem))));
            return;
        }

        problems.MarkupLineInterpolated($"[red bold]{problem.Code}[/]: {problem.Detail}");
        foreach (var d in problem.Diagnostics ?? [])
        {
            Diagnostic(d, file);
        }

        if (problem.TraceId is { } trace)
        {
            problems.MarkupLineInterpolated($"[grey]trace {trace}[/]");
        }
    }

    /// <summary>One finding as <c>file:line:column: severity code: message</c>.</summary>
    public void Diagnostic(Diagnostic d, string? file)
    {
        var place = d.Line > 0 ? $"{file ?? "document"}:{d.Line}:{d.Column}" : $"{file ?? "document"}{d.Path}";
        var color = d.Severity == Severity.Error ? "red" : "yellow";
        problems.MarkupLine($"  {Markup.Escape(place)}: [{color}]{d.Severity.ToString().ToLowerInvariant()}[/] {Markup.Escape(d.Code)}: {Markup.Escape(d.Message)}");
        if (d.Suggestion is { } hint)
        {
            problems.MarkupLineInterpolated($"    [grey]{hint}[/]");
        }
    }
}
