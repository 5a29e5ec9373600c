using System.Net;
using System.Net.Sockets;
using Anumate.Platform.Data;
using Npgsql;

namespace Anumate.Tests.Data;

/// <summary>
/// A batch is one trip, counted on the wire: each ends with the client's Sync, after which it waits. (The reset of a pooled connection is
/// a query that travels ahead in the same packet and is not waited for.)
/// </summary>
public sealed class RoundTripTests(TestDatabase database)
{
    [Fact]
    public async Task Saves_tenant_writes_events_and_audit_in_one_round_trip()
    {
        await using var wire = new Wire(database.Options);
        await using var db = new Db(wire.Options, TimeProvider.System);
        var t = new TestTenant(db);
        var caller = t.Caller();
        await db.For(t.Id).FirstAsync("select 1", r => r.GetInt32(0), default);
        for (var i = 0; i < 4; i++)
        {
            var before = wire.Trips;
            await db.For(t.Id)
                .One("insert into platform.secret (name, version, sealed, created) values ($1, 1, '', now())", $"{i}")
                .One("delete from platform.secret where name = $1", $"{i}")
                .Event(caller, new PlanCreated("sha256:00", "c", "1.0.0"))
                .Event(caller, new PlanCreated("sha256:01", "c", "1.0.0"))
                .Audit(AuditRecord.Of(caller, t.Time, "secret.put", "secret", "x"))
                .Read("select count(*) from platform.events", r => r.GetInt64(0), out var events)
                .SaveAsync(default);
            Assert.Equal(2 * (i + 1), events.First);
            Assert.Equal(1, wire.Trips - before);
        }
    }

    [Fact]
    public async Task Spends_a_second_trip_only_on_a_repeated_request()
    {
        await using var wire = new Wire(database.Options);
        await using var db = new Db(wire.Options, TimeProvider.System);
        var t = new TestTenant(db);
        await db.For(t.Id).FirstAsync("select 1", r => r.GetInt32(0), default);

        Task<PageRequest> SaveAsync(string key) => db.For(t.Id)
            .Run("insert into platform.secret (name, version, sealed, created) values ($1, 1, '', now())", key)
            .SaveOnceAsync(t.Caller(), Once.Of("test.put", key, new PageRequest(key)), new PageRequest(key), default);

        foreach (var (key, trips) in new[] { ("a", 1), ("b", 1), ("a", 2), ("c", 1), ("b", 2) })
        {
            var before = wire.Trips;
            await SaveAsync(key);
            Assert.Equal(trips, wire.Trips - before);
        }
    }

    /// <summary>Stands between a database object and the server, and reads what the server says.</summary>
    sealed class Wire : IAsyncDisposable
    {
        readonly TcpListener _listener = new(IPAddress.Loopback, 0);
        readonly NpgsqlConnectionStringBuilder _server;
        readonly List<Task> _pumps = [];
        int _trips;

        public Wire(DbOptions options)
        {
            _listener.Start();
            _server = new NpgsqlConnectionStringBuilder(options.Server);
            Options = options with
            {
                Server = new NpgsqlConnectionStringBuilder(options.Server)
                {
                    Host = "127.0.0.1", Port = ((IPEndPoint)_listener.LocalEndpoint).Port, SslMode = SslMode.Disable, GssEncryptionMode = GssEncryptionMode.Disable,
                }.ConnectionString,
            };
            _pumps.Add(AcceptAsync());
        }

        public DbOptions Options { get; }

        public int Trips => Volatile.Read(ref _trips);

        public async ValueTask DisposeAsync()
        {
            _listener.Stop();
            await _pumps[0];
        }

        async Task AcceptAsync()
        {
            try
            {
                while (true)
                {
                    var client = await _listener.AcceptSocketAsync();
                    var host = _server.Host!;
                    var server = host.StartsWith('/') ? new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified) : new Socket(SocketType.Stream, ProtocolType.Tcp);
                    await (host.StartsWith('/')
                        ? server.ConnectAsync(new UnixDomainSocketEndPoint($"{host}/.s.PGSQL.{_server.Port}"))
                        : server.ConnectAsync(host, _server.Port));
                    _pumps.Add(PumpAsync(client, server, new Reader(this)));
                    _pumps.Add(PumpAsync(server, client, null));
                }
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                // Stopped.
            }
        }

        static async Task PumpAsync(Socket from, Socket to, Reader? reader)
        {
            var buffer = new byte[64 << 10];
            try
            {
                for (int n; (n = await from.ReceiveAsync(buffer)) > 0;)
                {
                    reader?.Read(buffer.AsSpan(0, n));
                    await to.SendAsync(buffer.AsMemory(0, n));
                }
            }
            catch (SocketException)
            {
                // One side is gone; the other follows.
            }

            from.Dispose();
            to.Dispose();
        }

        /// <summary>Messages are a type byte (but for the first), four bytes of length that count themselves, and a body.</summary>
        sealed class Reader(Wire wire)
        {
            // The first message begins with its length.
            readonly byte[] _head = new byte[5];
            int _have = 1;
            int _skip;

            public void Read(ReadOnlySpan<byte> bytes)
            {
                while (!bytes.IsEmpty)
                {
                    if (_skip > 0)
                    {
                        var step = Math.Min(_skip, bytes.Length);
                        _skip -= step;
                        bytes = bytes[step..];
                        continue;
                    }

                    _head[_have++] = bytes[0];
                    bytes = bytes[1..];
                    if (_have == 5)
                    {
                        _have = 0;
                        _skip = System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(_head.AsSpan(1)) - 4;
                        if (_head[0] == (byte)'S')
                        {
                            Interlocked.Increment(ref wire._trips);
                        }
                    }
                }
            }
        }
    }
}
