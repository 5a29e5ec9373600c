namespace Anumate.Proofs;

/// <summary>A tree held in memory, with every proof about it and all its earlier sizes. For logs that fit: tests, small exports.</summary>
public sealed class MerkleTree
{
    // _levels[l][i] is the hash of MerkleNode(l, i).
    readonly List<List<Digest>> _levels = [[]];
    MerkleFrontier _frontier = MerkleFrontier.Empty;

    /// <summary>How many leaves it has.</summary>
    public long Size => _frontier.Size;

    /// <summary>Its root.</summary>
    public Digest Root => _frontier.Root;

    /// <summary>Adds leaves by their hashes.</summary>
    public void Append(params ReadOnlySpan<Digest> leafHashes)
    {
        _levels[0].AddRange(leafHashes);
        _frontier = _frontier.Append(leafHashes, (node, hash) =>
        {
            if (node.Level == _levels.Count)
            {
                _levels.Add([]);
            }

            _levels[node.Level].Add(hash);
        });
    }

    /// <summary>The hash of a complete subtree.</summary>
    public Digest HashOf(MerkleNode node) => _levels[node.Level][(int)node.Index];

    /// <summary>The root it had at an earlier size.</summary>
    public Digest RootAt(long size)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(size);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(size, Size);
        return MerkleFrontier.RootOf([.. MerkleProof.Frontier(size).Select(HashOf)]);
    }

    /// <summary>The proof that the leaf at the index is in the tree of that size.</summary>
    public IReadOnlyList<Digest> InclusionProof(long index, long size)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(size, Size);
        return MerkleProof.Inclusion(index, size).Build(HashOf);
    }

    /// <summary>The proof that the tree of the second size begins with that of the first.</summary>
    public IReadOnlyList<Digest> ConsistencyProof(long size1, long size2)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(size2, Size);
        return MerkleProof.Consistency(size1, size2).Build(HashOf);
    }
}
