namespace Anumate.Redaction.Recognition;

/// <summary>The check digits of ISO/IEC 7812 (Luhn) and of Aadhaar (Verhoeff), and the check number of ISO 13616 (mod 97).</summary>
static class Checksums
{
    static ReadOnlySpan<byte> Doubled => [0, 2, 4, 6, 8, 1, 3, 5, 7, 9];

    // The multiplication of the dihedral group D5.
    static ReadOnlySpan<byte> Product =>
    [
        0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 1, 2, 3, 4, 0, 6, 7, 8, 9, 5, 2, 3, 4, 0, 1, 7, 8, 9, 5, 6, 3, 4, 0, 1, 2, 8, 9, 5, 6, 7, 4, 0, 1, 2, 3, 9, 5, 6, 7, 8,
        5, 9, 8, 7, 6, 0, 4, 3, 2, 1, 6, 5, 9, 8, 7, 1, 0, 4, 3, 2, 7, 6, 5, 9, 8, 2, 1, 0, 4, 3, 8, 7, 6, 5, 9, 3, 2, 1, 0, 4, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0,
    ];

    // The permutation (1 5 8 9 4 2 7 0)(3 6), applied 0 to 7 times.
    static ReadOnlySpan<byte> Permuted =>
    [
        0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 1, 5, 7, 6, 2, 8, 3, 0, 9, 4, 5, 8, 0, 3, 7, 9, 6, 1, 4, 2, 8, 9, 1, 6, 0, 4, 3, 5, 2, 7,
        9, 4, 5, 3, 1, 2, 6, 8, 7, 0, 4, 2, 8, 6, 5, 7, 3, 9, 0, 1, 2, 7, 9, 3, 8, 0, 6, 4, 1, 5, 7, 0, 4, 6, 9, 1, 3, 2, 5, 8,
    ];

    public static bool Luhn(ReadOnlySpan<byte> digits)
    {
        var sum = 0;
        for (var i = 0; i < digits.Length; i++)
        {
            sum += (digits.Length - i) % 2 == 0 ? Doubled[digits[i]] : digits[i];
        }

        return sum % 10 == 0;
    }

    public static bool Verhoeff(ReadOnlySpan<byte> digits)
    {
        var c = 0;
        for (var i = 0; i < digits.Length; i++)
        {
            c = Product[(c * 10) + Permuted[(i % 8 * 10) + digits[digits.Length - 1 - i]]];
        }

        return c == 0;
    }

    /// <summary>Whether letters (in capitals) and digits, the first four moved to the end and read as a number, leave 1 by 97.</summary>
    public static bool Mod97(ReadOnlySpan<byte> text)
    {
        var rest = 0;
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[(i + 4) % text.Length];
            rest = char.IsAsciiDigit((char)c) ? ((rest * 10) + c - '0') % 97 : ((rest * 100) + c - 'A' + 10) % 97;
        }

        return rest == 1;
    }
}
