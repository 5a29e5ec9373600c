using System.Text;

namespace Anumate.Proofs;

/// <summary>One verification of a bundle. The checks go on after a failure, so that the report is whole.</summary>
sealed class ReceiptVerifier
{
    readonly ReceiptBundle _bundle;
    readonly KeyRing? _trusted;
    readonly List<ReceiptCheck> _checks = [];
    readonly HashSet<string> _signers = [], _ids = [], _outcomes = [], _named = [];
    readonly List<string> _intents = [];
    string? _operator, _origin;
    int _lastShard = -1;
    DateTimeOffset? _sealedAt;
    Digest? _lastLeaf;
    RunClose? _close;

    ReceiptVerifier(ReceiptBundle bundle, KeyRing? trusted)
    {
        _bundle = bundle;
        _trusted = trusted;
    }

    public static ReceiptVerification Verify(ReadOnlyMemory<byte> utf8, KeyRing? trusted)
    {
        if (!ReceiptBundle.TryRead(utf8, out var bundle, out var fault))
        {
            return new ReceiptVerification([new ReceiptCheck("form", CheckOutcome.Failed, $"this is not a receipt bundle: {fault}")]);
        }

        return new ReceiptVerifier(bundle, trusted).Run();
    }

    ReceiptVerification Run()
    {
        Passed("form", $"a receipt bundle of format {ReceiptBundle.Format}");
        foreach (var log in _bundle.Logs)
        {
            Log(log);
        }

        Close();
        Keys();
        var open = _intents.Where(call => !_outcomes.Contains(call)).ToList();
        if (open.Count > 0)
        {
            Add("outcomes", CheckOutcome.Noted, $"{open.Count} call(s) were begun and have no outcome: {string.Join(", ", open.Take(5))}");
        }

        return new ReceiptVerification(_checks) { Bundle = _bundle, Close = _close, OpenCalls = open, SealedAt = _sealedAt };
    }

    void Log(ReceiptLog log)
    {
        if (!TryReadCheckpoint(log.Checkpoint, out var checkpoint))
        {
            return;
        }

        var origin = checkpoint.Origin;
        if (!Checkpoint.TryReadOrigin(origin, out var name, out var tenant, out var shard) || tenant != _bundle.Tenant
            || name != (_operator ??= name) || shard <= _lastShard)
        {
            Failed("origin", $"`{origin}` is not the next log of tenant `{_bundle.Tenant}`");
            return;
        }

        Passed("origin", $"`{origin}` is a log of the tenant");
        _lastShard = shard;
        _origin = origin;
        _sealedAt = _sealedAt > checkpoint.Time ? _sealedAt : checkpoint.Time;
        Leaves(log, checkpoint);
    }

    // The signature counts if a trusted key made it. One of the bundle's own keys shows only that the bundle is whole in itself.
    bool TryReadCheckpoint(string text, out Checkpoint checkpoint)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        var verification = Checkpoint.Verify(bytes, _trusted ?? KeyRing.Empty);
        var anchored = verification.Ok;
        if (verification.State == CheckpointState.UnknownKey)
        {
            verification = Checkpoint.Verify(bytes, OwnKeys(verification.Checkpoint!.Origin));
        }

        checkpoint = verification.Checkpoint!;
        if (!verification.Ok)
        {
            Failed("checkpoint", verification.Reason);
            return false;
        }

        var kid = verification.Key.Key.Kid;
        _signers.Add(kid);
        Passed("checkpoint", $"`{checkpoint.Origin}` at size {checkpoint.Size}, signed by {kid} at {UtcTime.Write(checkpoint.Time)}");
        Anchor(anchored, kid);
        return true;
    }

    void Leaves(ReceiptLog log, Checkpoint checkpoint)
    {
        var faults = 0;
        var last = -1L;
        foreach (var leaf in log.Leaves)
        {
            if (Fault(leaf, last, checkpoint) is { } fault)
            {
                faults++;
                Failed("leaf", $"the leaf at index {leaf.Index} of `{checkpoint.Origin}` {fault}");
            }

            last = leaf.Index;
        }

        if (faults == 0)
        {
            Passed("leaves", $"{log.Leaves.Count} leaves are canonical, of this run, and included under the root");
        }
    }

    string? Fault(ProvenLeaf leaf, long last, Checkpoint checkpoint)
    {
        var hash = Merkle.LeafHash(leaf.Leaf);
        _lastLeaf = hash;
        if (leaf.Index <= last)
        {
            return "does not come after the one before it";
        }

        if (!Merkle.VerifyInclusion(hash, leaf.Index, checkpoint.Size, leaf.Proof, checkpoint.Root))
        {
            return "is not included under the root of the checkpoint";
        }

        if (!LeafHead.TryRead(leaf.Leaf, out var head, out var fault))
        {
            return fault;
        }

        if (head.Tenant != _bundle.Tenant.ToString() || head.Run != _bundle.Run.ToString())
        {
            return "is of another run or tenant";
        }

        if (!_ids.Add(head.Id))
        {
            return "has the id of another leaf";
        }

        switch (head)
        {
            case { Type: RunLeaf.Intent, Call: { } call }: _intents.Add(call); break;
            case { Type: RunLeaf.Outcome, Call: { } call }: _outcomes.Add(call); break;
        }

        return null;
    }

    void Close()
    {
        if (_bundle.Close is not { } envelope)
        {
            Add("close", CheckOutcome.Missing, "the run is not closed yet: what is here may not be all");
            if (_bundle.Salt is not null)
            {
                Failed("salt", "there is a salt that no close names");
            }

            return;
        }

        var verification = envelope.Verify(RunClose.PayloadType, _trusted ?? KeyRing.Empty);
        var anchored = verification.Ok;
        if (verification.State == DsseState.UnknownKey)
        {
            verification = envelope.Verify(RunClose.PayloadType, OwnKeys(_origin ?? ""));
        }

        if (!verification.Ok || envelope.Signatures.Count != 1)
        {
            Failed("close", verification.Ok ? "the close must have exactly one signature" : verification.Reason);
            return;
        }

        var kid = verification.Key.Key.Kid;
        _signers.Add(kid);
        if (!RunClose.TryRead(envelope.Payload, out var close, out var fault))
        {
            Failed("close", fault);
            return;
        }

        _close = close;
        if (_origin is not null && !Checkpoint.Covers(verification.Key.Name, _origin))
        {
            Failed("close", $"the key that signed the close is trusted as `{verification.Key.Name}`, not for `{_origin}`");
        }
        else if (!verification.Key.MaySignAt(close.At))
        {
            Failed("close", "the key may not sign at the time of the close");
        }
        else if (close.Tenant != _bundle.Tenant || close.Run != _bundle.Run)
        {
            Failed("close", "the close is of another run or tenant");
        }
        else
        {
            Passed("close", $"`{close.Status}` at {UtcTime.Write(close.At)} under plan {close.PlanHash}, signed by {kid}");
            Anchor(anchored, kid);
            Complete(close);
            Salt(close);
        }
    }

    void Complete(RunClose close)
    {
        var here = _bundle.Logs.Sum(l => (long)l.Leaves.Count);
        if (here < close.Leaves)
        {
            Add("complete", CheckOutcome.Missing, $"{here} of the {close.Leaves} leaves that the close names are here");
        }
        else if (here > close.Leaves)
        {
            Failed("complete", $"there are {here} leaves, and the close names {close.Leaves}");
        }
        else if (_lastLeaf is { } last && last != close.LastLeaf)
        {
            Failed("complete", "the last leaf is not the one the close names");
        }
        else
        {
            Passed("complete", $"all {here} leaves that the close names are here");
        }
    }

    void Salt(RunClose close)
    {
        if (_bundle.Salt is not { } salt)
        {
            return;
        }

        if (close.SaltHash == Digest.Of(salt))
        {
            Passed("salt", "the salt is the one the close names");
        }
        else
        {
            Failed("salt", "the salt is not the one the close names");
        }
    }

    void Keys()
    {
        if (_bundle.Keys.Count != _signers.Count || _bundle.Keys.Any(k => !_signers.Contains(k.Kid)))
        {
            Failed("keys", "the keys in the bundle are not those that signed it");
        }

        if (_bundle.Logs.Count == 0)
        {
            Add("leaves", CheckOutcome.Missing, "there are no leaves");
        }
    }

    // Said once of each key and outcome.
    void Anchor(bool anchored, string kid)
    {
        if (_named.Add($"{kid} {anchored}"))
        {
            Add("anchor", anchored ? CheckOutcome.Passed : CheckOutcome.Missing,
                anchored ? $"the key {kid} is trusted"
                : _trusted is null ? $"no trusted keys were given, so nothing vouches for the key {kid}"
                : $"the key {kid} is not among the trusted ones");
        }
    }

    KeyRing OwnKeys(string name) => new(_bundle.Keys.DistinctBy(k => k.Kid).Select(k => new TrustedKey(k, name)));

    void Passed(string name, string detail) => Add(name, CheckOutcome.Passed, detail);

    void Failed(string name, string detail) => Add(name, CheckOutcome.Failed, detail);

    // Texts of a bundle are shown in terminals; nobody has vouched for them yet.
    void Add(string name, CheckOutcome outcome, string detail) =>
        _checks.Add(new ReceiptCheck(name, outcome, string.Concat(detail.Select(c => char.IsControl(c) ? '\uFFFD' : c))));
}
