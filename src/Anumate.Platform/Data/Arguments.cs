using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Npgsql;
using NpgsqlTypes;

namespace Anumate.Platform.Data;

/// <summary>A JSON argument: bound as jsonb.</summary>
public readonly struct Json
{
    Json(byte[] utf8) => Utf8 = utf8;

    internal byte[] Utf8 { get; }

    /// <summary>A contract record.</summary>
    public static Json Of<T>(T value) => Of(value, TypeOf<T>());

    /// <summary>A record of the service's own.</summary>
    public static Json Of<T>(T value, JsonTypeInfo<T> type) => new(JsonSerializer.SerializeToUtf8Bytes(value, type));

    /// <summary>Bytes that are JSON already.</summary>
    public static Json Raw(byte[] utf8) => new(utf8);

    internal static JsonTypeInfo<T> TypeOf<T>() => (JsonTypeInfo<T>)Stored.GetTypeInfo(typeof(T));

    /// <summary>As contracts, except that a member this binary does not know is passed over: a newer one may have written the row.</summary>
    static readonly JsonSerializerOptions Stored = MakeStored();

    static JsonSerializerOptions MakeStored()
    {
        var options = new JsonSerializerOptions(AnumateJson.Options) { UnmappedMemberHandling = JsonUnmappedMemberHandling.Skip };
        options.MakeReadOnly();
        return options;
    }
}

/// <summary>C# values as typed parameters. What PostgreSQL cannot store is refused here, as a problem of the request.</summary>
static class Arguments
{
    static readonly SearchValues<char> Suspects = SearchValues.Create([.. Enumerable.Range(0xD800, 0x800).Select(c => (char)c), '\0']);

    public static NpgsqlParameter Of(object? value) => value switch
    {
        null => new NpgsqlParameter { Value = DBNull.Value },
        IId id => Typed(id.Value, NpgsqlDbType.Uuid),
        Guid id => Typed(id, NpgsqlDbType.Uuid),
        string text => Typed(Checked(text), NpgsqlDbType.Text),
        int n => Typed(n, NpgsqlDbType.Integer),
        long n => Typed(n, NpgsqlDbType.Bigint),
        bool flag => Typed(flag, NpgsqlDbType.Boolean),
        DateTimeOffset time => Typed(time.ToUniversalTime(), NpgsqlDbType.TimestampTz),
        TimeSpan span => Typed(span, NpgsqlDbType.Interval),
        Json json => Typed(json.Utf8, NpgsqlDbType.Jsonb),
        byte[] bytes => Typed(bytes, NpgsqlDbType.Bytea),
        ReadOnlyMemory<byte> bytes => Typed(bytes, NpgsqlDbType.Bytea),
        decimal n => Typed(n, NpgsqlDbType.Numeric),
        double n => Typed(n, NpgsqlDbType.Double),
        short n => Typed(n, NpgsqlDbType.Smallint),
        ulong xid => Typed(xid, NpgsqlDbType.Xid8),
        DateOnly date => Typed(date, NpgsqlDbType.Date),
        IEnumerable<DateOnly> dates => Typed(dates.ToArray(), NpgsqlDbType.Array | NpgsqlDbType.Date),
        IEnumerable<string> texts => Typed(texts.Select(Checked).ToArray(), NpgsqlDbType.Array | NpgsqlDbType.Text),
        IEnumerable<Guid> ids => Typed(ids.ToArray(), NpgsqlDbType.Array | NpgsqlDbType.Uuid),
        IEnumerable<int> ns => Typed(ns.ToArray(), NpgsqlDbType.Array | NpgsqlDbType.Integer),
        IEnumerable<long> ns => Typed(ns.ToArray(), NpgsqlDbType.Array | NpgsqlDbType.Bigint),
        IEnumerable<byte[]> bytes => Typed(bytes.ToArray(), NpgsqlDbType.Array | NpgsqlDbType.Bytea),
        IEnumerable<DateTimeOffset> times => Typed(times.Select(t => t.ToUniversalTime()).ToArray(), NpgsqlDbType.Array | NpgsqlDbType.TimestampTz),
        NpgsqlParameter parameter => parameter,
        _ => throw new ArgumentException($"no SQL type is known for {value.GetType()}"),
    };

    public static NpgsqlParameter Typed<T>(T value, NpgsqlDbType type) => new NpgsqlParameter<T> { TypedValue = value, NpgsqlDbType = type };

    /// <summary>The same text, if PostgreSQL can hold it: no U+0000, no half of a surrogate pair.</summary>
    public static string Checked(string text)
    {
        if (text.AsSpan().ContainsAny(Suspects))
        {
            var rest = text.AsSpan();
            while (!rest.IsEmpty)
            {
                if (rest[0] == '\0' || Rune.DecodeFromUtf16(rest, out _, out var used) != OperationStatus.Done)
                {
                    throw Problems.Invalid("a text holds U+0000 or half of a surrogate pair, which cannot be stored");
                }

                rest = rest[used..];
            }
        }

        return text;
    }
}
