using System.Text;

namespace Anumate.PolicyEngine.Syntax;

/// <summary>Tests: the columns of a table stand below each other.</summary>
public static partial class Formatter
{
    const string Deep = Indent + Indent;

    static void Test(StringBuilder text, TestSyntax test)
    {
        Comments(text, test.Remarks.Before, "");
        text.Append($"test {test.Policy.Text} {Quote(test.Title.Text)} {{\n");
        if (test.At is { } at)
        {
            text.Append($"{Indent}at {at.Text}\n");
        }

        foreach (var given in test.Given)
        {
            Line(text, given.Remarks, $"given {given.Path.Text} = {given.Value.Text}");
        }

        foreach (var one in test.Cases)
        {
            if (one is TableSyntax table)
            {
                Table(text, table);
            }
            else if (one is NeverSyntax never)
            {
                Line(text, never.Remarks, $"never {never.Verdict.Text} when {never.When.Text}");
            }
        }

        Comments(text, test.Inside, Indent);
        text.Append('}').Append(test.Remarks.After is { } after ? "  " + after : "").Append('\n');
    }

    static void Table(StringBuilder text, TableSyntax table)
    {
        List<string[]> lines = [[.. table.Columns.Select(c => c.Text), "expect"], .. table.Rows.Select(Cells)];
        var widths = Enumerable.Range(0, lines[0].Length).Select(i => lines.Max(l => l[i].Contains('\n') ? 0 : l[i].Length)).ToArray();
        Comments(text, table.Remarks.Before, Indent);
        text.Append($"{Indent}table\n");
        for (var i = 0; i < lines.Count; i++)
        {
            var remarks = i == 0 ? table.Remarks with { Before = [] } : table.Rows[i - 1].Remarks;
            Comments(text, remarks.Before, Deep);
            text.Append(Deep).AppendJoin("", lines[i].Select((cell, c) => $"| {cell.PadRight(widths[c])} ")).Append('|');
            text.Append(remarks.After is { } after ? "  " + after : "").Append('\n');
        }
    }

    static string[] Cells(RowSyntax row) =>
    [
        .. row.Cells.Select(c => c?.Text ?? "-"),
        row.Verdict.Text + (row.By.Count == 0 ? "" : $" by {string.Join(", ", row.By.Select(b => b.Text))}"),
    ];
}
