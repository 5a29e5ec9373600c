using System.Text;
using System.Text.Json.Nodes;
using Anumate.Proofs;

namespace Anumate.Engines.Tests.Proofs;

public sealed class DsseTests
{
    const string Type = "application/vnd.example+json";

    static readonly Ed25519Key Key = Ed25519Key.Import(new byte[32]);
    static readonly Ed25519Key Other = Ed25519Key.Import([.. new byte[31], 1]);
    static readonly KeyRing Ring = KeyRing.Of("log.example", Key.Public);

    static DsseEnvelope Envelope() => DsseEnvelope.Sign(Type, "{\"a\":1}"u8.ToArray(), Key);

    static string Outcome(Action<JsonObject> change, KeyRing? ring = null)
    {
        var json = Envelope().ToJson();
        change(json);
        return DsseEnvelope.TryParse(Encoding.UTF8.GetBytes(json.ToJsonString()), out var envelope, out _)
            ? envelope.Verify(Type, ring ?? Ring).State.ToString()
            : "Form";
    }

    [Fact]
    public void Encodes_as_the_specification_shows() =>
        Assert.Equal("DSSEv1 29 http://example.com/HelloWorld 11 hello world"u8.ToArray(),
            DsseEnvelope.PreAuthenticationEncoding("http://example.com/HelloWorld", "hello world"u8));

    [Fact]
    public void A_signed_envelope_round_trips_and_verifies()
    {
        Assert.True(DsseEnvelope.TryParse(CanonicalJson.Write(Envelope().ToJson()), out var envelope, out var fault), fault);
        var verification = envelope.Verify(Type, Ring);
        Assert.True(verification.Ok);
        Assert.Equal("log.example", verification.Key.Name);
        Assert.Equal("{\"a\":1}"u8.ToArray(), envelope.Payload);
    }

    [Fact]
    public void R1_Refuses_any_flipped_bit_of_payload_type_signature_or_keyid()
    {
        var bytes = CanonicalJson.Write(Envelope().ToJson());
        for (var i = 0; i < bytes.Length * 8; i++)
        {
            var changed = bytes.ToArray();
            changed[i / 8] ^= (byte)(1 << (i % 8));
            Assert.False(DsseEnvelope.TryParse(changed, out var envelope, out _) && envelope.Verify(Type, Ring).Ok, $"bit {i}");
        }
    }

    [Fact]
    public void The_key_id_is_never_trusted()
    {
        var signature = (JsonObject e) => (JsonObject)e["signatures"]![0]!;
        Assert.Equal("Signature", Outcome(e => signature(e)["keyid"] = Other.Kid));
        Assert.Equal("UnknownKey", Outcome(_ => { }, KeyRing.Of("x", Other.Public)));
        Assert.Equal("UnknownKey", Outcome(_ => { }, KeyRing.Empty));
        Assert.Equal("Signature", Outcome(e => signature(e)["sig"] = Convert.ToBase64String(Other.Sign("x"u8))));
    }

    [Fact]
    public void Binds_the_payload_to_its_type()
    {
        Assert.Equal(DsseState.Type, Envelope().Verify("application/other", Ring).State);
        Assert.Equal("Type", Outcome(e => e["payloadType"] = "application/other"));
        Assert.Equal(DsseState.Signature, (Envelope() with { PayloadType = "application/other" }).Verify("application/other", Ring).State);
    }

    [Fact]
    public void Refuses_any_other_form()
    {
        var signature = (JsonObject e) => (JsonObject)e["signatures"]![0]!;
        Assert.Equal("Form", Outcome(e => e["extra"] = 1));
        Assert.Equal("Form", Outcome(e => signature(e)["extra"] = 1));
        Assert.Equal("Form", Outcome(e => e["signatures"] = new JsonArray()));
        Assert.Equal("Form", Outcome(e => e["signatures"]!.AsArray().Add(signature(e).DeepClone())));
        Assert.Equal("Form", Outcome(e =>
            e["signatures"] = new JsonArray([.. Enumerable.Range(0, 17)
                .Select(i => new JsonObject { ["keyid"] = $"k{i}", ["sig"] = "AAAA" })])));
        Assert.Equal("Form", Outcome(e => e["payload"] = "eyJhIjoxfR=="));
        Assert.Equal("Form", Outcome(e => e["payload"] = "eyJhIjoxfQ"));
        Assert.Equal("Form", Outcome(e => e["payload"] = "eyJhIjox\nfQ=="));
        Assert.Equal("Form", Outcome(e => e["payload"] = 1));
        Assert.Equal("Form", Outcome(e => e.Remove("payload")));
        Assert.Equal("Form", Outcome(e => signature(e)["sig"] = null));
    }
}
