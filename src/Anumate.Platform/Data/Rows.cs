using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Npgsql;

namespace Anumate.Platform.Data;

/// <summary>What a statement of a batch returned; filled once the batch is saved.</summary>
public sealed class Rows<T>
{
    List<T>? _all;

    internal Rows()
    {
    }

    /// <summary>Every row.</summary>
    public IReadOnlyList<T> All => _all ?? throw new InvalidOperationException("the batch has not been saved");

    /// <summary>The first row, or default where there is none.</summary>
    public T? First => All.Count > 0 ? All[0] : default;

    internal void Set(List<T> rows) => _all = rows;
}

/// <summary>Columns as our types.</summary>
public static class RowReading
{
    public static Id<T> Id<T>(this NpgsqlDataReader row, int ordinal)
        where T : IEntity => new(row.GetGuid(ordinal));

    public static Id<T>? IdOrNull<T>(this NpgsqlDataReader row, int ordinal)
        where T : IEntity => row.IsDBNull(ordinal) ? null : new Id<T>(row.GetGuid(ordinal));

    public static DateTimeOffset Time(this NpgsqlDataReader row, int ordinal) => row.GetFieldValue<DateTimeOffset>(ordinal);

    public static DateTimeOffset? TimeOrNull(this NpgsqlDataReader row, int ordinal) =>
        row.IsDBNull(ordinal) ? null : row.GetFieldValue<DateTimeOffset>(ordinal);

    public static string? TextOrNull(this NpgsqlDataReader row, int ordinal) => row.IsDBNull(ordinal) ? null : row.GetString(ordinal);

    public static int? IntOrNull(this NpgsqlDataReader row, int ordinal) => row.IsDBNull(ordinal) ? null : row.GetInt32(ordinal);

    public static long? LongOrNull(this NpgsqlDataReader row, int ordinal) => row.IsDBNull(ordinal) ? null : row.GetInt64(ordinal);

    public static byte[] Bytes(this NpgsqlDataReader row, int ordinal) => row.GetFieldValue<byte[]>(ordinal);

    public static byte[]? BytesOrNull(this NpgsqlDataReader row, int ordinal) => row.IsDBNull(ordinal) ? null : row.GetFieldValue<byte[]>(ordinal);

    public static IReadOnlyList<string> Texts(this NpgsqlDataReader row, int ordinal) => row.GetFieldValue<string[]>(ordinal);

    /// <summary>A json or jsonb column as a contract record.</summary>
    public static T Json<T>(this NpgsqlDataReader row, int ordinal) => row.Json(ordinal, Data.Json.TypeOf<T>());

    /// <summary>A json or jsonb column as a record of the service's own.</summary>
    public static T Json<T>(this NpgsqlDataReader row, int ordinal, JsonTypeInfo<T> type) =>
        JsonSerializer.Deserialize(row.GetFieldValue<byte[]>(ordinal), type)
        ?? throw new JsonException($"column `{row.GetName(ordinal)}` holds the JSON null");

    /// <summary>A json or jsonb column as it is.</summary>
    public static JsonElement JsonElement(this NpgsqlDataReader row, int ordinal) => System.Text.Json.JsonElement.Parse(row.GetFieldValue<byte[]>(ordinal));
}
