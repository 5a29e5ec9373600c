using Npgsql;
using NpgsqlTypes;

namespace Anumate.Platform.Data;

/// <summary>
/// One statement for a whole group of items. Its first parameter is the items' ordinals (<c>int[]</c>), the others are the columns in the
/// order they are added here, each an array to <c>unnest</c>. It returns, in its first column, the ordinals that happened; an item whose
/// ordinal does not come back was refused, alone.
/// </summary>
/// <param name="sql">E.g. <c>with item as materialized (select * from unnest($1::int[], $2::uuid[], …) as i(ord, id, …)) … select ord from …</c>.</param>
/// <param name="key">What two items of one group may not share (a run, a token): the second waits for the next group.</param>
public sealed class GroupStatement<T>(string sql, Func<T, Guid> key)
{
    readonly List<Func<GroupColumn<T>>> _columns = [];
    readonly List<Action<T>> _checks = [];

    public string Sql { get; } = sql;

    public Func<T, Guid> Key { get; } = key;

    /// <summary>About how many bytes an item is; bounds groups and refuses giants.</summary>
    public Func<T, int> Size { get; init; } = static _ => 0;

    /// <summary>Which items it writes; all, unless the writer has other statements behind it.</summary>
    public Func<T, bool> Takes { get; init; } = static _ => true;

    /// <summary>Whether an item writes to <c>platform.events</c>: readers are woken after the commit, and only then.</summary>
    public Func<T, bool> TellsEvents { get; init; } = static _ => false;

    public GroupStatement<T> Uuid(Func<T, Guid> value) => Add(NpgsqlDbType.Uuid, value);

    public GroupStatement<T> UuidOrNull(Func<T, Guid?> value) => Add(NpgsqlDbType.Uuid, value);

    public GroupStatement<T> Integer(Func<T, int> value) => Add(NpgsqlDbType.Integer, value);

    public GroupStatement<T> Bigint(Func<T, long> value) => Add(NpgsqlDbType.Bigint, value);

    public GroupStatement<T> Boolean(Func<T, bool> value) => Add(NpgsqlDbType.Boolean, value);

    public GroupStatement<T> Time(Func<T, DateTimeOffset> value) => Add(NpgsqlDbType.TimestampTz, item => value(item).ToUniversalTime());

    public GroupStatement<T> Bytea(Func<T, byte[]> value) => Add(NpgsqlDbType.Bytea, value);

    /// <summary>JSON bytes, as <c>json[]</c>: they are stored as they are, and are ours, so they are not checked again.</summary>
    public GroupStatement<T> Json(Func<T, byte[]> utf8) => Add(NpgsqlDbType.Json, utf8);

    /// <summary>Text; what PostgreSQL cannot hold is refused before the item waits with others.</summary>
    public GroupStatement<T> Text(Func<T, string?> value)
    {
        _checks.Add(item =>
        {
            if (value(item) is { } text)
            {
                Arguments.Checked(text);
            }
        });
        return Add(NpgsqlDbType.Text, value);
    }

    internal void Check(T item)
    {
        foreach (var check in _checks)
        {
            check(item);
        }
    }

    internal GroupColumn<T>[] Columns() => [.. _columns.Select(make => make())];

    GroupStatement<T> Add<TValue>(NpgsqlDbType type, Func<T, TValue> value)
    {
        _columns.Add(() => new GroupColumn<T, TValue>(type, value));
        return this;
    }
}

/// <summary>The values of one column of a group; the buffer is used again for every group.</summary>
abstract class GroupColumn<T>
{
    public abstract NpgsqlParameter Parameter { get; }

    public abstract void Clear();

    public abstract void Add(T item);
}

sealed class GroupColumn<T, TValue>(NpgsqlDbType type, Func<T, TValue> value) : GroupColumn<T>
{
    readonly List<TValue> _values = [];

    public override NpgsqlParameter Parameter => new NpgsqlParameter<List<TValue>> { TypedValue = _values, NpgsqlDbType = NpgsqlDbType.Array | type };

    public override void Clear() => _values.Clear();

    public override void Add(T item) => _values.Add(value(item));
}
