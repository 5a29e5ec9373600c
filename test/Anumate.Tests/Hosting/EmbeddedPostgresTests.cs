using Anumate.Platform.Hosting;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace Anumate.Tests.Hosting;

public sealed class EmbeddedPostgresTests : IDisposable
{
    private readonly TempFolder _temp = new();

    public void Dispose() => _temp.Dispose();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private static Task<EmbeddedPostgres> StartAsync(DataClaim claim, EmbeddedPostgresOptions? options = null) =>
        EmbeddedPostgres.StartAsync(claim, options ?? new(), NullLogger<EmbeddedPostgres>.Instance, Ct);

    private static async Task<T> AskAsync<T>(EmbeddedPostgres postgres, string sql)
    {
        await using var connection = new NpgsqlConnection(postgres.ConnectionString() + ";Pooling=false");
        await connection.OpenAsync(Ct);
        await using var command = new NpgsqlCommand(sql, connection);
        return (T)(await command.ExecuteScalarAsync(Ct))!;
    }

    [Fact]
    public async Task Starts_in_an_empty_folder_and_keeps_its_data_over_a_restart()
    {
        using var claim = _temp.Data.Claim();
        await using (var first = await StartAsync(claim))
        {
            await AskAsync<int>(first, "create table kept as select 42 as value; select 1");
        }
        await using var second = await StartAsync(claim);
        Assert.Equal(42, await AskAsync<int>(second, "select value from kept"));
    }
}
