using System.Text.Json;
using Anumate.PlanEngine;
using Anumate.Proofs;

namespace Anumate.Engines.Tests.Plans;

/// <summary>Builders with real defaults.</summary>
static class A
{
    public static readonly DateTimeOffset Start = new(2026, 1, 5, 9, 0, 0, TimeSpan.Zero);

    public static readonly Id<Run> Run = Id<Run>.Parse("run_01m826h01xf14v1qvyk36e7vrz");

    public static Tool Tool(string name, ToolEffect effect, string input = "{}", string output = "{}", string? lookup = null)
    {
        var (inputSchema, outputSchema) = (Element(input), Element(output));
        var digest = Digest.Of(System.Text.Encoding.UTF8.GetBytes($"{name}|{effect}|{input}|{output}")).ToString();
        return new Tool(name, new Id<Connector>(Guid.Empty), "/" + name, effect, inputSchema, outputSchema, null, lookup, [], digest);
    }

    public static CompileContext Lock(params Tool[] tools) => new(tools.ToDictionary(t => t.Name), []);

    public static JsonElement Element(string json)
    {
        using var document = JsonDocument.Parse(json);
        return document.RootElement.Clone();
    }

    /// <summary>A capsule of the parts that matter to a test.</summary>
    public static string Capsule(string spec) =>
        "apiVersion: anumate.io/v1\nkind: Capsule\nmetadata: { name: test, version: 1.0.0 }\nspec:\n" + spec;

    public static ExecutablePlan Plan(string spec, params Tool[] tools)
    {
        var reading = CapsuleReader.Read(Capsule(spec));
        Assert.True(reading.IsValid, string.Join('\n', reading.Diagnostics));
        var compilation = PlanCompiler.Compile(reading.Capsule, Lock(tools));
        Assert.True(compilation.IsValid, string.Join('\n', compilation.Diagnostics));
        return compilation.Plan;
    }

    /// <summary>The sample that the demo runs.</summary>
    public static class RefundOrder
    {
        public static string Source => Repository.Read("samples", "refund-order", "capsule.yaml");

        public static CompileContext Lock { get; } = Load();

        public static ExecutablePlan Plan { get; } = Compile();

        public static Json Inputs(double amount) =>
            Json.Parse($$"""{"order_id":"A-1001","amount":{{amount}},"currency":"EUR","email":"ann@example.org"}""");

        static ExecutablePlan Compile()
        {
            var reading = CapsuleReader.Read(Source);
            Assert.True(reading.IsValid, string.Join('\n', reading.Diagnostics));
            var compilation = PlanCompiler.Compile(reading.Capsule, Lock);
            Assert.True(compilation.IsValid, string.Join('\n', compilation.Diagnostics));
            return compilation.Plan;
        }

        static CompileContext Load()
        {
            var put = JsonSerializer.Deserialize<PutConnector>(Repository.Read("samples", "refund-order", "tools.json"), AnumateJson.Options)!;
            var tools = put.Tools.Select(t => new Tool(
                t.Name, new Id<Connector>(Guid.Empty), t.Path, t.Effect, t.InputSchema, t.OutputSchema, t.Description, t.LookupPath, t.Examples ?? [],
                Digest.OfJson(A.Element($$"""{"name":"{{t.Name}}","input":{{t.InputSchema}},"output":{{t.OutputSchema}}}""")).ToString()));
            var policy = new PolicyVersion(new Id<Policy>(Guid.Empty), "payments.refunds", 3, PolicyBinding.Capsule,
                "sha256:" + new string('0', 64), "", new Id<Principal>(Guid.Empty), Start);
            return new CompileContext(tools.ToDictionary(t => t.Name), [policy]);
        }
    }
}
