using System.Numerics;

namespace Anumate.Engines.Tests.Redaction;

/// <summary>Numbers of people, accounts, cards and telephones.</summary>
public sealed partial class Samples
{
    // Some countries and what their account numbers are made of: n digits, a capitals, c both; then how many.
    static readonly (string Country, string Form)[] Accounts =
    [
        ("DE", "n18"), ("GB", "a4 n14"), ("FR", "n10 c11 n2"), ("NL", "a4 n10"), ("ES", "n20"), ("IT", "a1 n10 c12"), ("CH", "n5 c12"), ("AT", "n16"), ("BE", "n12"), ("PL", "n24"), ("SE", "n20"), ("NO", "n11"),
        ("DK", "n14"), ("FI", "n14"), ("PT", "n21"), ("IE", "a4 n14"), ("LU", "n3 c13"), ("CZ", "n20"), ("SA", "n2 c18"), ("AE", "n19"), ("TR", "n6 c16"), ("BR", "n23 a1 c1"), ("MT", "a4 n5 c18"), ("LC", "a4 c24"), ("UA", "n6 c19"),
    ];

    string Account(string form) => string.Concat(form.Split(' ').Select(f => Of(f[0] switch { 'n' => "0123456789", 'a' => Upper, _ => Upper + "0123456789" }, int.Parse(f[1..]))));

    /// <summary>The two check digits by ISO 7064 as a whole number.</summary>
    static string IbanOf(string country, string account)
    {
        static string numbers(string text) => string.Concat(text.Select(c => char.IsDigit(c) ? c.ToString() : (c - 'A' + 10).ToString()));
        var check = 98 - (int)(BigInteger.Parse(numbers(account + country) + "00") % 97);
        return $"{country}{check:00}{account}";
    }

    string AnyIban()
    {
        var (country, form) = Pick(Accounts);
        return IbanOf(country, Account(form));
    }

    Sample Iban()
    {
        var iban = AnyIban();
        iban = Pick(iban, iban, iban.ToLowerInvariant(), Grouped(iban, " ", 4), Grouped(iban, " ", 4), Grouped(iban, "-", 4), Grouped(iban, "\u00a0", 4));
        return Chance(0.02) ? In(Grouped(iban.Replace(" ", ""), "  ", 4)) : Chance(0.7) ? In(iban, Pick("note", "iban", "account")) : After(iban, "IBAN", "IBAN:", "please pay to", "Konto-Nr.", "account 12 /");
    }

    Sample NoIban()
    {
        var iban = AnyIban();
        var at = random.Next(4, iban.Length);
        var digit = char.IsDigit(iban[at]) ? (char)('0' + ((iban[at] - '0' + random.Next(1, 10)) % 10)) : iban[at] == 'A' ? 'B' : 'A';
        var (country, form) = Pick(Accounts);
        return None(Pick($"{iban[..at]}{digit}{iban[(at + 1)..]}", Grouped($"{iban[..at]}{digit}{iban[(at + 1)..]}", " ", 4), IbanOf("XX", Account(form)), IbanOf("US", Digits(20)), IbanOf(country, Account(form) + Digits(1)), IbanOf(country, Account(form)[1..]),
            "X" + iban, iban + "7", iban[..^1], iban[..12], $"{Of(Upper, 2)}{Digits(2)} {Word()}", $"{country}{iban[3]}{iban[2]}{(iban[2] == iban[3] ? "0" : "")}{iban[4..]}", $"{iban[..4]}.{iban[4..]}", $"{Pick("DE", "GB", "FR")}{Digits(9)}", Of(Upper + "0123456789", 22)));
    }

    /// <summary>A number of this length and prefix with its check digit, doubling from the right.</summary>
    string Carded(string prefix, int length, int off = 0)
    {
        var body = prefix + Digits(length - prefix.Length - 1);
        var sum = 0;
        for (var (i, twice) = (body.Length - 1, true); i >= 0; i--, twice = !twice)
        {
            var d = (body[i] - '0') * (twice ? 2 : 1);
            sum += (d / 10) + (d % 10);
        }

        return body + ((((10 - (sum % 10)) % 10) + off) % 10);
    }

    string AnyCard(int off = 0) => Pick(Carded("4", 16, off), Carded("4", 16, off), Carded("4", 13, off), Carded("4", 19, off), Carded(Pick("51", "52", "53", "54", "55"), 16, off), Carded(random.Next(2_221, 2_721).ToString(), 16, off), Carded(Pick("34", "37"), 15, off),
        Carded(Pick("6011", "644", "65"), 16, off), Carded(Pick("36", "38", "300", "305"), 14, off), Carded(random.Next(3_528, 3_590).ToString(), 16, off), Carded("62", 16, off), Carded(Pick("6521", "508", "8172"), 16, off), Carded("6759", 16, off), Carded("2202", 16, off));

    string WithGroups(string card) => card.Length switch { 15 => Grouped(card, Pick(" ", "-"), 4, 6, 5), 14 => Grouped(card, Pick(" ", "-"), 4, 6, 4), 13 => card, _ => Grouped(card, Pick(" ", "-", "\u00a0", "\u2011"), 4) };

    Sample Card()
    {
        var card = AnyCard();
        var shown = Chance(0.5) ? card : WithGroups(card);
        return Chance(0.02) ? In(Grouped(card, ".", 4)) : Chance(0.7) ? In(shown, Pick("note", "card", "pan")) : new("note", Pick($"card {shown} exp 12/29", $"{shown}:", $"pan={shown}&cvv=123", $"paid with {shown} yesterday", $"{shown} 123"), shown);
    }

    Sample NoCard() => Chance(0.1) ? None(Digits(16)) : None(Pick(AnyCard(random.Next(1, 10)), AnyCard(random.Next(1, 10)), WithGroups(AnyCard(random.Next(1, 10))), Carded(Pick("0", "1", "9", "70"), 16), Carded("4", 12), Carded("4", 17), Carded("51", 15), Carded("37", 16), $"x{AnyCard()}", $"{AnyCard()}a",
        $"0.{AnyCard()}", $"{AnyCard()}.50", $"{Digits(4)} {Digits(4)}", $"{Digits(4)}-{Digits(2)}-{Digits(2)} {Digits(2)}:{Digits(2)}", $"2026{Digits(10)}", Of(Hex, 16) + "g", $"tracking 1Z{Digits(16)}", Digits(22), $"{AnyCard()}{Digits(8)}"));

    Sample Phone()
    {
        int n(int least, int most) => random.Next(least, most);
        var nanp = (Area: $"{n(2, 10)}{n(0, 9)}{n(2, 10)}", Exchange: $"{n(2, 10)}{n(0, 10)}{n(2, 10)}", Line: Digits(4));
        var international = Pick($"+49151{Digits(8)}", $"+49 151 {Digits(8)}", $"+49 (0)30 {Digits(6)}", $"+1 ({nanp.Area}) {nanp.Exchange}-{nanp.Line}", $"+1{nanp.Area}{nanp.Exchange}{nanp.Line}", $"+44 20 {Digits(4)} {Digits(4)}", $"+91-{n(6, 10)}{Digits(4)}-{Digits(5)}",
            $"+91 {n(6, 10)}{Digits(9)}", $"+33 {n(1, 10)} {Digits(2)} {Digits(2)} {Digits(2)} {Digits(2)}", $"+353.1.{Digits(3)}.{Digits(4)}", $"+971 50 {Digits(3)} {Digits(4)}", $"+55 11 9{Digits(4)}-{Digits(4)}", $"+886 2 {Digits(4)} {Digits(4)}", $"+41\u00a044\u00a0{Digits(3)}\u00a0{Digits(2)}\u00a0{Digits(2)}");
        var american = Pick($"({nanp.Area}) {nanp.Exchange}-{nanp.Line}", $"{nanp.Area}-{nanp.Exchange}-{nanp.Line}", $"{nanp.Area}.{nanp.Exchange}.{nanp.Line}", $"1-{nanp.Area}-{nanp.Exchange}-{nanp.Line}", $"({nanp.Area}){nanp.Exchange}-{nanp.Line}");
        var national = Pick($"030 {Digits(7)}", $"020 {Digits(4)} {Digits(4)}", $"0151/{Digits(8)}", $"0{Digits(9)}", $"{n(6, 10)}{Digits(9)}", $"(030) {Digits(7)}", $"01 {Digits(2)} {Digits(2)} {Digits(2)} {Digits(2)}", $"0049 30 {Digits(7)}", $"{nanp.Area} {nanp.Exchange} {nanp.Line}");
        return Chance(0.03) ? After(national, "call", "reach me at") : Chance(0.5) ? In(international) : Chance(0.5) ? In(american) : Chance(0.5) ? Alone(national, "phone", "mobile", "homePhone", "phone_number", "fax", "Tel") : After(national, "phone", "Tel.", "tel:", "mobile number", "fax:", "WhatsApp");
    }

    Sample NoPhone() => Chance(0.02)
        ? None($"phone order {Digits(8)}")
        : None(Pick($"+{Digits(2)} apples", $"+0 {Digits(3)} {Digits(3)} {Digits(4)}", $"+999 {Digits(7)}", $"20{Digits(2)}-{Digits(2)}-{Digits(2)}", $"Order {random.Next(10, 99)}{Digits(8)}", $"1{Digits(2)}-{Digits(3)}-{Digits(4)}", $"{random.Next(2, 9)}02-1{Digits(2)}-{Digits(4)}", $"(415) {Digits(2)}-{Digits(4)}",
            $"10.{random.Next(256)}.{random.Next(256)}.{random.Next(256)}", $"{Digits(3)}-{Digits(4)}", $"1,{Digits(3)},{Digits(3)}", $"+{Digits(6)}.{Digits(2)}", "+1.5", $"978-3-16-{Digits(6)}-0", $"{Digits(2)}-{Digits(2)}-2026", $"{Digits(3)}-{Digits(3)}-{Digits(5)}", $"{Digits(4)} {Digits(4)} {Digits(4)} {Digits(4)}",
            $"2026{Digits(10)}", $"phone 2026-{Digits(2)}-{Digits(2)}", $"fax 10.0.0.{random.Next(256)}", $"x+49151{Digits(8)}", $"+49151{Digits(14)}", $"{Digits(10)}", $"+{Digits(3)}", $"tel. {Digits(4)}", $"{Digits(3)}.{Digits(3)}.{Digits(4)}.{Digits(2)}", $"911-{Digits(3)}-{Digits(4)}", $"a415-555-{Digits(4)}"));

    string AnySsn() => $"{Pick(random.Next(1, 666), random.Next(667, 900)):000}-{random.Next(1, 100):00}-{random.Next(1, 10_000):0000}";

    Sample Ssn()
    {
        var ssn = AnySsn();
        var spaced = ssn.Replace('-', ' ');
        var bare = ssn.Replace("-", "");
        return Chance(0.02) ? In(spaced) : Chance(0.6) ? In(ssn) : Chance(0.4) ? Alone(Pick(bare, spaced, ssn), "ssn", "SSN", "customerSsn", "social_security_number") : After(Pick(bare, spaced, ssn.Replace('-', '\u2011')), "SSN", "ssn:", "social security number", "Social:");
    }

    Sample NoSsn()
    {
        var (area, group, serial) = (random.Next(1, 666), random.Next(1, 100), random.Next(1, 10_000));
        return None(Pick($"000-{group:00}-{serial:0000}", $"666-{group:00}-{serial:0000}", $"{random.Next(900, 1_000)}-{group:00}-{serial:0000}", $"{area:000}-00-{serial:0000}", $"{area:000}-{group:00}-0000", $"{Digits(2)}-{Digits(3)}-{Digits(4)}", $"{Digits(3)}-{Digits(3)}-{Digits(3)}", $"{AnySsn()}{Digits(1)}",
            $"{AnySsn()}-{Digits(2)}", $"{Digits(5)}-{Digits(4)}", Digits(9), AnySsn().Replace('-', ' '), $"1-{AnySsn()}", $"x{AnySsn()}", $"{Digits(3)}-{Digits(4)}", $"2026-{Digits(2)}-{Digits(2)}", $"{Digits(3)}-{Digits(2)}-{Digits(5)}", $"{AnySsn()}a", AnySsn().Replace('-', '.'), $"{Digits(3)}--{Digits(2)}--{Digits(4)}"));
    }

    /// <summary>The check digit by Verhoeff: products of the symmetries of a pentagon, composed as functions.</summary>
    static string Verhoeffed(string body, int off = 0)
    {
        // A symmetry is a rotation r or a reflection followed by it; 0-4 and 5-9.
        static int compose(int a, int b) => a < 5 ? b < 5 ? (a + b) % 5 : 5 + ((a + b - 5) % 5) : b < 5 ? 5 + ((a - 5 - b + 5) % 5) : (a - b + 5) % 5;
        static int permute(int digit, int times)
        {
            var cycle = new[] { 1, 5, 8, 9, 4, 2, 7, 0 };
            return digit is 3 or 6 ? times % 2 == 0 ? digit : 9 - digit : cycle[(Array.IndexOf(cycle, digit) + times) % 8];
        }

        var product = 0;
        for (var i = 0; i < body.Length; i++)
        {
            product = compose(product, permute(body[body.Length - 1 - i] - '0', (i + 1) % 8));
        }

        var check = Enumerable.Range(0, 10).Single(d => compose(d, product) == 0);
        return body + ((check + off) % 10);
    }

    string AnyAadhaar(int off = 0) => Verhoeffed($"{random.Next(2, 10)}{Digits(10)}", off);

    Sample Aadhaar()
    {
        var number = AnyAadhaar();
        var grouped = Grouped(number, Pick(" ", " ", "-", "\u00a0"), 4);
        return Chance(0.02) ? After(number, "his number is", "id") : Chance(0.6) ? In(grouped) : Chance(0.5) ? Alone(Pick(number, grouped), "aadhaar", "aadhaarNumber", "AADHAR_NO", "uid") : After(Pick(number, grouped), "Aadhaar", "aadhaar no.", "UIDAI:", "Aadhar card");
    }

    Sample NoAadhaar() => Chance(0.05) ? None(Grouped($"{Digits(12)}", " ", 4)) : None(Pick(Grouped(AnyAadhaar(random.Next(1, 10)), " ", 4), Grouped(AnyAadhaar(random.Next(1, 10)), "-", 4), $"aadhaar {AnyAadhaar(random.Next(1, 10))}", Grouped(Verhoeffed($"{random.Next(2)}{Digits(10)}"), " ", 4), AnyAadhaar(), Grouped(AnyAadhaar(), " ", 3, 4, 5),
        $"{Grouped(AnyAadhaar(), " ", 4)} {Digits(4)}", $"{Digits(4)} {Grouped(AnyAadhaar(), " ", 4)}", $"{Grouped(AnyAadhaar(), " ", 4)}{Digits(1)}", $"x{Grouped(AnyAadhaar(), " ", 4)}", Grouped(AnyAadhaar(), ".", 4), $"{Digits(4)} {Digits(4)}", Grouped(Verhoeffed($"3{Digits(9)}"), " ", 4), Digits(14), $"{Grouped(AnyAadhaar(), "-", 4)}-{Digits(2)}"));

    string AnyPan() => $"{Of(Upper, 3)}{Pick("P", "P", "C", "H", "F", "A", "T", "B", "L", "J", "G")}{Of(Upper, 1)}{random.Next(1, 10_000):0000}{Of(Upper, 1)}";

    Sample Pan()
    {
        var pan = AnyPan();
        return Chance(0.02) ? In(pan.ToLowerInvariant()) : Chance(0.6) ? In(pan) : Chance(0.5) ? Alone(Pick(pan, pan.ToLowerInvariant()), "pan", "PAN", "pan_number", "customerPan") : After(Pick(pan, pan.ToLowerInvariant()), "PAN", "pan no.", "PAN card:");
    }

    Sample NoPan()
    {
        var pan = AnyPan();
        return None(Pick($"{pan[..3]}{Pick("D", "I", "M", "N", "O", "Q", "R", "S", "U", "V", "W", "X", "Y", "Z")}{pan[4..]}", $"{pan[..5]}0000{pan[9..]}", pan.ToLowerInvariant(), pan + Of(Upper, 1), Of(Upper, 1) + pan, pan[..9], pan[1..], $"{pan[..4]}{Digits(5)}{pan[9..]}", $"{pan[..5]}{pan[5..8]}{Of(Upper, 2)}", $"_{pan}",
            $"{pan}_{Word()}", $"{pan[..5]} {pan[5..]}", $"{pan[..5]}-{pan[5..9]}-{pan[9..]}", pan[..1] + pan[1..].ToLowerInvariant(), Of(Upper + "0123456789", 10) + "#", Digits(10), Of(Upper, 10)));
    }
}
