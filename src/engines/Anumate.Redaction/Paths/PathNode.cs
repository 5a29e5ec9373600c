using System.Text;

namespace Anumate.Redaction.Paths;

/// <summary>
/// A place in the data as far as the demands tell places apart: the state of an automaton that goes down the data one member or element
/// at a time. All states are made beforehand, so that a document costs one look-up for each of its members, however many demands there are.
/// </summary>
sealed class PathNode
{
    (byte[] Name, PathNode Next)[] names = [];
    (int Index, PathNode Next)[] elements = [];
    PathNode otherName = null!;
    PathNode otherElement = null!;

    public required Effect Effect { get; init; }

    public PathNode Member(ReadOnlySpan<byte> name)
    {
        foreach (var (known, next) in names)
        {
            if (name.SequenceEqual(known))
            {
                return next;
            }
        }

        return otherName;
    }

    public PathNode Element(int index)
    {
        foreach (var (known, next) in elements)
        {
            if (known == index)
            {
                return next;
            }
        }

        return otherElement;
    }

    public void Lead(IEnumerable<(string Name, PathNode Next)> toNames, PathNode toOtherName, IEnumerable<(int Index, PathNode Next)> toElements, PathNode toOtherElement)
    {
        names = [.. toNames.Select(n => (Encoding.UTF8.GetBytes(n.Name), n.Next))];
        elements = [.. toElements];
        (otherName, otherElement) = (toOtherName, toOtherElement);
    }
}
