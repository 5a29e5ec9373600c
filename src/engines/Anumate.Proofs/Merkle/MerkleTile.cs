namespace Anumate.Proofs;

/// <summary>
/// A tile of C2SP's tlog-tiles: up to 256 neighbouring hashes of one level that is a multiple of 8. Storing the leaf hashes and those
/// of every eighth level is enough for any proof; the levels between are computed.
/// </summary>
/// <param name="Level">Tile level: its hashes stand at tree level 8 × Level.</param>
/// <param name="Index">Which tile of the level.</param>
/// <param name="Width">How many of its hashes there are, 1 to 256.</param>
public readonly record struct MerkleTile(int Level, long Index, int Width)
{
    /// <summary>Tree levels in one tile.</summary>
    public const int Height = 8;

    /// <summary>Hashes in a full tile.</summary>
    public const int FullWidth = 1 << Height;

    /// <summary>The position, within its level, of the first hash.</summary>
    public long First => Index * FullWidth;

    /// <summary>The tile from which the hash of a node can be computed, in a tree of that size.</summary>
    public static MerkleTile Holding(MerkleNode node, long size)
    {
        var level = node.Level / Height;
        var first = node.Index << (node.Level - (level * Height));
        var index = first / FullWidth;
        return new MerkleTile(level, index, (int)Math.Min(FullWidth, (size >> (level * Height)) - (index * FullWidth)));
    }

    /// <summary>The hash of a node from the hashes of this tile.</summary>
    /// <exception cref="ArgumentException">The tile does not hold the node.</exception>
    public Digest HashOf(MerkleNode node, IReadOnlyList<Digest> hashes)
    {
        var inner = node.Level - (Level * Height);
        if (hashes.Count < Width || inner is < 0 or >= Height || (node.Index << inner) / FullWidth != Index)
        {
            throw new ArgumentException("the tile does not hold the node", nameof(node));
        }

        var start = (int)((node.Index << inner) - First);
        if (start + (1 << inner) > Width)
        {
            throw new ArgumentException("the tile does not hold the node yet", nameof(node));
        }

        var row = new Digest[1 << inner];
        for (var i = 0; i < row.Length; i++)
        {
            row[i] = hashes[start + i];
        }

        for (var width = row.Length; width > 1; width /= 2)
        {
            for (var i = 0; i < width; i += 2)
            {
                row[i / 2] = Merkle.NodeHash(row[i], row[i + 1]);
            }
        }

        return row[0];
    }

    /// <summary>The tile's path below the log's prefix, e.g. <c>tile/0/x001/x234/067.p/8</c>.</summary>
    public string Path
    {
        get
        {
            var path = $"{Index % 1000:000}";
            for (var rest = Index / 1000; rest > 0; rest /= 1000)
            {
                path = $"x{rest % 1000:000}/{path}";
            }

            return $"tile/{Level}/{path}{(Width < FullWidth ? $".p/{Width}" : "")}";
        }
    }
}
