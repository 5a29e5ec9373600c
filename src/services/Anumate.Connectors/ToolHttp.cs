using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text.Json;
using Anumate.Proofs;

namespace Anumate.Connectors;

/// <summary>What came back from a tool server, before anybody judges it.</summary>
/// <param name="Sent">Whether the request may have reached the server.</param>
/// <param name="Refused">It was not sent because the tool stands where none may.</param>
readonly record struct Answer(bool Sent, HttpStatusCode? Status, JsonDocument? Body, string? Error, bool Refused = false);

/// <summary>
/// The wire to tool servers: bounded answers, no redirects, no proxy, no cookies, and addresses checked after name resolution, so
/// that a name cannot lead to where the operator does not want tools to stand.
/// </summary>
sealed class ToolHttp : IDisposable
{
    readonly HttpMessageInvoker client;
    readonly ConnectorOptions options;

    public ToolHttp(ConnectorOptions options)
    {
        this.options = options;
        client = new HttpMessageInvoker(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseProxy = false,
            UseCookies = false,
            ConnectTimeout = TimeSpan.FromSeconds(5),
            PooledConnectionLifetime = TimeSpan.FromMinutes(2),
            ConnectCallback = ConnectAsync,
        });
    }

    public Task<Answer> PostAsync(Uri address, TimelyContent body, string idempotencyKey, string correlation, TimeSpan timeout, CancellationToken ct)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, address) { Content = body };
        request.Headers.TryAddWithoutValidation("Idempotency-Key", idempotencyKey);
        request.Headers.TryAddWithoutValidation("X-Correlation-Id", correlation);
        return SendAsync(request, timeout, ct);
    }

    public Task<Answer> GetAsync(Uri address, TimeSpan timeout, CancellationToken ct) => SendAsync(new HttpRequestMessage(HttpMethod.Get, address), timeout, ct);

    public void Dispose() => client.Dispose();

    async Task<Answer> SendAsync(HttpRequestMessage request, TimeSpan timeout, CancellationToken ct)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(timeout);
        try
        {
            using (request)
            {
                using var response = await client.SendAsync(request, limit.Token);
                return await ReadAsync(response, limit.Token);
            }
        }
        catch (OperationCanceledException e) when (e.InnerException is TimeoutException && !limit.IsCancellationRequested && !HasBegun(request))
        {
            // How the handler tells that its ConnectTimeout has passed.
            return new Answer(false, null, null, $"cannot connect to {request.RequestUri!.Authority}");
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return new Answer(true, null, null, $"no answer within {timeout.TotalSeconds:0.###} s");
        }
        catch (Exception e) when (e is TooLateException || e.InnerException is TooLateException)
        {
            return new Answer(false, null, null, (e.InnerException ?? e).Message);
        }
        catch (Exception e) when ((e as AddressRefusedException ?? e.InnerException as AddressRefusedException) is { } refused)
        {
            return new Answer(false, null, null, refused.Message, Refused: true);
        }
        catch (HttpRequestException e)
        {
            // Not connected means not sent; anything later may have arrived.
            var sent = HasBegun(request)
                || e.HttpRequestError is not (HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError);
            return new Answer(sent, null, null, sent ? "the connection broke" : $"cannot connect to {request.RequestUri!.Authority}");
        }
        catch (IOException)
        {
            return new Answer(true, null, null, "the connection broke");
        }
    }

    static bool HasBegun(HttpRequestMessage request) => request.Content is TimelyContent { HasBegun: true };

    async Task<Answer> ReadAsync(HttpResponseMessage response, CancellationToken ct)
    {
        await using var stream = await response.Content.ReadAsStreamAsync(ct);
        using var buffer = new MemoryStream();
        var chunk = new byte[16 * 1024];
        for (int n; (n = await stream.ReadAsync(chunk, ct)) > 0;)
        {
            buffer.Write(chunk, 0, n);
            if (buffer.Length > options.MaxAnswerBytes)
            {
                return new Answer(true, response.StatusCode, null, $"the answer is larger than {options.MaxAnswerBytes} bytes");
            }
        }

        if (buffer.Length == 0)
        {
            return new Answer(true, response.StatusCode, null, "the answer is empty");
        }

        return StrictJson.TryParse(buffer.ToArray(), options.MaxAnswerBytes, out var body, out var faults)
            ? new Answer(true, response.StatusCode, body, null)
            : new Answer(true, response.StatusCode, null, $"the answer is not JSON: {faults[0].Message}");
    }

    async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken ct)
    {
        var addresses = await Dns.GetHostAddressesAsync(context.DnsEndPoint.Host, ct);
        var open = options.AllowPrivateAddresses ? addresses : [.. addresses.Where(IsPublic)];
        if (open.Length == 0)
        {
            throw new AddressRefusedException($"`{context.DnsEndPoint.Host}` is a loopback or private address; the operator may allow them with Anumate:Connectors:AllowPrivateAddresses");
        }

        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(open, context.DnsEndPoint.Port, ct);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    internal static bool IsPublic(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6)
        {
            address = address.MapToIPv4();
        }

        if (address.AddressFamily == AddressFamily.InterNetworkV6)
        {
            // Addresses that carry an IPv4 address (RFC 4291 compatible, 6to4, NAT64, Teredo) could lead to a private one; nobody needs them.
            return !(IPAddress.IsLoopback(address) || address.IsIPv6LinkLocal || address.IsIPv6SiteLocal || address.IsIPv6UniqueLocal
                || address.IsIPv6Multicast || address.IsIPv6Teredo
                || address.GetAddressBytes() is [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, ..] or [0x20, 0x02, ..] or [0x00, 0x64, 0xff, 0x9b, ..]);
        }

        // RFC 6890: this network, private, shared, loopback, link-local, protocol assignments, documentation, benchmarking, multicast, reserved.
        return address.GetAddressBytes() is not ([0, ..] or [10, ..] or [127, ..] or [100, >= 64 and <= 127, ..] or [169, 254, ..] or [172, >= 16 and <= 31, ..]
            or [192, 168, ..] or [192, 0, 0 or 2, _] or [198, 18 or 19, ..] or [198, 51, 100, _] or [203, 0, 113, _] or [>= 224, ..]);
    }
}

/// <summary>
/// Arguments that are not sent any more once their token has ended. The time is looked at when the bytes are written, after names were
/// resolved and connections made: a process that stood still in between sends no body, and without its body no tool acts.
/// </summary>
sealed class TimelyContent : HttpContent
{
    readonly ReadOnlyMemory<byte> body;
    readonly DateTimeOffset? notAfter;
    readonly TimeProvider time;

    public TimelyContent(ReadOnlyMemory<byte> body, DateTimeOffset? notAfter, TimeProvider time)
    {
        (this.body, this.notAfter, this.time) = (body, notAfter, time);
        Headers.ContentType = new MediaTypeHeaderValue("application/json");
    }

    /// <summary>Whether there was a connection to write the body to.</summary>
    public bool HasBegun { get; private set; }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        HasBegun = true;
        return time.GetUtcNow() >= notAfter ? throw new TooLateException() : stream.WriteAsync(body, cancellationToken).AsTask();
    }

    protected override bool TryComputeLength(out long length)
    {
        length = body.Length;
        return true;
    }
}

/// <summary>The token of a call ended before the call was sent.</summary>
sealed class TooLateException() : Exception("the token ended before the call could be sent");

/// <summary>An address on which no tool may stand.</summary>
sealed class AddressRefusedException(string message) : Exception(message);
