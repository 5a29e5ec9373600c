using Anumate.ChaosTools;

// The oracle of the chaos runs: ChaosTools PORT RECORD. Tools that write every execution which reaches them into RECORD before they answer,
// twice if it comes twice, and that misbehave on demand. Plain sockets, since a well-behaved HTTP server cannot answer a request twice.
// Ends with its input: with whoever started it, however that ends.
using var record = new Executions(args[1]);
await Task.WhenAny(new ToolListener(int.Parse(args[0]), record).RunAsync(), Console.In.ReadToEndAsync());
