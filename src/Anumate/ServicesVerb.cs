using Anumate.Cli;

namespace Anumate;

/// <summary><c>anumate services</c>: the table and the graph.</summary>
static class ServicesVerb
{
    public static Task<int> RunAsync(Output output)
    {
        IReadOnlyDictionary<string, IReadOnlyList<string>> calls = Services.All.ToDictionary(m => m.Name, ServiceGraph.CallsOf);
        if (output.Json)
        {
            output.Raw(System.Text.Json.JsonSerializer.Serialize(calls, HostJson.Default.IReadOnlyDictionaryStringIReadOnlyListString) + "\n");
        }
        else
        {
            new ServiceGraph(Services.All).Print(Console.Out);
        }

        return Task.FromResult(ExitCode.Ok);
    }
}

[System.Text.Json.Serialization.JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = System.Text.Json.Serialization.JsonKnownNamingPolicy.SnakeCaseLower)]
[System.Text.Json.Serialization.JsonSerializable(typeof(IReadOnlyDictionary<string, IReadOnlyList<string>>))]
[System.Text.Json.Serialization.JsonSerializable(typeof(IReadOnlyDictionary<string, string>))]
sealed partial class HostJson : System.Text.Json.Serialization.JsonSerializerContext;
