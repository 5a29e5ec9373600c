using System.Text;
using CsCheck;

namespace Anumate.Engines.Tests.Fuzz;

/// <summary>Broken relatives of valid documents, from a seed that a failure prints.</summary>
static class Mutations
{
    static readonly byte[][] Pieces =
    [
        .. new[]
        {
            "", "\0", "\"", "'", "\\", "\\u0000", "\\ud800", "\u2028", "\ufeff", "{", "}", "[", "]", ":", ",", "-", "- ", "\n", "\r\n", "\t", "  ", "#", "&a ", "*a", "!!str ",
            "<<: ", "---\n", "...\n", "? ", "|\n", ">-\n", "%YAML 1.2\n", "null", "true", "1e999", "-0", "9007199254740993", "0.1e-400", "00", "0x10", "1_000", ".inf", "NaN",
            "${{", "}}", "${{ 1 / 0 }}", "__proto__", "constructor", "e\u0301", "\u202e", "a\u200bb", "😀", "..", "/", "%2e", "\u0085", "(", ")", "(?:", "{1,99999}", "\\p{L}",
            "=", "==", ".", "..", "eyJhbGciOiJub25lIn0", "sha256:", "run_", "\n\u2014 ",
        }.Select(Encoding.UTF8.GetBytes),
        [0xff], [0xc0, 0xaf], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xe2, 0x28, 0xa1],
    ];

    static readonly string[] Nests = ["[", "{\"a\":", "(", "- ", "!", "-", "{a: ", "[[", "(?:", "a.b(", "\"", "{ rule "];

    /// <summary>One to six small harms to one of the samples, sometimes with a piece of another.</summary>
    public static Gen<byte[]> Of(params byte[][] samples)
    {
        var start = Gen.OneOf(samples);
        var harm = Gen.Select(Gen.Int[0, 7], Gen.Double.Unit, Gen.Double.Unit, Gen.OneOf(Pieces), start, Gen.OneOf(Nests));
        return Gen.Select(start, harm.List[1, 6], (sample, harms) => harms.Aggregate(sample, (bytes, h) => Harm(bytes, h.Item1, h.Item2, h.Item3, h.Item4, h.Item5, h.Item6)));
    }

    static byte[] Harm(byte[] bytes, int kind, double where, double howMuch, byte[] piece, byte[] other, string nest)
    {
        var at = (int)(where * bytes.Length);
        var length = (int)(howMuch * howMuch * Math.Min(64, bytes.Length - at));
        return kind switch
        {
            0 => [.. bytes[..at], .. piece, .. bytes[at..]],
            1 => [.. bytes[..at], .. bytes[(at + length)..]],
            2 => [.. bytes[..(at + length)], .. bytes[at..]],
            3 => [.. bytes[..at], .. piece, .. bytes[(at + length)..]],
            4 => bytes[..at],
            5 => Flip(bytes, at, (int)(howMuch * 8)),
            6 => [.. bytes[..at], .. other[(int)(howMuch * other.Length)..]],
            _ => [.. bytes[..at], .. Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat(nest, 1 + (int)(howMuch * Runs.UpTo(10_000, 1_500))))), .. bytes[at..]],
        };
    }

    static byte[] Flip(byte[] bytes, int at, int bit)
    {
        var flipped = bytes.ToArray();
        if (flipped.Length > 0)
        {
            flipped[Math.Min(at, flipped.Length - 1)] ^= (byte)(1 << bit);
        }

        return flipped;
    }
}
