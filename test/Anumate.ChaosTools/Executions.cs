using System.Text;

namespace Anumate.ChaosTools;

/// <summary>Raw executions, one line each: number, tool, idempotency key, item. Handed to the kernel before the answer, so SIGKILL loses none.</summary>
sealed class Executions : IDisposable
{
    readonly Lock _gate = new();
    readonly FileStream _file;
    readonly Dictionary<(string Tool, string Key), (int N, string Item)> _first = [];
    int _count;

    public Executions(string path)
    {
        _file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite);
        using var reader = new StreamReader(_file, Encoding.UTF8, leaveOpen: true);
        while (reader.ReadLine() is { } line)
        {
            var parts = line.Split(' ');
            _first.TryAdd((parts[1], parts[2]), (int.Parse(parts[0]), parts[3]));
            _count++;
        }
    }

    public int Execute(string tool, string key, string item)
    {
        lock (_gate)
        {
            _file.Write(Encoding.UTF8.GetBytes($"{++_count} {tool} {key} {item}\n"));
            _file.Flush();
            _first.TryAdd((tool, key), (_count, item));
            return _count;
        }
    }

    /// <summary>The first execution under a key, or null.</summary>
    public (int N, string Item)? Find(string tool, string key)
    {
        lock (_gate)
        {
            return _first.TryGetValue((tool, key), out var found) ? found : null;
        }
    }

    public void Dispose() => _file.Dispose();
}
