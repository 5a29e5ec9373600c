using System.CommandLine;
using Anumate;

var root = new RootCommand("Anumate: governed automation, from capsule to receipt");
foreach (var command in HostCommands.All())
{
    root.Add(command);
}

return await root.Parse(args).InvokeAsync();
