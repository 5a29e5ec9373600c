using Anumate;
using Anumate.Platform.Hosting;
using Microsoft.Extensions.Logging.Abstractions;

// A host with nothing but the embedded PostgreSQL, for tests that kill a host or run one as another user:
// PostgresHost DATA [--no-installed]. Prints the server's process id and connection string when it is ready, and ends with its input.
try
{
    using var claim = DataFolder.Open(args[0]).Claim();
    var options = new EmbeddedPostgresOptions { UseInstalled = !args.Contains("--no-installed") };
    await using var postgres = await EmbeddedPostgres.StartAsync(claim, options, NullLogger<EmbeddedPostgres>.Instance, CancellationToken.None);
    Console.WriteLine(postgres.ProcessId);
    Console.WriteLine(postgres.ConnectionString());
    await Console.In.ReadToEndAsync();
    return 0;
}
catch (SetupException e)
{
    Console.WriteLine(e.Message);
    return 1;
}
