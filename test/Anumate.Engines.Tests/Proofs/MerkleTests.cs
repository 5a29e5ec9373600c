using System.Text;
using System.Text.Json;
using Anumate.Proofs;
using CsCheck;

namespace Anumate.Engines.Tests.Proofs;

public sealed class MerkleTests
{
    static Digest[] Leaves(int count) => [.. Enumerable.Range(0, count).Select(i => Merkle.LeafHash(Encoding.UTF8.GetBytes($"leaf {i}")))];

    static MerkleTree Tree(int count)
    {
        var tree = new MerkleTree();
        tree.Append(Leaves(count));
        return tree;
    }

    static Digest Hex(JsonElement hex) => new(Convert.FromHexString(hex.GetString()!));

    [Fact]
    public void Hashes_as_the_reference_implementation_of_RFC_6962()
    {
        var constants = ProofVectors.Json("merkle-rfc6962", "constants.json");
        var roots = constants.GetProperty("root_hashes_by_size_hex");
        var levels = constants.GetProperty("node_hashes_by_level_hex");
        var tree = new MerkleTree();
        Assert.Equal(Hex(roots[0]), tree.Root);
        foreach (var (i, input) in constants.GetProperty("leaf_inputs_hex").EnumerateArray().Index())
        {
            tree.Append(Merkle.LeafHash(Convert.FromHexString(input.GetString()!)));
            Assert.Equal(Hex(roots[i + 1]), tree.Root);
        }

        Assert.All(Enumerable.Range(0, 9), size => Assert.Equal(Hex(roots[size]), tree.RootAt(size)));
        foreach (var (level, nodes) in levels.EnumerateArray().Index())
        {
            Assert.All(nodes.EnumerateArray().Index(), n => Assert.Equal(Hex(n.Item), tree.HashOf(new MerkleNode(level, n.Index))));
        }
    }

    [Fact]
    public void R12_A_leaf_is_never_an_inner_node()
    {
        Digest a = Merkle.LeafHash("a"u8), b = Merkle.LeafHash("b"u8);
        Assert.NotEqual(Merkle.NodeHash(a, b), Merkle.LeafHash([.. a.Span, .. b.Span]));
        Assert.NotEqual(Merkle.NodeHash(a, b), Merkle.LeafHash([1, .. a.Span, .. b.Span]));

        // The inner node of a tree of four, shown as the leaf of a tree of two with the same root.
        var tree = Tree(4);
        Assert.True(Merkle.VerifyInclusion(tree.HashOf(new MerkleNode(1, 0)), 0, 2, [tree.HashOf(new MerkleNode(1, 1))], tree.Root));
        Assert.NotEqual(tree.HashOf(new MerkleNode(1, 0)), Merkle.LeafHash([1, .. Leaves(2)[0].Span, .. Leaves(2)[1].Span]));
        Assert.False(Merkle.VerifyInclusion(tree.HashOf(new MerkleNode(1, 0)), 0, 4, [tree.HashOf(new MerkleNode(1, 1))], tree.Root));
    }

    [Fact]
    public void Hashes_long_leaves_as_short_ones()
    {
        foreach (var length in new[] { 0, 1, 1022, 1023, 1024, 5000 })
        {
            var leaf = new byte[length];
            Assert.Equal(Digest.Of([0, .. leaf]), Merkle.LeafHash(leaf));
        }
    }

    [Theory]
    [InlineData("inclusion")]
    [InlineData("consistency")]
    public void R11_Agrees_with_every_published_proof_and_forgery(string kind)
    {
        var files = Directory.GetFiles(Path.Combine(ProofVectors.Folder("merkle-rfc6962"), "testdata", kind), "*.json",
            SearchOption.AllDirectories);
        Assert.InRange(files.Length, 40, 1000);
        foreach (var file in files)
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(file));
            var test = document.RootElement;
            Assert.True(Verdict(test, kind == "inclusion") != test.GetProperty("wantErr").GetBoolean(), file);
        }

        // A root or node that is not 32 bytes is refused where bytes become digests, before any verifier.
        static bool Verdict(JsonElement test, bool inclusion)
        {
            try
            {
                Digest Field(string name) => new(test.GetProperty(name).GetBytesFromBase64());
                long Number(string name) => (long)test.GetProperty(name).GetUInt64();
                var list = test.GetProperty("proof");
                Digest[] proof = list.ValueKind == JsonValueKind.Array ? [.. list.EnumerateArray()
                    .Select(p => new Digest(p.GetBytesFromBase64()))] : [];
                return inclusion
                    ? Merkle.VerifyInclusion(Field("leafHash"), Number("leafIdx"), Number("treeSize"), proof, Field("root"))
                    : Merkle.VerifyConsistency(Number("size1"), Field("root1"), Number("size2"), Field("root2"), proof);
            }
            catch (Exception e) when (e is ArgumentException or InvalidOperationException)
            {
                return false;
            }
        }
    }

    [Fact]
    public void Every_proof_of_small_trees_verifies_and_no_altered_one_does()
    {
        var tree = Tree(40);
        var leaves = Leaves(40);
        for (var size = 1; size <= 40; size++)
        {
            var root = tree.RootAt(size);
            for (var index = 0; index < size; index++)
            {
                var proof = tree.InclusionProof(index, size);
                Assert.True(Merkle.VerifyInclusion(leaves[index], index, size, proof, root));
                Assert.False(Merkle.VerifyInclusion(leaves[index], index, size, [.. proof, root], root));
                Assert.False(Merkle.VerifyInclusion(leaves[index], size, size, proof, root));
                Assert.False(Merkle.VerifyInclusion(leaves[index], -1, size, proof, root));
                Assert.False(Merkle.VerifyInclusion(leaves[index], index, 0, proof, root));
                Assert.False(size > 1 && Merkle.VerifyInclusion(leaves[index], index ^ 1, size, proof, root));
                Assert.False(proof.Count > 0 && Merkle.VerifyInclusion(leaves[index], index, size, [.. proof.Skip(1)], root));
            }
        }
    }

    [Fact]
    public void Every_consistency_of_small_trees_verifies_and_no_altered_one_does()
    {
        var tree = Tree(40);
        for (var size2 = 1; size2 <= 40; size2++)
        {
            for (var size1 = 1; size1 <= size2; size1++)
            {
                Digest root1 = tree.RootAt(size1), root2 = tree.RootAt(size2);
                var proof = tree.ConsistencyProof(size1, size2);
                Assert.True(Merkle.VerifyConsistency(size1, root1, size2, root2, proof));
                Assert.False(Merkle.VerifyConsistency(size1, root1, size2, root2, [.. proof, root1]));
                Assert.False(Merkle.VerifyConsistency(size1, root1, size2, Digest.Of("x"u8), proof));
                Assert.False(proof.Count > 0 && Merkle.VerifyConsistency(size1, root1, size2, root2, [.. proof.SkipLast(1)]));
                Assert.False(size1 != size2 && Merkle.VerifyConsistency(size1, root2, size2, root1, proof));
            }
        }
    }

    [Fact]
    public void R7_R8_Refuses_a_split_view_a_rollback_and_an_empty_beginning()
    {
        var tree = Tree(9);
        var forked = new MerkleTree();
        forked.Append([.. Leaves(8), Merkle.LeafHash("other"u8)]);
        Assert.False(Merkle.VerifyConsistency(9, tree.Root, 9, forked.Root, []));
        Assert.True(Merkle.VerifyConsistency(8, tree.RootAt(8), 9, forked.Root, forked.ConsistencyProof(8, 9)));
        Assert.False(Merkle.VerifyConsistency(9, tree.Root, 8, tree.RootAt(8), tree.ConsistencyProof(8, 9)));
        Assert.False(Merkle.VerifyConsistency(0, Merkle.EmptyRoot, 9, tree.Root, []));
        Assert.False(Merkle.VerifyConsistency(-1, Merkle.EmptyRoot, 9, tree.Root, []));
    }

    [Fact]
    public void R4_R5_A_tree_without_a_middle_leaf_or_with_another_order_is_not_consistent()
    {
        var leaves = Leaves(20);
        var tree = Tree(20);
        var without = new MerkleTree();
        without.Append([.. leaves[..7], .. leaves[8..]]);
        Assert.False(Merkle.VerifyConsistency(10, tree.RootAt(10), 19, without.Root, without.ConsistencyProof(10, 19)));
        (leaves[3], leaves[4]) = (leaves[4], leaves[3]);
        var reordered = new MerkleTree();
        reordered.Append(leaves);
        Assert.False(Merkle.VerifyConsistency(10, tree.RootAt(10), 20, reordered.Root, reordered.ConsistencyProof(10, 20)));
    }

    [Fact]
    public void A_frontier_appends_in_batches_to_the_same_tree() => Gen.Int[0, 70].Array[0, 12].Sample(batches =>
    {
        var all = Leaves(batches.Sum());
        var tree = Tree(all.Length);
        var frontier = MerkleFrontier.Empty;
        var stored = new Dictionary<MerkleNode, Digest>();
        foreach (var batch in batches)
        {
            frontier = frontier.Append(all.AsSpan((int)frontier.Size, batch), stored.Add);
            Assert.Equal(tree.RootAt(frontier.Size), frontier.Root);
            Assert.True(MerkleFrontier.TryRead(frontier.Size, frontier.ToBytes(), out var read));
            Assert.Equal(frontier.Hashes, read.Hashes);
            frontier = read;
        }

        Assert.Equal(tree.Root, frontier.Root);
        Assert.All(stored, s => Assert.Equal(tree.HashOf(s.Key), s.Value));
        Assert.Equal(frontier.Hashes, MerkleProof.Frontier(frontier.Size).Select(tree.HashOf));
    }, iter: Runs.Of(20));

    [Fact]
    public void A_stored_frontier_of_another_size_is_refused()
    {
        var frontier = Tree(7).Root;
        Assert.Throws<ArgumentException>(() => MerkleFrontier.Of(7, [frontier]));
        Assert.False(MerkleFrontier.TryRead(7, new byte[64], out _));
        Assert.False(MerkleFrontier.TryRead(-1, [], out _));
    }

    [Fact]
    public void Proofs_are_made_from_tiles_alone()
    {
        const int size = 70_000;
        var leaves = Leaves(size);
        List<List<Digest>> levels = [[.. leaves]];
        var root = MerkleFrontier.Empty.Append(leaves, (node, hash) =>
        {
            if (node.Level % MerkleTile.Height == 0)
            {
                while (levels.Count <= node.Level / MerkleTile.Height)
                {
                    levels.Add([]);
                }

                levels[node.Level / MerkleTile.Height].Add(hash);
            }
        }).Root;
        var read = new HashSet<MerkleTile>();
        IReadOnlyList<Digest> Read(MerkleTile tile)
        {
            read.Add(tile);
            return levels[tile.Level].GetRange((int)tile.First, tile.Width);
        }

        foreach (var index in new[] { 0, 1, 255, 256, 65_535, 65_536, 69_887, 69_888, 69_999 })
        {
            var proof = MerkleProof.Inclusion(index, size);
            Assert.True(Merkle.VerifyInclusion(leaves[index], index, size, proof.Build(Read), root));
            Assert.True(read.SetEquals(proof.Tiles));
            Assert.InRange(proof.Tiles.Count, 1, 5);
            read.Clear();
        }

        foreach (var first in new[] { 1, 255, 256, 65_536, 65_537, 69_999 })
        {
            var root1 = MerkleFrontier.Empty.Append(leaves.AsSpan(0, first)).Root;
            Assert.True(Merkle.VerifyConsistency(first, root1, size, root, MerkleProof.Consistency(first, size).Build(Read)));
        }
    }

    [Fact]
    public void A_tile_answers_only_for_what_it_holds()
    {
        var tile = MerkleTile.Holding(new MerkleNode(3, 40), 1000);
        Assert.Equal(new MerkleTile(0, 1, 256), tile);
        Assert.Equal(new MerkleTile(0, 3, 232), MerkleTile.Holding(new MerkleNode(0, 999), 1000));
        Assert.Equal(new MerkleTile(1, 0, 3), MerkleTile.Holding(new MerkleNode(9, 0), 1000));
        var hashes = Leaves(256);
        Assert.Throws<ArgumentException>(() => tile.HashOf(new MerkleNode(3, 100), hashes));
        Assert.Throws<ArgumentException>(() => tile.HashOf(new MerkleNode(8, 1), hashes));
        Assert.Throws<ArgumentException>(() => tile.HashOf(new MerkleNode(3, 40), hashes[..100]));
        Assert.Throws<ArgumentException>(() => new MerkleTile(0, 3, 232).HashOf(new MerkleNode(4, 62), hashes));
    }

    [Theory]
    [InlineData(0, 0, 256, "tile/0/000")]
    [InlineData(0, 1234067, 256, "tile/0/x001/x234/067")]
    [InlineData(1, 5, 8, "tile/1/005.p/8")]
    [InlineData(2, 1000, 256, "tile/2/x001/000")]
    public void Tiles_have_the_paths_of_C2SP(int level, long index, int width, string path) =>
        Assert.Equal(path, new MerkleTile(level, index, width).Path);

    [Fact]
    public void Proofs_outside_of_the_tree_cannot_be_asked_for()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => MerkleProof.Inclusion(5, 5));
        Assert.Throws<ArgumentOutOfRangeException>(() => MerkleProof.Inclusion(-1, 5));
        Assert.Throws<ArgumentOutOfRangeException>(() => MerkleProof.Consistency(0, 5));
        Assert.Throws<ArgumentOutOfRangeException>(() => MerkleProof.Consistency(6, 5));
        Assert.Throws<ArgumentOutOfRangeException>(() => Tree(3).InclusionProof(0, 4));
    }
}
