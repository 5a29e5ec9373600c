using System.CommandLine;

namespace Anumate.Cli.Verbs;

/// <summary>The options every list has.</summary>
sealed class Lists
{
    public Option<int> Limit { get; } = new("--limit") { Description = "rows in a page, 1 to 200", DefaultValueFactory = _ => 50, HelpName = "n" };

    public Option<string?> Cursor { get; } = new("--cursor") { Description = "where the page before ended", HelpName = "cursor" };

    public PageRequest Page(ParseResult parse) => new(parse.GetValue(Cursor), parse.GetValue(Limit));

    /// <summary>Prints a page and how to get the next one.</summary>
    public static int Show<T>(Call call, Page<T> page, IReadOnlyList<string> columns, Func<T, string[]> row)
    {
        call.Out.Write(page, o => o.Table(columns, page.Items.Select(row)));
        if (page.Next is { } next && !call.Out.Json)
        {
            call.Out.Remark($"[grey]more: --cursor {next}[/]");
        }

        return ExitCode.Ok;
    }

    public static string When(DateTimeOffset? at) => at is { } t ? $"{t.UtcDateTime:yyyy-MM-dd HH:mm:ss}Z" : "";

    public static string Word<T>(T value)
        where T : struct, Enum => System.Text.Json.JsonNamingPolicy.SnakeCaseLower.ConvertName(value.ToString());

    public static string Short(string digest) => digest.Length > 19 ? digest[..19] + "…" : digest;
}
