using System.Buffers;
using System.Text;
using System.Text.Json;
using Anumate.PlanEngine;

namespace Anumate.Orchestrator;

/// <summary>
/// A commit's entries as stored: <c>[{"kind": …, "body": …}, …]</c>. The bodies are what <see cref="JournalFormat"/> writes, with sensitive
/// values sealed.
/// </summary>
static class EntryFormat
{
    /// <summary>Most entries of one commit; a run with more to write at once makes several.</summary>
    public const int MostEntries = 256;

    public static byte[] Write(IReadOnlyList<JournalEvent> entries, Func<JournalEvent, JournalEvent> seal)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        buffer.Write("["u8);
        for (var i = 0; i < entries.Count; i++)
        {
            buffer.Write(i == 0 ? "{\"kind\":\""u8 : ",{\"kind\":\""u8);
            Encoding.ASCII.GetBytes(entries[i].Kind, buffer);
            buffer.Write("\",\"body\":"u8);
            JournalFormat.Write(seal(entries[i]), buffer);
            buffer.Write("}"u8);
        }

        buffer.Write("]"u8);
        return buffer.WrittenSpan.ToArray();
    }

    public static IEnumerable<JournalEvent> Read(byte[] stored, Func<JournalEvent, JournalEvent> unseal)
    {
        using var document = JsonDocument.Parse(stored, new JsonDocumentOptions { MaxDepth = 2 * AnumateJson.MaxDepth });
        var entries = new List<JournalEvent>(document.RootElement.GetArrayLength());
        foreach (var entry in document.RootElement.EnumerateArray())
        {
            var body = JsonMarshal(entry.GetProperty("body"));
            entries.Add(unseal(JournalFormat.Read(entry.GetProperty("kind").GetString()!, body)));
        }

        return entries;
    }

    static byte[] JsonMarshal(JsonElement element) => Encoding.UTF8.GetBytes(element.GetRawText());
}
