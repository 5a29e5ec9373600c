using System.ComponentModel.DataAnnotations;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using Npgsql;

namespace Anumate.Platform.Data;

/// <summary>Who a connection is. Everything but <see cref="App"/> and <see cref="Owner"/> works across tenants, each in few files.</summary>
public enum DbRole
{
    /// <summary>Migrates; owns every table, and sees no tenant's rows.</summary>
    Owner,

    /// <summary>Serves requests, one tenant at a time.</summary>
    App,

    /// <summary>Appends in group commits; reads keys, never bodies.</summary>
    Writer,

    /// <summary>Reads the event log for subscribers.</summary>
    Reader,

    /// <summary>Numbers leaves.</summary>
    Sequencer,

    /// <summary>Finds due timers.</summary>
    Timer,

    /// <summary>Makes partitions, removes what has expired.</summary>
    Retention,
}

/// <summary>Where PostgreSQL is and how each role signs in there. Section <c>Anumate:Database</c>.</summary>
public sealed record DbOptions
{
    public const string Section = "Anumate:Database";

    /// <summary>Npgsql connection string without user and password, e.g. <c>Host=db;Port=5432;Database=anumate;SSL Mode=VerifyFull</c>.</summary>
    [Required]
    public string Server { get; init; } = "";

    public DbPasswords Passwords { get; init; } = new();

    /// <summary>The login role that serves; a split process has its own, a member of the roles of the services it hosts.</summary>
    public string AppRole { get; init; } = "anumate_app";

    [Range(2, 1000)]
    public int MaxPoolSize { get; init; } = 32;

    [Range(typeof(TimeSpan), "00:00:01", "00:10:00")]
    public TimeSpan CommandTimeout { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>The connection string of a role.</summary>
    public string ConnectionString(DbRole role)
    {
        var text = new NpgsqlConnectionStringBuilder(Server)
        {
            Username = NameOf(role),
            Password = Passwords.Of(role),
            ApplicationName = "anumate",
            CommandTimeout = (int)CommandTimeout.TotalSeconds,
            Timeout = 5,
            KeepAlive = 30,
            IncludeFailedBatchedCommand = true,
        };
        if (role == DbRole.App)
        {
            text.MaxPoolSize = MaxPoolSize;
            text.MaxAutoPrepare = 256;
            text.AutoPrepareMinUsages = 2;
        }
        else
        {
            text.MaxPoolSize = 8;

            // Few statements, each for ever: parsed and planned once. A plan made while a table was small must not be another than later.
            text.MaxAutoPrepare = 32;
            text.AutoPrepareMinUsages = 16;
        }

        if (role == DbRole.Writer)
        {
            // Its statements are joins of a small group by key; a plan made while a table was small must not be another.
            text.Options = "-c enable_hashjoin=off -c enable_mergejoin=off -c enable_seqscan=off -c plan_cache_mode=force_generic_plan";
        }

        if (role == DbRole.Reader)
        {
            // It stores cursors and parked events, in this order. What a crash forgets is delivered again, as it may be anyway.
            text.Options = "-c synchronous_commit=off -c enable_seqscan=off";
        }

        if (role == DbRole.Sequencer)
        {
            text.Options = "-c enable_seqscan=off";
        }

        return text.ConnectionString;
    }

    internal string NameOf(DbRole role) => role == DbRole.App ? AppRole : $"anumate_{role.ToString().ToLowerInvariant()}";
}

/// <summary>A password for each login role. The embedded default makes random ones and keeps them in a file of its owner.</summary>
public sealed record DbPasswords
{
    public string Owner { get; init; } = "";
    public string App { get; init; } = "";
    public string Writer { get; init; } = "";
    public string Reader { get; init; } = "";
    public string Sequencer { get; init; } = "";
    public string Timer { get; init; } = "";
    public string Retention { get; init; } = "";

    /// <summary>256 random bits for each.</summary>
    public static DbPasswords Create() => new()
    {
        Owner = Random(), App = Random(), Writer = Random(), Reader = Random(), Sequencer = Random(), Timer = Random(), Retention = Random(),
    };

    public string Of(DbRole role) => role switch
    {
        DbRole.Owner => Owner,
        DbRole.App => App,
        DbRole.Writer => Writer,
        DbRole.Reader => Reader,
        DbRole.Sequencer => Sequencer,
        DbRole.Timer => Timer,
        DbRole.Retention => Retention,
        _ => throw new ArgumentOutOfRangeException(nameof(role)),
    };

    /// <summary>For a file that only its owner reads.</summary>
    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, DbJson.Default.DbPasswords);

    public static DbPasswords FromJson(ReadOnlySpan<byte> json) => JsonSerializer.Deserialize(json, DbJson.Default.DbPasswords)
        ?? throw new JsonException("expected an object with a password for each role");

    static string Random() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true)]
[JsonSerializable(typeof(DbPasswords))]
sealed partial class DbJson : JsonSerializerContext;
