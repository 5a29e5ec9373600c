using Npgsql;
using NpgsqlTypes;

namespace Anumate.Platform.Data;

/// <summary>The items of a group that one statement writes, as the arrays it takes; the buffers are used again for every group.</summary>
sealed class GroupPart<T>(GroupStatement<T> statement, int most)
{
    readonly List<int> _ordinals = new(most);
    readonly GroupColumn<T>[] _columns = statement.Columns();

    NpgsqlBatchCommand? _command;

    /// <summary>The command to send; null where there is nothing for it.</summary>
    public NpgsqlBatchCommand? Command => _ordinals.Count > 0 ? _command : null;

    public void Clear()
    {
        _ordinals.Clear();
        foreach (var column in _columns)
        {
            column.Clear();
        }
    }

    public void Add(int ordinal, T item)
    {
        _ordinals.Add(ordinal);
        foreach (var column in _columns)
        {
            column.Add(item);
        }
    }

    /// <summary>Makes the command anew: Npgsql's keep what they learnt of the connection they ran on.</summary>
    public void Renew()
    {
        _command = new NpgsqlBatchCommand(statement.Sql);
        _command.Parameters.Add(new NpgsqlParameter<List<int>> { TypedValue = _ordinals, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Integer });
        foreach (var column in _columns)
        {
            _command.Parameters.Add(column.Parameter);
        }
    }
}
