using Anumate.Tests.GoldenPath;
using Npgsql;

namespace Anumate.Tests.Chaos;

/// <summary>A run's state in memory is ahead of the journal while a commit is under way.</summary>
public sealed class ShownIsDurableTests(ToolProgram tools)
{
    // The commit of a run that begins to wait for an approval takes long enough for many to ask meanwhile.
    const string Slow = """
        create function public.slow() returns trigger language plpgsql as $$ begin perform pg_sleep(0.7); return new; end $$;
        create trigger slow before update on orchestrator.run for each row when (new.status = 'waiting_approval') execute function public.slow();
        grant execute on function public.slow() to public;
        """;

    [Fact]
    public async Task A_run_is_shown_as_it_is_in_the_database_and_not_as_it_is_about_to_be()
    {
        await using var schema = await TestSchema.MakeAsync(TestDatabase.Current.Server, TimeProvider.System);
        await using var running = await RunningServer.StartAsync(schema.Options);
        var a = await Automation.MakeAsync(await running.NewTenantAsync(), tools);
        await using (var connection = new NpgsqlConnection(a.Tenant.Admin))
        {
            await connection.OpenAsync();
            await using var slow = new NpgsqlCommand(Slow, connection);
            await slow.ExecuteNonQueryAsync();
        }

        var (runs, olga) = (a.Tenant.Get<IOrchestrator>(), await a.Tenant.CallerAsync("olga"));
        var run = await runs.ExecuteAsync(olga, new NewRun(a.Plan.PlanHash, Automation.Inputs(600)), default);
        while ((await runs.GetAsync(olga, run.Id, default)).Status == RunStatus.Running)
        {
            await Task.Delay(5);
        }

        Assert.Equal(1, await a.Tenant.CountAsync("orchestrator.run", $"id = '{run.Id.Value}' and status = 'waiting_approval'"));
    }
}
