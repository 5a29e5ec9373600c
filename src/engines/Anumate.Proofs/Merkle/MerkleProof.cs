using System.Numerics;

namespace Anumate.Proofs;

/// <summary>
/// Which stored hashes a proof is made of, and how. Fetch what <see cref="Nodes"/> (or <see cref="Tiles"/>) names, in one query, and
/// <see cref="Build(Func{MerkleNode, Digest})"/> makes the proof.
/// </summary>
public sealed class MerkleProof
{
    // A hash of a proof covers leaves [From, To); it is one complete subtree, or a ragged one on the right edge.
    readonly record struct Span(long From, long To);

    readonly List<Span> _spans = [];

    MerkleProof(long size) => Size = size;

    /// <summary>The size of the tree the hashes are taken from.</summary>
    public long Size { get; }

    /// <summary>The complete subtrees whose hashes are needed.</summary>
    public IEnumerable<MerkleNode> Nodes => _spans.SelectMany(s => NodesOf(s.From, s.To));

    /// <summary>The tiles in which those hashes are found, each once.</summary>
    public IReadOnlyList<MerkleTile> Tiles => [.. Nodes.Select(n => MerkleTile.Holding(n, Size)).Distinct()];

    /// <summary>The proof that a leaf stands at an index of the tree of that size.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The index is not within the size.</exception>
    public static MerkleProof Inclusion(long index, long size)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, size);
        var proof = new MerkleProof(size);
        long from = 0, to = size;
        while (to - from > 1)
        {
            var middle = from + Split(to - from);
            var left = index < middle;
            proof._spans.Add(left ? new Span(middle, to) : new Span(from, middle));
            (from, to) = left ? (from, middle) : (middle, to);
        }

        // Found from the root down; written from the leaf up.
        proof._spans.Reverse();
        return proof;
    }

    /// <summary>The proof that the tree of the second size begins with the tree of the first.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Not 0 &lt; size1 ≤ size2.</exception>
    public static MerkleProof Consistency(long size1, long size2)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(size1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(size1, size2);
        var proof = new MerkleProof(size2);
        long from = 0, to = size2;
        while (to != size1)
        {
            var middle = from + Split(to - from);
            var left = size1 <= middle;
            proof._spans.Add(left ? new Span(middle, to) : new Span(from, middle));
            (from, to) = left ? (from, middle) : (middle, to);
        }

        // What is left is a subtree common to both; the verifier knows it already if it is the whole first tree.
        if (from > 0)
        {
            proof._spans.Add(new Span(from, to));
        }

        proof._spans.Reverse();
        return proof;
    }

    /// <summary>The hashes of the complete subtrees that make up the tree of that size, largest first: what its root is made of.</summary>
    public static IEnumerable<MerkleNode> Frontier(long size) => NodesOf(0, size);

    /// <summary>Makes the proof from the hashes of nodes.</summary>
    public IReadOnlyList<Digest> Build(Func<MerkleNode, Digest> hashOf) =>
        [.. _spans.Select(s => MerkleFrontier.RootOf([.. NodesOf(s.From, s.To).Select(hashOf)]))];

    /// <summary>Makes the proof from the hashes of tiles.</summary>
    public IReadOnlyList<Digest> Build(Func<MerkleTile, IReadOnlyList<Digest>> hashesOf) =>
        Build(node =>
        {
            var tile = MerkleTile.Holding(node, Size);
            return tile.HashOf(node, hashesOf(tile));
        });

    // The largest power of two below n.
    static long Split(long n) => 1L << (63 - BitOperations.LeadingZeroCount((ulong)(n - 1)));

    // INVARIANT: `from` is a multiple of every power of two not above to − from, as spans come from splitting at such powers.
    static IEnumerable<MerkleNode> NodesOf(long from, long to)
    {
        while (from < to)
        {
            var level = 63 - BitOperations.LeadingZeroCount((ulong)(to - from));
            yield return new MerkleNode(level, from >> level);
            from += 1L << level;
        }
    }
}
