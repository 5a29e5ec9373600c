using Anumate.Platform.Data;
using Anumate.Platform.Http;

namespace Anumate.Connectors;

sealed class ConnectorStore(Db db)
{
    const string Upsert = """
        insert into connectors.connector as c (id, name, base_url, version, updated) values ($1, $2, $3, 1, $4)
        on conflict (tenant_id, name) do update set base_url = excluded.base_url, version = c.version + 1, updated = excluded.updated
        where c.id = $1
        """;

    const string RemoveTools = "delete from connectors.tool where connector_id = $1";

    const string InsertTool = "insert into connectors.tool (name, connector_id, body) values ($1, $2, $3)";

    const string FindByName = "select id, version from connectors.connector where name = $1";

    const string SelectOne = "select id, name, base_url, updated from connectors.connector where id = $1";

    const string ToolsOf = "select body from connectors.tool where connector_id = any($1) order by name";

    const string List = "select id, name, base_url, updated from connectors.connector where ($1::text is null or name > $1) order by name limit $2";

    const string ListOfTools = "select body from connectors.tool where ($1::text is null or name > $1) order by name limit $2";

    const string ToolsByName = "select body from connectors.tool where name = any($1) order by name";

    const string ToolWithAddress = """
        select t.body, c.base_url from connectors.tool t
        join connectors.connector c on c.tenant_id = t.tenant_id and c.id = t.connector_id
        where t.name = $1
        """;

    /// <summary>Whether a connector of this name exists, and in which version.</summary>
    public Task<(Id<Connector> Id, long Version)?> FindAsync(Caller caller, string name, CancellationToken ct) =>
        db.For(caller.Tenant).FirstAsync<(Id<Connector>, long)?>(FindByName, r => (r.Id<Connector>(0), r.GetInt64(1)), ct, name);

    public Task<Connector> SaveAsync(Caller caller, Connector connector, long version, Once once, AuditRecord record, CancellationToken ct)
    {
        var batch = db.For(caller.Tenant)
            .One(Upsert, connector.Id, connector.Name, connector.BaseUrl, connector.Updated).Or(() => Problems.Conflict($"connector `{connector.Name}` was registered at the same moment; try again"))
            .Run(RemoveTools, connector.Id);
        foreach (var tool in connector.Tools)
        {
            batch.One(InsertTool, tool.Name, connector.Id, Json.Of(tool)).Or(() => Problems.Conflict($"tool `{tool.Name}` belongs to another connector of the tenant"));
        }

        return batch.Event(caller, new ConnectorChanged(connector.Id, connector.Name, [.. connector.Tools.Select(t => t.Name)], version))
            .Audit(record)
            .SaveOnceAsync(caller, once, connector, ct);
    }

    public async Task<Connector> GetAsync(Caller caller, Id<Connector> id, CancellationToken ct)
    {
        var batch = db.For(caller.Tenant)
            .Read(SelectOne, Head, out var heads, id)
            .Read(ToolsOf, r => r.Json<Tool>(0), out var tools, (IEnumerable<Guid>)[id.Value]);
        await batch.SaveAsync(ct);
        return heads.First is { } head ? head with { Tools = tools.All } : throw Problems.NotFound("connector", id.ToString());
    }

    public async Task<Page<Connector>> ListAsync(Caller caller, PageRequest page, CancellationToken ct)
    {
        var heads = Cursor.Page(await db.For(caller.Tenant).ListAsync(List, Head, ct, Cursor.Read(page, "connectors", 1)?[0], page.Limit + 1), page, "connectors", c => [c.Name]);
        var tools = await db.For(caller.Tenant).ListAsync(ToolsOf, r => r.Json<Tool>(0), ct, (IEnumerable<Guid>)[.. heads.Items.Select(c => c.Id.Value)]);
        var byConnector = tools.ToLookup(t => t.Connector);
        return heads with { Items = [.. heads.Items.Select(c => c with { Tools = [.. byConnector[c.Id]] })] };
    }

    public async Task<Page<Tool>> ListToolsAsync(Caller caller, PageRequest page, CancellationToken ct) =>
        Cursor.Page(await db.For(caller.Tenant).ListAsync(ListOfTools, r => r.Json<Tool>(0), ct, Cursor.Read(page, "tools", 1)?[0], page.Limit + 1), page, "tools", t => [t.Name]);

    public Task<IReadOnlyList<Tool>> GetToolsAsync(Caller caller, IReadOnlyList<string> names, CancellationToken ct) =>
        db.For(caller.Tenant).ListAsync(ToolsByName, r => r.Json<Tool>(0), ct, names);

    /// <summary>A tool and the address of its server, or null.</summary>
    public Task<(Tool Tool, string BaseUrl)?> FindToolAsync(Id<Tenant> tenant, string name, CancellationToken ct) =>
        db.For(tenant).FirstAsync<(Tool, string)?>(ToolWithAddress, r => (r.Json<Tool>(0), r.GetString(1)), ct, name);

    static Connector Head(Npgsql.NpgsqlDataReader r) => new(r.Id<Connector>(0), r.GetString(1), r.GetString(2), [], r.Time(3));
}
