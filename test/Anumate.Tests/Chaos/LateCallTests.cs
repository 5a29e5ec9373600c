using System.Net;
using System.Net.Sockets;
using System.Text;
using Anumate.Connectors;
using Microsoft.Extensions.Time.Testing;

namespace Anumate.Tests.Chaos;

/// <summary>A process that stood still between its last look at the token and the wire.</summary>
public sealed class LateCallTests
{
    [Theory]
    [InlineData(1, false)]
    [InlineData(-1, true)]
    public async Task What_became_late_on_its_way_to_the_wire_is_not_sent(int secondsLeft, bool late)
    {
        var time = new FakeTimeProvider(new DateTimeOffset(2026, 11, 25, 12, 0, 0, TimeSpan.Zero));
        using var tool = new TcpListener(IPAddress.Loopback, 0);
        tool.Start();
        var hearing = HearAsync(tool);
        using var http = new ToolHttp(new ConnectorOptions { AllowPrivateAddresses = true });
        var body = new TimelyContent(Encoding.UTF8.GetBytes("""{"item":"x"}"""), time.GetUtcNow() + TimeSpan.FromSeconds(secondsLeft), time);

        var answer = await http.PostAsync(new Uri($"http://127.0.0.1:{((IPEndPoint)tool.LocalEndpoint).Port}/act"), body, "key", "test", TimeSpan.FromMinutes(1), default);

        Assert.Equal(!late, answer.Sent);
        Assert.Equal(late, answer.Error?.Contains("the token ended", StringComparison.Ordinal) ?? false);
        Assert.Equal(late ? "" : """{"item":"x"}""", await hearing);
    }

    /// <summary>The body that arrived.</summary>
    static async Task<string> HearAsync(TcpListener tool)
    {
        using var client = await tool.AcceptTcpClientAsync();
        await using var stream = client.GetStream();
        var (heard, buffer) = ("", new byte[4096]);
        while (!heard.EndsWith('}') && await stream.ReadAsync(buffer) is > 0 and var n)
        {
            heard += Encoding.UTF8.GetString(buffer, 0, n);
        }

        if (heard.EndsWith('}'))
        {
            await stream.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"u8.ToArray());
        }

        return heard.Split("\r\n\r\n").ElementAtOrDefault(1) ?? "";
    }
}
