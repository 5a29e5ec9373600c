using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Anumate.Proofs;

/// <summary>
/// What a log says of itself at one moment (C2SP tlog-checkpoint): its origin, its size, its root, and in an extension line
/// <c>time 2026-01-31T12:00:00Z</c> when that was.
/// </summary>
public sealed record Checkpoint(string Origin, long Size, Digest Root, DateTimeOffset Time)
{
    const string TimeFormat = "yyyy-MM-dd'T'HH:mm:ss'Z'";

    /// <summary>The origin of a tenant's log: name of the operator / tenant / number of the shard.</summary>
    public static string OriginOf(string operatorName, Id<Tenant> tenant, int shard) => $"{operatorName}/{tenant}/{shard}";

    /// <summary>The signed text.</summary>
    public string Text => $"{Origin}\n{Size}\n{Convert.ToBase64String(Root.Span)}\ntime {TimeText}\n";

    string TimeText => Time.UtcDateTime.ToString(TimeFormat, CultureInfo.InvariantCulture);

    /// <summary>Signs it; the name of the signature is the origin.</summary>
    public SignedNote Sign(Ed25519Key key) => SignedNote.Sign(Text, Origin, key);

    /// <summary>Whether a key trusted under a name may sign for an origin: the name itself, or anything below it.</summary>
    public static bool Covers(string name, string origin) =>
        origin.StartsWith(name, StringComparison.Ordinal) && (origin.Length == name.Length || origin[name.Length] == '/');

    /// <summary>Takes apart what <see cref="OriginOf"/> put together; false for any other text.</summary>
    public static bool TryReadOrigin(string origin, out string operatorName, out Id<Tenant> tenant, out int shard)
    {
        (operatorName, tenant, shard) = ("", default, 0);
        var parts = origin.Split('/');
        if (parts.Length < 3 || !Id<Tenant>.TryParse(parts[^2], null, out tenant)
            || !TryReadSize(parts[^1], out var number) || number > int.MaxValue)
        {
            return false;
        }

        operatorName = string.Join('/', parts[..^2]);
        shard = (int)number;
        return operatorName.Length > 0;
    }

    /// <summary>Reads the text of a note as a checkpoint.</summary>
    public static bool TryRead(SignedNote note, [NotNullWhen(true)] out Checkpoint? checkpoint, out string fault)
    {
        checkpoint = null;
        var lines = note.Text[..^1].Split('\n');
        if (lines.Length != 4 || !SignedNote.IsName(lines[0]))
        {
            fault = "a checkpoint is exactly origin, size, root and time";
            return false;
        }

        if (!TryReadSize(lines[1], out var size))
        {
            fault = "the size of a checkpoint is not a plain number";
            return false;
        }

        if (!StrictBase64.TryDecode(lines[2], out var root) || root.Length != Digest.Size)
        {
            fault = "the root of a checkpoint is not 32 bytes of base64";
            return false;
        }

        if (!lines[3].StartsWith("time ", StringComparison.Ordinal)
            || !DateTimeOffset.TryParseExact(
                lines[3].AsSpan(5), TimeFormat, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time))
        {
            fault = "the time of a checkpoint is not of the form `time 2026-01-31T12:00:00Z`";
            return false;
        }

        if (size == 0 && new Digest(root) != Merkle.EmptyRoot)
        {
            fault = "the root of an empty log is the hash of nothing";
            return false;
        }

        fault = "";
        checkpoint = new Checkpoint(lines[0], size, new Digest(root), time);
        return true;
    }

    /// <summary>
    /// Reads a checkpoint and finds the trusted key that signed it. A line that claims to be of a trusted key and is not spoils the
    /// note; lines of unknown keys are passed over.
    /// </summary>
    public static CheckpointVerification Verify(ReadOnlySpan<byte> bytes, KeyRing keys)
    {
        if (!SignedNote.TryParse(bytes, out var note, out var fault) || !TryRead(note, out var checkpoint, out fault))
        {
            return new CheckpointVerification(CheckpointState.Malformed, null, null, fault);
        }

        CheckpointVerification Signed(CheckpointState state, TrustedKey? key, string reason) => new(state, checkpoint, key, reason);
        var invalid = false;
        foreach (var trusted in keys.Keys.Where(k => Covers(k.Name, checkpoint.Origin)))
        {
            switch (note.StateOf(checkpoint.Origin, trusted.Key))
            {
                case NoteSignatureState.Valid:
                    return trusted.MaySignAt(checkpoint.Time)
                        ? Signed(CheckpointState.Ok, trusted, "")
                        : Signed(CheckpointState.KeyWindow, trusted, "the key may not sign at the time of the checkpoint");
                case NoteSignatureState.Invalid:
                    invalid = true;
                    break;
            }
        }

        return invalid
            ? Signed(CheckpointState.Signature, null, "the signature of the checkpoint does not match")
            : Signed(CheckpointState.UnknownKey, null, "no trusted key signed the checkpoint");
    }

    static bool TryReadSize(string text, out long size)
    {
        size = 0;
        return text.Length is > 0 and <= 18 && (text.Length == 1 || text[0] != '0') && !text.AsSpan().ContainsAnyExceptInRange('0', '9')
            && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out size);
    }
}

/// <summary>What became of a checkpoint.</summary>
public enum CheckpointState
{
    /// <summary>A trusted key signed it within its window.</summary>
    Ok,

    /// <summary>It is not the note of a checkpoint.</summary>
    Malformed,

    /// <summary>No trusted key signed it.</summary>
    UnknownKey,

    /// <summary>A trusted key is named, and did not sign this.</summary>
    Signature,

    /// <summary>A trusted key signed it outside of its window.</summary>
    KeyWindow,
}

/// <summary>
/// A checkpoint and whether it holds. <see cref="Checkpoint"/> is there whenever it could be read; trust it only when <see cref="Ok"/>.
/// </summary>
public sealed record CheckpointVerification(CheckpointState State, Checkpoint? Checkpoint, TrustedKey? Key, string Reason)
{
    /// <summary>Whether it holds.</summary>
    [MemberNotNullWhen(true, nameof(Checkpoint), nameof(Key))]
    public bool Ok => State == CheckpointState.Ok;
}
