using System.CommandLine;

namespace Anumate;

/// <summary>The verbs of the host. Each loads what it needs only when it is called, so that the verbs of users start fast.</summary>
static class HostCommands
{
    public static IEnumerable<Command> All() => [ShowServices()];

    static Command ShowServices()
    {
        var command = new Command("services", "Print the services and who calls whom");
        command.SetAction(_ => new ServiceGraph(Services.All).Print(Console.Out));
        return command;
    }
}
