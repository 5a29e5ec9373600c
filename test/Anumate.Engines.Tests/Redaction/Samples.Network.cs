using System.Net;
using System.Text;

namespace Anumate.Engines.Tests.Redaction;

/// <summary>Mail and network addresses, tokens, keys.</summary>
public sealed partial class Samples
{
    Sample Email()
    {
        if (Chance(0.02))
        {
            return In(Pick($"\"{Word()} {Word()}\"@{Word()}.org", $"{Word()}@[192.0.2.{random.Next(256)}]"));
        }

        var local = Pick(Word(), $"{Word()}.{Word()}", $"{Word()}.{Word()}{random.Next(100)}", $"{Word()}+{Word()}", $"{Word()}-{Word()}", $"{Word()}_{Word()}", $"o'{Word()}", "ann", $"{Digits(6)}",
            $"jörg.{Word()}", Word().ToUpperInvariant(), "x");
        var domain = Pick($"{Word()}.com", $"mail.{Word()}.co.uk", $"{Word()}-{Word()}.example.org", "163.com", $"{Word()}.io", $"a.b.c.{Word()}.net", "xn--bcher-kva.example", $"bücher-{Word()}.de",
            $"{Word()}.museum", $"{Word()}.xn--p1ai", $"{Word()}.Com");
        var value = $"{local}@{domain}";
        return Chance(0.5) ? In(value) : new("note", Pick($"write to {value} today", $"<{value}>", $"mailto:{value}", $"Ann <{value}>; Bob", $"?email={value}&x=1", $"{value}:", $"a,{value},b", $"{value}; {value}"), value);
    }

    Sample NoEmail() => Chance(0.03)
        ? None(Pick($"{Word()}@{Word()}.{Word()}", $"svc-{Word()}@prod.cluster"))
        : None(Pick($"{Word()}@localhost", $"@{Word()}", $"{Word()}@{Word()}", $"{Word()}@{Word()}.c", $"{Word()}@.com", $"{Word()}@-{Word()}.com", $"{Word()}@{Word()}..com", $"{Word()}@{random.Next(20)}.{random.Next(20)}.{random.Next(20)}",
            $"{Word()}@{random.Next(20)}.0.0-rc.1", $"{Word()} @ {Word()}.com", $"{Word()} at {Word()} dot com", $"{Word()}@{Word()},com", $"@{Word()}.{Word()}", $"@media screen and (x)", $"{Digits(2)}@{Digits(2)}.{Digits(2)}",
            $"{Word()}@{Word()}.1{Word()}", $"{Of(Lower, 70, 90)}@{Word()}.com", $"{Word()}@{Word()}_{Word()}.com", $"{Word()}@256.1.1.1", $"{Word()}@@{Word()}", $"Object@{Of(Hex, 8)}", $"@{Word()}/{Word()}@1.2.3", "a@", "@"));

    Sample IPv4()
    {
        var value = string.Join('.', Enumerable.Range(0, 4).Select(_ => Pick(random.Next(256), random.Next(10), random.Next(100))));
        return Chance(0.01) ? new("note", $"the version control server is {value}", value)
            : Chance(0.6) ? In(value, Pick("note", "client_ip", "host"))
            : new("note", Pick($"from {value}:443 to", $"{value}/24", $"http://{value}/index.html", $"ip={value}&x", $"\"GET /\" {value} - -", $"{value}-{value}", $"10.0.0.1,{value}", $"addr:{value}.", $"[{value}]:80", $"user@{value} x"), value);
    }

    Sample NoIPv4()
    {
        int n() => random.Next(256);
        var dotted = $"{n()}.{n()}.{n()}.{n()}";
        return Chance(0.03) ? None($"see {random.Next(1, 9)}.{random.Next(1, 9)}.{random.Next(1, 9)}.{random.Next(1, 9)} of the manual") : None(Pick($"{n()}.{n()}.{n()}", $"{dotted}.{n()}", $"{random.Next(256, 999)}.{n()}.{n()}.{n()}",
            $"{n()}.{n()}.{n()}.{random.Next(256, 999)}", $"0{random.Next(1, 99)}.{n()}.{n()}.{n()}", $"{n()}.{n()}.{n()}.0{random.Next(1, 9)}", $"v{dotted}", $"version {dotted}", $"Release {dotted}", $"app-{dotted}.jar", $"{dotted}-beta", $"{dotted}a",
            $"{Word()}.{dotted}", $"{n()}..{n()}.{n()}.{n()}", $"{n()}, {n()}, {n()}, {n()}", $"section {dotted}", $"1.3.6.1.4.1.{n()}", $"{n()}.{n()}.{n()}.{Digits(5)}", $"12.06.2026", $"{dotted}.{Word()}", $"{n()}-{n()}-{n()}-{n()}"));
    }

    Sample IPv6()
    {
        var bytes = new byte[16];
        random.NextBytes(bytes);
        ushort first = Pick<ushort>(0x2001, 0x2a00, 0x2600, 0x2c0f, 0x3fff, 0xfe80, 0xfd12, 0xff02, (ushort)random.Next(0x2000, 0x4000));
        (bytes[0], bytes[1]) = ((byte)(first >> 8), (byte)first);
        // The more zeros, the shorter it is written.
        for (var (i, zeros) = (2, random.Next(14)); zeros > 0 && i < 16; zeros--, i++)
        {
            bytes[i] = 0;
        }

        var address = Chance(0.05) ? IPAddress.IPv6Loopback : Chance(0.08) ? new IPAddress([.. new byte[10], 0xff, 0xff, 192, 0, 2, bytes[15]]) : Chance(0.05) ? IPAddress.Parse($"64:ff9b::{bytes[14]}.{bytes[13]}.{bytes[12]}.{bytes[11]}") : new IPAddress(bytes);
        var value = address.ToString();
        value = Chance(0.1) && address.ScopeId == 0 && !value.Contains('.') ? string.Join(':', Enumerable.Range(0, 8).Select(i => address.GetAddressBytes()[2 * i].ToString("x2") + address.GetAddressBytes()[(2 * i) + 1].ToString("x2"))) : value;
        value = first == 0xfe80 && value.StartsWith("fe80", StringComparison.Ordinal) && Chance(0.5) ? value + "%eth0" : value;
        value = Chance(0.2) && !value.Contains('%') ? value.ToUpperInvariant() : value;
        return Chance(0.6) ? In(value) : new("note", Pick($"[{value}]:443", $"http://[{value}]/", $"from {value} to", $"{value}/64", $"addr={value},", $"listen on {value}: yes"), value);
    }

    Sample NoIPv6()
    {
        string g() => Of(Hex, 1, 4);
        string many(int n) => string.Join(':', Enumerable.Range(0, n).Select(_ => g()));
        return Chance(0.01) ? None($"rows[{random.Next(2000, 2999)}::{random.Next(20)}]") : None(Pick(string.Join(':', Enumerable.Range(0, 6).Select(_ => Of(Hex, 2))), $"{Digits(2)}:{Digits(2)}:{Digits(2)}", $"std::{Word()}", $"{Word()}::{Word()}::{Word()}", "a::b", "abc::def",
            $"{random.Next(1, 99)}::{random.Next(1, 99)}", $"2001:{many(6)}", $"2001:{many(8)}", $"2001::{many(2)}::1", $"2001:{g()}{Of(Hex, 4)}::1", "::", ":::1", $"2026-11-25T{Digits(2)}:{Digits(2)}:{Digits(2)}Z", $"::{random.Next(2, 99)}", $"fe80:::{g()}", $"2001:g::1",
            $"{many(3)}", $"C:\\{Word()}:2", $"{Word()}: {many(2)}", $"::ffff:1.2.3.{random.Next(256, 999)}", $"sha256:{Of(Hex, 64)}", $"12:{Digits(2)}", $"face::cafe:babe", $"x2001:db8::{g()}z", $"key:{g()}:{g()}"));
    }

    static string Encoded(string text) => Encoded(Encoding.UTF8.GetBytes(text));

    static string Encoded(byte[] bytes) => Convert.ToBase64String(bytes).TrimEnd('=').Replace('+', '-').Replace('/', '_');

    string Part(int least, int most)
    {
        var bytes = new byte[random.Next(least, most)];
        random.NextBytes(bytes);
        return Encoded(bytes);
    }

    string Header() => Encoded(Pick("{\"alg\":\"HS256\",\"typ\":\"JWT\"}", "{\"typ\":\"JWT\",\"alg\":\"RS256\",\"kid\":\"" + Word() + "\"}", "{\"alg\":\"EdDSA\"}", "{\"kid\":\"1\",\"alg\":\"ES256\"}", "{\"typ\":\"at+jwt\",\"alg\":\"PS512\",\"x5t\":\"" + Word() + "\"}"));

    Sample Jwt()
    {
        var claims = Encoded($"{{\"sub\":\"{Word()}\",\"iat\":{random.Next()},\"x\":\"{Of(Base62, 0, Chance(0.1) ? 3_000 : 60)}\"}}");
        var value = Chance(0.05) ? $"{Header()}.{claims}." : Chance(0.1) ? $"{Encoded("{\"alg\":\"RSA-OAEP\",\"enc\":\"A256GCM\"}")}.{Part(40, 60)}.{Part(12, 13)}.{Part(30, 200)}.{Part(16, 17)}" : $"{Header()}.{claims}.{Part(32, 65)}";
        return value.EndsWith('.') ? new("note", value + " ", value) : Chance(0.5) ? In(value, Pick("note", "token")) : new("note", Pick($"Authorization: Bearer {value}", $"token={value}&x=1", $"cookie: s={value}; path=/", $"{{\"t\":\"{value}\"}}"), value);
    }

    Sample NoJwt() => None(Pick($"{Header()}.{Part(30, 60)}", $"{Encoded("{\"typ\":\"JWT\"}")}.{Part(30, 60)}.{Part(32, 33)}", $"eyJ{Of(Base62, 20)}.{Part(30, 60)}.{Part(32, 33)}", $"{Part(20, 30)}.{Part(30, 60)}.{Part(32, 33)}", Header(), $"{Header()}..",
        $"{Header()} {Part(30, 60)} {Part(32, 33)}", $"x{Header()}.{Part(30, 60)}.{Part(32, 33)}", $"{Header()}.{Part(30, 60)}={Part(32, 33)}", $"{Encoded("{\"a\":1}")}.{Part(30, 60)}.{Part(32, 33)}", $"eyJ.eyJ.{Part(32, 33)}", "eyJ", $"{Word()}.{Word()}.{Word()}",
        $"{Header()}.!{Part(30, 60)}.{Part(32, 33)}", $"{Encoded("[\"alg\"]")}.{Part(30, 60)}.{Part(32, 33)}", $"{Header()[..^2]}.{Part(30, 60)}.{Part(32, 33)}"));

    Sample ApiKey()
    {
        if (Chance(0.02))
        {
            return After($"hunter{random.Next(10)}{Word()}", "password:", "pwd");
        }

        if (Chance(0.25))
        {
            var chosen = Pick(Of(Hex, 32), Of(Hex, 40), Of(Base62, 24, 48), Of(Base62, 40) + "==", Of(Base62 + "+/", 40));
            return Chance(0.5) ? Alone(chosen, "api_key", "apiKey", "X-Api-Key", "client_secret", "password", "accessToken", "secret", "signing_key") : After(chosen, "api key:", "secret is", "token =", "password", "Authorization: Bearer", "access_key:");
        }

        return Chance(0.7) ? In(Issued()) : Pick<Func<string, Sample>>(v => new("note", $"KEY={v}", v), v => new("note", $"export A='{v}'", v), v => new("note", $"https://x.example/?key={v}&a=b", v), v => new("note", $"{{\"k\":\"{v}\"}}", v))(Issued());
    }

    string Issued() => Pick("AKIA" + Of(Upper + "234567", 16), "ASIA" + Of(Upper + "234567", 16), "AIza" + Of(Base64Url, 34) + "x", "ghp_" + Of(Base62, 36), "gho_" + Of(Base62, 36), "ghs_" + Of(Base62, 36), "github_pat_" + Of(Base62, 22) + "_" + Of(Base62, 59),
        "glpat-" + Of(Base64Url, 19) + "7", $"xoxb-{Digits(12)}-{Digits(12)}-{Of(Base62, 24)}", $"xoxp-{Digits(12)}-{Of(Hex, 32)}", "sk_live_" + Of(Base62, 24), "rk_live_" + Of(Base62, 24), "sk_test_" + Of(Base62, 24), "whsec_" + Of(Base62, 32), "sk-proj-" + Of(Base62, 48),
        "sk-ant-api03-" + Of(Base62, 60), "sk-" + Of(Base62, 48), "npm_" + Of(Base62, 36), "hf_" + Of(Base62, 34), $"SG.{Of(Base62, 22)}.{Of(Base62, 43)}", "dop_v1_" + Of(Hex, 64), "shpat_" + Of(Hex, 32), "ank_" + Of(Base62, 43), "dckr_pat_" + Of(Base62, 27), "hvs." + Of(Base62, 90));

    Sample NoApiKey() => Chance(0.02)
        ? None($"token commit {Of(Hex, 40)}")
        : None(Pick($"sk_live_{new string('x', 24)}", $"ghp_{Word()}", $"AKIA{Of(Lower, 16)}", $"AKIA{Of(Upper, 8)}", new Guid(Enumerable.Range(0, 16).Select(_ => (byte)random.Next(256)).ToArray()).ToString(), $"commit {Of(Hex, 40)}", Of(Hex, 64), $"task_live_{Of(Base62, 24)}",
            $"the {Word()}-{Word()}-{Word()}-{Word()}-{Word()}", $"token: {Word()}-{Word()}-{Word()}-{Word()}-{Word()}", $"password must not be {Word()}", $"secret santa {Word()} {Digits(4)}", $"AIza{Of(Base62, 20)}", $"SG.{Word()}.{Word()}", $"npm_{Word()}_{Word()}", $"sk-{Word()}-{Word()}",
            $"https://{Word()}.example/{Word()}/{Word()}/{Digits(3)}/{Word()}", $"hf_{Of(Base62, 12)}", $"tokens/{Word()}/{Word()}/{Word()}", $"password: {new string('*', 24)}", $"secret:{Of(Lower, 30)}", $"token {Digits(24)}", $"xoxb-{Word()}", $"key {Of(Base62, 30)}", $"api key: {new string('a', 30)}"));
}
