using System.Diagnostics.CodeAnalysis;
using System.Numerics;

namespace Anumate.Proofs;

/// <summary>
/// A complete subtree: 2^Level leaves from Index × 2^Level on. Its hash never changes once they are there.
/// </summary>
public readonly record struct MerkleNode(int Level, long Index);

/// <summary>
/// The right edge of a tree: the hashes of its complete subtrees, largest first, one per bit set in the size. All that is needed to
/// append and to know the root, so a sequencer's work is O(new leaves + log size). Immutable.
/// </summary>
public sealed class MerkleFrontier
{
    readonly Digest[] _hashes;

    MerkleFrontier(long size, Digest[] hashes)
    {
        Size = size;
        _hashes = hashes;
        Root = RootOf(hashes);
    }

    /// <summary>Of the tree without leaves.</summary>
    public static MerkleFrontier Empty { get; } = new(0, []);

    /// <summary>How many leaves the tree has.</summary>
    public long Size { get; }

    /// <summary>The tree's root.</summary>
    public Digest Root { get; }

    /// <summary>The hashes of the complete subtrees, largest first.</summary>
    public IReadOnlyList<Digest> Hashes => _hashes;

    /// <summary>Takes up a stored frontier.</summary>
    /// <exception cref="ArgumentException">The number of hashes does not fit the size.</exception>
    public static MerkleFrontier Of(long size, IEnumerable<Digest> hashes)
    {
        Digest[] all = [.. hashes];
        return size >= 0 && all.Length == BitOperations.PopCount((ulong)size)
            ? new MerkleFrontier(size, all)
            : throw new ArgumentException($"a tree of {size} leaves does not have {all.Length} complete subtrees", nameof(hashes));
    }

    /// <summary>Reads what <see cref="ToBytes"/> wrote.</summary>
    public static bool TryRead(long size, ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out MerkleFrontier? frontier)
    {
        frontier = null;
        if (size < 0 || bytes.Length != BitOperations.PopCount((ulong)size) * Digest.Size)
        {
            return false;
        }

        var hashes = new Digest[bytes.Length / Digest.Size];
        for (var i = 0; i < hashes.Length; i++)
        {
            hashes[i] = new Digest(bytes.Slice(i * Digest.Size, Digest.Size));
        }

        frontier = new MerkleFrontier(size, hashes);
        return true;
    }

    /// <summary>The hashes one after the other, to be stored beside the size.</summary>
    public byte[] ToBytes()
    {
        var bytes = new byte[_hashes.Length * Digest.Size];
        for (var i = 0; i < _hashes.Length; i++)
        {
            _hashes[i].Span.CopyTo(bytes.AsSpan(i * Digest.Size));
        }

        return bytes;
    }

    /// <summary>The tree with these leaves added; every subtree that became complete (level 1 and up) is told, in order.</summary>
    public MerkleFrontier Append(ReadOnlySpan<Digest> leafHashes, Action<MerkleNode, Digest>? completed = null)
    {
        Span<Digest> edge = stackalloc Digest[64];
        _hashes.CopyTo(edge);
        var count = _hashes.Length;
        var size = Size;
        foreach (ref readonly var leaf in leafHashes)
        {
            // Adding one to the size carries through its low bits; each carry closes a subtree.
            var hash = leaf;
            for (var level = 0; (size >> level & 1) == 1; level++)
            {
                hash = Merkle.NodeHash(edge[--count], hash);
                completed?.Invoke(new MerkleNode(level + 1, size >> (level + 1)), hash);
            }

            edge[count++] = hash;
            size++;
        }

        return new MerkleFrontier(size, edge[..count].ToArray());
    }

    /// <summary>The root over complete subtrees, largest first.</summary>
    internal static Digest RootOf(ReadOnlySpan<Digest> hashes)
    {
        if (hashes.IsEmpty)
        {
            return Merkle.EmptyRoot;
        }

        var root = hashes[^1];
        for (var i = hashes.Length - 2; i >= 0; i--)
        {
            root = Merkle.NodeHash(hashes[i], root);
        }

        return root;
    }
}
