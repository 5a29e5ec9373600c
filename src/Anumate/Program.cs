using System.CommandLine;
using Anumate;
using Anumate.Cli;

var root = new RootCommand("Anumate: governed automation, from capsule to receipt");
UserCommands.AddTo(root);
HostCommands.AddTo(root);

// A server gets time to end what is in flight; its own limit is Anumate:Server:ShutdownTimeout.
var parsed = root.Parse(args);
var code = await parsed.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = TimeSpan.FromMinutes(6) });
return parsed.Errors.Count > 0 ? ExitCode.Usage : code;
