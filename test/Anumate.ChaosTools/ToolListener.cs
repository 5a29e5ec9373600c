using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace Anumate.ChaosTools;

/// <summary>
/// HTTP/1.1 as far as the tools need it. <c>POST /read|put|charge|blind</c> with <c>{"item": …}</c>; <c>GET /charge/status?key=…</c>;
/// <c>POST /trouble?hang=P&amp;drop=P&amp;stall=P&amp;twice=P&amp;refuse=P</c> sets how many calls of a hundred go wrong, and how.
/// </summary>
sealed class ToolListener(int port, Executions executions)
{
    int _hang, _drop, _stall, _twice, _refuse;

    public async Task RunAsync()
    {
        using var listener = new Socket(SocketType.Stream, ProtocolType.Tcp);
        listener.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, port));
        listener.Listen(512);
        while (true)
        {
            var socket = await listener.AcceptAsync();
            socket.NoDelay = true;
            _ = Task.Run(() => ServeAsync(socket));
        }
    }

    async Task ServeAsync(Socket socket)
    {
        try
        {
            await using var stream = new BufferedStream(new NetworkStream(socket, ownsSocket: true));
            while (await ReadAsync(stream) is { } request)
            {
                if (!await AnswerAsync(stream, request))
                {
                    return;
                }
            }
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            // The caller is gone.
        }
    }

    async Task<bool> AnswerAsync(Stream stream, Request request)
    {
        if (request.Path == "/trouble")
        {
            (_hang, _drop, _stall, _twice, _refuse) = (request.Number("hang"), request.Number("drop"), request.Number("stall"), request.Number("twice"), request.Number("refuse"));
            return await WriteAsync(stream, 200, "{}", 1);
        }

        if (request.Path.EndsWith("/status", StringComparison.Ordinal))
        {
            var found = executions.Find(request.Path[1..^"/status".Length], request.Query["key"]);
            return await WriteAsync(stream, 200, found is { } f ? $$"""{"found":true,"output":{{Output(f.N, f.Item)}}}""" : """{"found":false}""", 1);
        }

        var luck = Random.Shared.Next(100);
        if ((luck -= _refuse) < 0)
        {
            return await WriteAsync(stream, 503, "{}", 1);
        }

        // Half of what hangs never happened: nobody can tell by waiting.
        var hangs = (luck -= _hang) < 0;
        if (hangs && Random.Shared.Next(2) == 0)
        {
            return await HangAsync(stream);
        }

        using var arguments = JsonDocument.Parse(request.Body);
        var item = arguments.RootElement.GetProperty("item").GetString()!;
        var output = Output(executions.Execute(request.Path[1..], request.Key, item), item);
        if (hangs)
        {
            return await HangAsync(stream);
        }

        // A look is always answered: what is wanted is an effect that happened and that nobody was told of.
        var stalls = (luck -= _stall) < 0;
        if (stalls && request.Path != "/read")
        {
            return await HangAsync(stream);
        }

        var cut = stalls || (luck -= _drop) < 0;
        return cut ? request.Path == "/read" && await WriteAsync(stream, 200, output, 1) : await WriteAsync(stream, 200, output, (luck -= _twice) < 0 ? 2 : 1);
    }

    static string Output(int n, string item) => $$"""{"n":{{n}},"item":"{{item}}"}""";

    // Until the caller loses patience and closes.
    static async Task<bool> HangAsync(Stream stream)
    {
        var one = new byte[1];
        while (await stream.ReadAsync(one) > 0)
        {
        }

        return false;
    }

    static async Task<bool> WriteAsync(Stream stream, int status, string body, int times)
    {
        var answer = Encoding.UTF8.GetBytes($"HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {Encoding.UTF8.GetByteCount(body)}\r\n\r\n{body}");
        for (; times > 0; times--)
        {
            await stream.WriteAsync(answer);
        }

        await stream.FlushAsync();
        return true;
    }

    static async Task<Request?> ReadAsync(Stream stream)
    {
        var head = new List<byte>(512);
        var one = new byte[1];
        while (!(head.Count >= 4 && head[^1] == '\n' && head[^3] == '\n'))
        {
            if (await stream.ReadAsync(one) == 0)
            {
                return null;
            }

            head.Add(one[0]);
        }

        var lines = Encoding.ASCII.GetString([.. head]).Split("\r\n");
        var headers = lines.Skip(1).Select(l => l.Split(": ", 2)).Where(h => h.Length == 2).ToDictionary(h => h[0], h => h[1], StringComparer.OrdinalIgnoreCase);
        var body = new byte[int.Parse(headers.GetValueOrDefault("Content-Length", "0"))];
        await stream.ReadExactlyAsync(body);
        var target = lines[0].Split(' ')[1].Split('?', 2);
        var query = target.Length == 1 ? [] : target[1].Split('&').Select(p => p.Split('=', 2)).ToDictionary(p => p[0], p => p[1]);
        return new Request(target[0], query, headers.GetValueOrDefault("Idempotency-Key", "-"), body);
    }
}

sealed record Request(string Path, Dictionary<string, string> Query, string Key, byte[] Body)
{
    public int Number(string name) => Query.TryGetValue(name, out var text) ? int.Parse(text) : 0;
}
