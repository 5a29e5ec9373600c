using System.Numerics;
using System.Security.Cryptography;

namespace Anumate.Proofs;

/// <summary>The hashes of RFC 6962 section 2.1 (the same as RFC 9162) and the verifiers of proofs made of them.</summary>
public static class Merkle
{
    /// <summary>The root of a tree without leaves.</summary>
    public static Digest EmptyRoot { get; } = Digest.Of([]);

    /// <summary>The hash of a leaf: SHA-256 of 0x00 and its bytes. The prefix keeps a leaf from passing for an inner node.</summary>
    public static Digest LeafHash(ReadOnlySpan<byte> leaf)
    {
        Span<byte> hash = stackalloc byte[Digest.Size];
        if (leaf.Length <= 1023)
        {
            Span<byte> input = stackalloc byte[1 + leaf.Length];
            input[0] = 0;
            leaf.CopyTo(input[1..]);
            SHA256.HashData(input, hash);
            return new Digest(hash);
        }

        using var incremental = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        incremental.AppendData([0]);
        incremental.AppendData(leaf);
        incremental.GetHashAndReset(hash);
        return new Digest(hash);
    }

    /// <summary>The hash of an inner node: SHA-256 of 0x01 and its two children.</summary>
    public static Digest NodeHash(in Digest left, in Digest right)
    {
        Span<byte> input = stackalloc byte[1 + (2 * Digest.Size)];
        Span<byte> hash = stackalloc byte[Digest.Size];
        input[0] = 1;
        left.Span.CopyTo(input[1..]);
        right.Span.CopyTo(input[(1 + Digest.Size)..]);
        SHA256.HashData(input, hash);
        return new Digest(hash);
    }

    /// <summary>
    /// Whether the leaf stands at the index of the tree with that size and root (RFC 9162 section 2.1.3.2). A proof with a node too
    /// many or too few does not verify, nor does an index outside of the tree.
    /// </summary>
    public static bool VerifyInclusion(in Digest leafHash, long index, long size, IReadOnlyList<Digest> proof, in Digest root)
    {
        if (index < 0 || index >= size)
        {
            return false;
        }

        long node = index, last = size - 1;
        var hash = leafHash;
        for (var i = 0; i < proof.Count; i++)
        {
            if (last == 0)
            {
                return false;
            }

            if ((node & 1) == 1 || node == last)
            {
                hash = NodeHash(proof[i], hash);
                SkipMissingSiblings(ref node, ref last);
            }
            else
            {
                hash = NodeHash(hash, proof[i]);
            }

            node >>= 1;
            last >>= 1;
        }

        return last == 0 && hash == root;
    }

    /// <summary>
    /// Whether the tree of the second size is the first tree with leaves added (RFC 9162 section 2.1.4.2). The proof between equal
    /// sizes is empty. Nothing is proved about an empty tree: whoever allows one as a beginning decides that himself.
    /// </summary>
    public static bool VerifyConsistency(long size1, in Digest root1, long size2, in Digest root2, IReadOnlyList<Digest> proof)
    {
        if (size1 <= 0 || size1 >= size2)
        {
            return size1 > 0 && size1 == size2 && proof.Count == 0 && root1 == root2;
        }

        // A first tree that is one complete subtree begins the path itself.
        var complete = BitOperations.IsPow2(size1);
        if (!complete && proof.Count == 0)
        {
            return false;
        }

        long node = size1 - 1, last = size2 - 1;
        while ((node & 1) == 1)
        {
            node >>= 1;
            last >>= 1;
        }

        var first = complete ? root1 : proof[0];
        var second = first;
        for (var i = complete ? 0 : 1; i < proof.Count; i++)
        {
            if (last == 0)
            {
                return false;
            }

            if ((node & 1) == 1 || node == last)
            {
                first = NodeHash(proof[i], first);
                second = NodeHash(proof[i], second);
                SkipMissingSiblings(ref node, ref last);
            }
            else
            {
                second = NodeHash(second, proof[i]);
            }

            node >>= 1;
            last >>= 1;
        }

        return last == 0 && first == root1 && second == root2;
    }

    // A last node without a sibling is its own parent: go up until it is a right child.
    static void SkipMissingSiblings(ref long node, ref long last)
    {
        while ((node & 1) == 0 && node != 0)
        {
            node >>= 1;
            last >>= 1;
        }
    }
}
