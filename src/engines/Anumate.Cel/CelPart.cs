using System.Text;

namespace Anumate.Cel;

/// <summary>A part of a template: plain text, or the source of an expression in canonical form.</summary>
public readonly record struct CelPart(string Text, bool IsExpression)
{
    internal static CelPart Of(Node node) =>
        node is Literal { Value.StringOrNull: { } text } ? new(text, false) : new(Printer.Print(node), true);

    /// <summary>The template of these parts, for <see cref="CelEnvironment.CompileTemplate"/>.</summary>
    public static string Join(IEnumerable<CelPart> parts)
    {
        var text = new StringBuilder();
        foreach (var part in parts)
        {
            if (part.IsExpression)
            {
                text.Append("${{ ").Append(part.Text).Append(" }}");
            }
            else
            {
                Printer.WritePlain(part.Text, text);
            }
        }

        return text.ToString();
    }
}
