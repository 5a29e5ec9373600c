using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Anumate.Proofs;
using Anumate.Schemas;

namespace Anumate.Engines.Tests.Proofs;

/// <summary>The attacks on receipts (R numbers) that offline verification must refuse.</summary>
public sealed class ReceiptTests
{
    static readonly Ed25519Key Stranger = ReceiptSample.KeyNamed("stranger");

    static ReceiptVerification Verify(ReceiptBundle bundle, KeyRing? trusted = null) =>
        ReceiptBundle.Verify(bundle.ToBytes(), trusted ?? ReceiptSample.Trusted);

    static void IsTampered(string check, ReceiptBundle bundle, KeyRing? trusted = null) => IsTampered(check, Verify(bundle, trusted));

    static void IsTampered(string check, ReceiptVerification verification)
    {
        Assert.Equal((ReceiptVerdict.Tampered, 10), (verification.Verdict, verification.ExitCode));
        Assert.Contains(check, verification.Checks.Where(c => c.Outcome == CheckOutcome.Failed).Select(c => c.Name));
    }

    static void IsIncomplete(string check, ReceiptVerification verification)
    {
        Assert.Equal((ReceiptVerdict.Incomplete, 11), (verification.Verdict, verification.ExitCode));
        Assert.Contains(check, verification.Checks.Where(c => c.Outcome == CheckOutcome.Missing).Select(c => c.Name));
    }

    static ReceiptBundle With(Func<ReceiptBundle, ReceiptLog, ReceiptLog> change, ReceiptBundle? of = null)
    {
        var bundle = of ?? new ReceiptSample().Bundle();
        return bundle with { Logs = [change(bundle, bundle.Logs[0]), .. bundle.Logs.Skip(1)] };
    }

    [Fact]
    public void A_whole_receipt_under_a_trusted_key_is_ok()
    {
        var verification = Verify(new ReceiptSample().Bundle());
        Assert.Equal((ReceiptVerdict.Ok, 0), (verification.Verdict, verification.ExitCode));
        Assert.Equal(["form", "checkpoint", "anchor", "origin", "leaves", "checkpoint", "origin", "leaves", "close", "complete", "salt"],
            verification.Checks.Select(c => c.Name));
        Assert.All(verification.Checks, c => Assert.Equal(CheckOutcome.Passed, c.Outcome));
        Assert.Equal(6, verification.Leaves);
        Assert.Equal("completed", verification.Close!.Status);
        Assert.Equal(ReceiptSample.Time.AddSeconds(2), verification.SealedAt);
        Assert.Empty(verification.OpenCalls);
        Assert.Equal("ok", verification.ToJson()["verdict"]!.GetValue<string>());
    }

    [Fact]
    public void Its_form_is_the_published_schema()
    {
        var at = new DirectoryInfo(AppContext.BaseDirectory);
        while (at is not null && !Directory.Exists(Path.Combine(at.FullName, "schemas")))
        {
            at = at.Parent;
        }

        var file = Path.Combine(at!.FullName, "schemas", "receipt.v1.schema.json");
        var schema = Schema.Compile(JsonElement.Parse(File.ReadAllText(file))).Schema!;
        var bundle = new ReceiptSample().Bundle();
        Assert.Empty(schema.Validate(JsonElement.Parse(bundle.ToJson().ToJsonString())));
        Assert.Empty(schema.Validate(JsonElement.Parse((bundle with { Close = null, Salt = null }).ToJson().ToJsonString())));
        Assert.NotEmpty(schema.Validate(JsonElement.Parse(bundle.ToJson().ToJsonString()
            .Replace("\"format\":1", "\"format\":2", StringComparison.Ordinal))));
    }

    [Fact]
    public void R1_R2_A_flipped_bit_anywhere_in_the_file_is_found()
    {
        var bytes = new ReceiptSample().Bundle().ToBytes();
        Assert.True(bytes.Length > 5000);

        // Every 31st byte, in a long run every third (so every position within a group of base64), another bit each time: signed and hashed
        // parts are covered in full by the tests of their verifiers.
        for (var i = 0; i < bytes.Length; i += Runs.Step(3, 31))
        {
            var changed = bytes.ToArray();
            changed[i] ^= (byte)(1 << (i % 8));
            var verification = ReceiptBundle.Verify(changed, ReceiptSample.Trusted);
            Assert.True(verification.Verdict == ReceiptVerdict.Tampered, $"byte {i}: {verification.Verdict}");
        }
    }

    [Fact]
    public void R1_A_changed_number_name_or_key_is_found_though_the_form_holds()
    {
        var json = new ReceiptSample().Bundle().ToJson().ToJsonString();
        ReceiptVerification Changed(string part, string instead)
        {
            Assert.Contains(part, json, StringComparison.Ordinal);
            return ReceiptBundle.Verify(Encoding.UTF8.GetBytes(json.Replace(part, instead, StringComparison.Ordinal)),
                ReceiptSample.Trusted);
        }

        IsTampered("leaf", Changed("\"index\":1", "\"index\":0"));
        IsTampered("leaf", Changed(ReceiptSample.Run.ToString(), ReceiptSample.OtherRun.ToString()));
        IsTampered("origin", Changed(ReceiptSample.Tenant.ToString() + "\"", new Id<Tenant>(ReceiptSample.Uuid(9)) + "\""));
        IsTampered("form", Changed("\"format\":1", "\"format\":1,\"note\":\"x\""));
        IsTampered("form", Changed("\"format\":1", "\"format\":1,\"format\":1"));
        IsTampered("form", Changed("\"format\":1", "\"format\":2"));
        IsTampered("form", Changed(ReceiptSample.Key.Kid, Stranger.Kid));
        IsTampered("salt", Changed(Convert.ToBase64String(ReceiptSample.Salt), Convert.ToBase64String(new byte[32])));
    }

    [Fact]
    public void R2_An_edited_leaf_with_its_old_proof_is_refused() =>
        IsTampered("leaf", With((_, log) => log with
        {
            Leaves = [log.Leaves[0] with { Leaf = Edited(log.Leaves[0].Leaf) }, .. log.Leaves.Skip(1)],
        }));

    static byte[] Edited(byte[] leaf) =>
        Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(leaf).Replace("run.started", "run.stopped", StringComparison.Ordinal));

    [Fact]
    public void R3_R4_Missing_leaves_are_counted()
    {
        IsIncomplete("complete", Verify(With((_, log) => log with { Leaves = [.. log.Leaves.SkipLast(1)] })));
        IsIncomplete("complete", Verify(With((_, log) => log with { Leaves = [log.Leaves[0], log.Leaves[2]] })));
        var bundle = new ReceiptSample().Bundle();
        IsIncomplete("complete", Verify(bundle with { Logs = [bundle.Logs[0]] }));
        IsIncomplete("complete", Verify(bundle with { Logs = [bundle.Logs[1]] }));
        IsIncomplete("leaves", Verify(bundle with { Logs = [] }));
    }

    [Fact]
    public void R5_Reordered_renumbered_or_repeated_leaves_and_logs_are_refused()
    {
        IsTampered("leaf", With((_, log) => log with { Leaves = [log.Leaves[1], log.Leaves[0], log.Leaves[2]] }));
        IsTampered("leaf", With((_, log) => log with { Leaves = [log.Leaves[0], log.Leaves[0], log.Leaves[2]] }));
        IsTampered("leaf", With((_, log) => log with { Leaves = [log.Leaves[0] with { Index = 0 }, .. log.Leaves.Skip(1)] }));
        var bundle = new ReceiptSample().Bundle();
        IsTampered("origin", bundle with { Logs = [bundle.Logs[1], bundle.Logs[0]] });
        IsTampered("origin", bundle with { Logs = [bundle.Logs[0], bundle.Logs[0]] });
    }

    [Fact]
    public void R6_R14_A_log_rebuilt_with_another_key_is_not_vouched_for()
    {
        var sample = new ReceiptSample();
        var bundle = sample.Bundle();
        var rebuilt = bundle with
        {
            Logs = [.. bundle.Logs.Select((l, i) => l with { Checkpoint = sample.CheckpointOf(i).Sign(Stranger).ToString() })],
            Close = sample.CloseOf().Sign(Stranger),
            Keys = [Stranger.Public],
        };
        IsIncomplete("anchor", Verify(rebuilt));
        IsIncomplete("anchor", Verify(bundle, KeyRing.Empty));
        IsIncomplete("anchor", ReceiptBundle.Verify(bundle.ToBytes(), trusted: null));

        // Its own keys alone do not make it believable when the signatures are not theirs either.
        IsTampered("checkpoint", rebuilt with { Keys = [ReceiptSample.Key.Public] });
        IsTampered("keys", bundle with { Keys = [ReceiptSample.Key.Public, Stranger.Public] });
        IsTampered("keys", bundle with { Keys = [] });
    }

    [Fact]
    public void R11_Proofs_with_extra_missing_or_other_nodes_are_refused()
    {
        static ReceiptLog First(ReceiptLog log, Func<ProvenLeaf, ProvenLeaf> change) =>
            log with { Leaves = [change(log.Leaves[0]), .. log.Leaves.Skip(1)] };
        IsTampered("leaf", With((_, log) => First(log, leaf => leaf with { Proof = [.. leaf.Proof, ReceiptSample.PlanHash] })));
        IsTampered("leaf", With((_, log) => First(log, leaf => leaf with { Proof = [.. leaf.Proof.Skip(1)] })));
        IsTampered("leaf", With((_, log) => log with { Leaves = [log.Leaves[0] with { Index = 1000 }, .. log.Leaves.Skip(1)] }));
        var json = new ReceiptSample().Bundle().ToJson();
        json["logs"]![0]!["leaves"]![0]!["proof"]![0] = Convert.ToBase64String(new byte[31]);
        IsTampered("form", ReceiptBundle.Verify(Encoding.UTF8.GetBytes(json.ToJsonString()), ReceiptSample.Trusted));
        var hash = Convert.ToBase64String(new byte[32]);
        json["logs"]![0]!["leaves"]![0]!["proof"] = new JsonArray([.. Enumerable.Repeat(hash, 64).Select(h => JsonValue.Create(h))]);
        IsTampered("form", ReceiptBundle.Verify(Encoding.UTF8.GetBytes(json.ToJsonString()), ReceiptSample.Trusted));
    }

    [Fact]
    public void R13_Leaves_or_logs_of_another_tenant_or_run_are_refused()
    {
        var sample = new ReceiptSample();
        IsTampered("leaf", With((_, log) => log with { Leaves = [sample.Proven(0, 0), .. log.Leaves] }, sample.Bundle()));
        var foreign = new Checkpoint(Checkpoint.OriginOf(ReceiptSample.Operator, new Id<Tenant>(ReceiptSample.Uuid(9)), 0),
            sample.CheckpointOf(0).Size, sample.CheckpointOf(0).Root, ReceiptSample.Time);
        IsTampered("origin", With((_, log) => log with { Checkpoint = foreign.Sign(ReceiptSample.Key).ToString() }));
        var bundle = sample.Bundle();
        var other = new Id<Tenant>(ReceiptSample.Uuid(9));
        IsTampered("close", bundle with { Close = (sample.CloseOf() with { Run = ReceiptSample.OtherRun }).Sign(ReceiptSample.Key) });
        IsTampered("close", bundle with { Close = (sample.CloseOf() with { Tenant = other }).Sign(ReceiptSample.Key) });
    }

    [Fact]
    public void R14_A_key_trusted_for_another_operator_does_not_vouch()
    {
        var bundle = new ReceiptSample().Bundle();
        Assert.Equal(ReceiptVerdict.Tampered, Verify(bundle, KeyRing.Of("other.example", ReceiptSample.Key.Public)).Verdict);

        // Trusted for the first log only: the second is not anchored, though the key is the same.
        var first = Checkpoint.OriginOf(ReceiptSample.Operator, ReceiptSample.Tenant, 0);
        var open = Verify(bundle with { Close = null, Salt = null }, KeyRing.Of(first, ReceiptSample.Key.Public));
        IsIncomplete("anchor", open);
        Assert.Contains(open.Checks, c => c is { Name: "anchor", Outcome: CheckOutcome.Passed });
    }

    [Fact]
    public void R17_R18_A_key_outside_of_its_window_is_refused()
    {
        var bundle = new ReceiptSample().Bundle();
        KeyRing Window(double from, double until) => new([new TrustedKey(ReceiptSample.Key.Public, ReceiptSample.Operator)
            { From = ReceiptSample.Time.AddSeconds(from), Until = ReceiptSample.Time.AddSeconds(until) }]);
        Assert.Equal(ReceiptVerdict.Ok, Verify(bundle, Window(1, 3.5)).Verdict);
        IsTampered("checkpoint", bundle, Window(2, 4));
        IsTampered("checkpoint", bundle, Window(-10, 0));
        IsTampered("close", bundle, Window(0, 3));
    }

    [Fact]
    public void R19_A_leaf_that_is_not_canonical_is_refused_though_it_is_in_the_log()
    {
        foreach (var (text, part) in new[]
        {
            ($$"""{"id":"rcp_x","run":"{{ReceiptSample.Run}}","tenant":"{{ReceiptSample.Tenant}}", "type":"x"}""", "not canonical"),
            ($$"""{"id":"rcp_x","id":"rcp_x","run":"{{ReceiptSample.Run}}","tenant":"{{ReceiptSample.Tenant}}","type":"x"}""", "twice"),
            ($$"""{"id":"rcp_x","n":1.0,"run":"{{ReceiptSample.Run}}","tenant":"{{ReceiptSample.Tenant}}","type":"x"}""", "not canonical"),
            ($$"""{"id":"\ud800","run":"{{ReceiptSample.Run}}","tenant":"{{ReceiptSample.Tenant}}","type":"x"}""", "surrogate"),
            ($$"""{"id":7,"run":"{{ReceiptSample.Run}}","tenant":"{{ReceiptSample.Tenant}}","type":"x"}""", "no id"),
            ($$"""["{{ReceiptSample.Run}}"]""", "no id"),
        })
        {
            var sample = new ReceiptSample();
            sample.PlaceBytes(0, Encoding.UTF8.GetBytes(text));
            var verification = Verify(sample.Bundle());
            IsTampered("leaf", verification);
            Assert.Contains(verification.Checks, c => c.Name == "leaf" && c.Detail.Contains(part, StringComparison.Ordinal));
        }
    }

    [Fact]
    public void R20_A_leaf_over_the_size_limit_is_refused()
    {
        var sample = new ReceiptSample();
        var facts = new JsonObject { ["text"] = new string('x', ReceiptBundle.MaxLeafBytes) };
        sample.Place(0, ReceiptSample.Audit(50, "x") with { Facts = facts });
        IsTampered("leaf", sample.Bundle());
    }

    [Fact]
    public void R21_An_intent_without_an_outcome_is_reported_as_open()
    {
        var verification = Verify(new ReceiptSample("outcome").Bundle());
        Assert.Equal(["refund/1"], verification.OpenCalls);
        Assert.Contains(verification.Checks, c => c is { Name: "outcomes", Outcome: CheckOutcome.Noted });
        Assert.Equal(ReceiptVerdict.Ok, verification.Verdict);
    }

    [Fact]
    public void R32_Texts_of_a_receipt_cannot_steer_a_terminal()
    {
        var sample = new ReceiptSample();
        sample.Place(1, ReceiptSample.Call(60, RunLeaf.Intent, "a\u001b[2J\nok       sound"));
        var verification = Verify(sample.Bundle());
        Assert.Contains(verification.Checks, c => c.Name == "outcomes");
        Assert.All(verification.Checks, c => Assert.DoesNotContain(c.Detail, char.IsControl));
    }

    [Fact]
    public void R22_The_same_leaf_id_twice_is_refused()
    {
        var sample = new ReceiptSample();
        sample.Place(1, ReceiptSample.Call(5, RunLeaf.Outcome, "refund/1"));
        IsTampered("leaf", sample.Bundle());
    }

    [Fact]
    public void R28_Commitments_can_be_tested_only_with_the_salt()
    {
        var verification = Verify(new ReceiptSample().Bundle());
        var leaf = Encoding.UTF8.GetString(verification.Bundle!.Logs[0].Leaves[1].Leaf);
        Assert.Contains(SaltedDigest.Of(verification.Bundle.Salt, "{\"amount\":40}"u8).ToString(), leaf, StringComparison.Ordinal);
        Assert.DoesNotContain(Convert.ToHexStringLower(Digest.Of("{\"amount\":40}"u8).Span), leaf, StringComparison.Ordinal);

        // Erased: the salt is gone, every proof still holds.
        Assert.Equal(ReceiptVerdict.Ok, Verify(new ReceiptSample().Bundle() with { Salt = null }).Verdict);
    }

    [Fact]
    public void A_close_that_was_never_signed_so_is_refused()
    {
        var sample = new ReceiptSample();
        var bundle = sample.Bundle();
        var close = sample.CloseOf();
        var signed = bundle.Close!;
        ReceiptBundle Closed(RunClose other) => bundle with { Close = other.Sign(ReceiptSample.Key) };
        ReceiptBundle Holding(string type, byte[] payload) => bundle with { Close = DsseEnvelope.Sign(type, payload, ReceiptSample.Key) };

        IsTampered("complete", Closed(close with { Leaves = 5 }));
        IsTampered("complete", Closed(close with { LastLeaf = ReceiptSample.PlanHash }));
        IsTampered("salt", Closed(close with { SaltHash = null }));
        IsTampered("close", Closed(close with { Status = "completed\u001b[2J" }));
        IsTampered("close", bundle with { Close = signed with { Payload = (close with { Status = "failed" }).ToBytes() } });
        IsTampered("close", Holding("application/json", close.ToBytes()));
        IsTampered("close", Holding(RunClose.PayloadType, "{}"u8.ToArray()));
        IsTampered("close", Holding(RunClose.PayloadType, [.. close.ToBytes(), (byte)' ']));
        IsTampered("close", bundle with
        {
            Close = signed with
            {
                Signatures = [.. signed.Signatures,
            .. close.Sign(Stranger).Signatures]
            }
        });
    }

    [Fact]
    public void A_run_that_goes_on_has_an_incomplete_receipt()
    {
        IsIncomplete("close", Verify(new ReceiptSample().Bundle() with { Close = null, Salt = null }));
        IsTampered("salt", new ReceiptSample().Bundle() with { Close = null });
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("null")]
    [InlineData("\"receipt\"")]
    public void Anything_else_is_not_a_receipt(string text) =>
        IsTampered("form", ReceiptBundle.Verify(Encoding.UTF8.GetBytes(text), ReceiptSample.Trusted));
}
