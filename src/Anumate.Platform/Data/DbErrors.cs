using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Anumate.Platform.Data;

/// <summary>What PostgreSQL's codes mean to a request; the one place that knows.</summary>
static partial class DbErrors
{
    const string NotOne = "AN409";

    /// <summary>Serialization failure, deadlock: undone, and worth sending again.</summary>
    public static bool IsRetry(NpgsqlException e) => e.SqlState is PostgresErrorCodes.SerializationFailure or PostgresErrorCodes.DeadlockDetected;

    /// <summary>The server ends this connection (stop, restart, failover).</summary>
    public static bool IsShutdown(NpgsqlException e) => e.SqlState is PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CrashShutdown;

    /// <summary>
    /// The request could not be handed over whole, so its end, which commits it, never arrived. (A test shows that Npgsql says so.)
    /// </summary>
    public static bool IsNotSent(NpgsqlException e) =>
        e is not PostgresException && e.Message.StartsWith("Exception while writing to stream", StringComparison.Ordinal);

    /// <summary>Not this statement's fault: connections (08), resources (53), operator intervention (57), system errors (58).</summary>
    public static bool IsOutage(PostgresException e) => e.SqlState[..2] is "08" or "53" or "57" or "58";

    /// <summary>An expected refusal: <see cref="Batch.One"/> did not hold, or a unique key is taken.</summary>
    public static bool IsRefusal(PostgresException e) => e.SqlState is NotOne or PostgresErrorCodes.UniqueViolation;

    public static ProblemException Refusal(PostgresException e) => e.SqlState == NotOne
        ? Problems.VersionConflict("the object changed meanwhile or does not exist; read it again")
        : Problems.Conflict("an object with these unique values exists already");

    /// <summary>The problem that an error means, or null when it is a defect of ours (500).</summary>
    public static ProblemException? Translate(Exception e, bool written, ILogger log)
    {
        switch (e)
        {
            case PostgresException { SqlState: PostgresErrorCodes.InsufficientPrivilege } breach:
                DataTelemetry.Breaches.Add(1);
                TenantBreach(log, breach.MessageText, breach.TableName, e);
                return null;
            case PostgresException known:
                return Known(known);
            case NpgsqlException { InnerException: TimeoutException } timeout when !written || timeout.Message.Contains("pool", StringComparison.Ordinal):
            case NpgsqlException unsent when !written || IsNotSent(unsent):
                return Problems.Unavailable("the database does not answer; nothing was changed");
            case NpgsqlException:
                return Problems.Unavailable(OutcomeUnknown);
            case SocketException or TimeoutException:
                return Problems.Unavailable(written ? OutcomeUnknown : "the database does not answer; nothing was changed");
            default:
                return null;
        }
    }

    const string OutcomeUnknown = "the connection to the database was lost while it worked; whether the change was made is not known, "
        + "so read the object or repeat the request with the same idempotency key";

    static ProblemException? Known(PostgresException e) => e.SqlState switch
    {
        PostgresErrorCodes.SerializationFailure or PostgresErrorCodes.DeadlockDetected =>
            Problems.Unavailable("the change collided with others again and again; nothing was changed"),
        PostgresErrorCodes.QueryCanceled or PostgresErrorCodes.LockNotAvailable =>
            Problems.Unavailable("the database took too long; nothing was changed"),
        PostgresErrorCodes.UntranslatableCharacter or PostgresErrorCodes.CharacterNotInRepertoire =>
            Problems.Invalid("a text holds a character that cannot be stored"),
        PostgresErrorCodes.ProgramLimitExceeded or PostgresErrorCodes.StatementTooComplex =>
            Problems.TooLarge("a value is too large or nested too deeply to be stored"),
        PostgresErrorCodes.ReadOnlySqlTransaction => Problems.Unavailable("the database accepts no writes at present; nothing was changed"),
        _ when IsOutage(e) => Problems.Unavailable("the database is not available; nothing was changed"),
        _ => null,
    };

    [LoggerMessage(LogLevel.Critical, "the database refused access across a tenant or role boundary: {Message} (table {Table})")]
    static partial void TenantBreach(ILogger logger, string message, string? table, Exception e);
}
