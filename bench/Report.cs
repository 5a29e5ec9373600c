using System.Text.Json;

namespace Anumate.Bench;

/// <summary>The result of one benchmark: figures of ours, the same of peers, and ratios; all numbers under stable keys.</summary>
sealed class Report(string name)
{
    public SortedDictionary<string, double> Figures { get; } = new(StringComparer.Ordinal);

    public SortedDictionary<string, SortedDictionary<string, double>> Peers { get; } = new(StringComparer.Ordinal);

    public SortedDictionary<string, double> Ratios { get; } = new(StringComparer.Ordinal);

    /// <summary>Prints the table and, if asked with --json, the object in one line after it.</summary>
    public void Print(string[] args)
    {
        var keys = Figures.Keys.Union(Peers.Values.SelectMany(peer => peer.Keys)).Order(StringComparer.Ordinal).ToList();
        var width = keys.Concat(Ratios.Keys).Append(name).Max(key => key.Length);
        Console.WriteLine($"{name.PadRight(width)}  {"anumate",12}{string.Concat(Peers.Keys.Select(peer => $"  {peer,12}"))}");
        foreach (var key in keys)
        {
            Console.WriteLine($"{key.PadRight(width)}  {Cell(Figures, key)}{string.Concat(Peers.Values.Select(peer => $"  {Cell(peer, key)}"))}");
        }
        foreach (var (key, value) in Ratios)
        {
            Console.WriteLine($"{key.PadRight(width)}  {value,11:0.00}x");
        }
        if (args.Contains("--json"))
        {
            Console.WriteLine(Json());
        }
    }

    private static string Cell(SortedDictionary<string, double> row, string key) => $"{(row.TryGetValue(key, out var value) ? value.ToString("0.##") : "-"),12}";

    private string Json()
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("name", name);
            Write(json, "figures", Figures);
            json.WriteStartObject("peers");
            foreach (var (peer, figures) in Peers)
            {
                Write(json, peer, figures);
            }
            json.WriteEndObject();
            Write(json, "ratios", Ratios);
            json.WriteEndObject();
        }
        return System.Text.Encoding.UTF8.GetString(buffer.ToArray());
    }

    private static void Write(Utf8JsonWriter json, string property, SortedDictionary<string, double> numbers)
    {
        json.WriteStartObject(property);
        foreach (var (key, value) in numbers)
        {
            json.WriteNumber(key, Math.Round(value, 3));
        }
        json.WriteEndObject();
    }
}
