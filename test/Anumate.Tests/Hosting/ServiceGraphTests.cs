using Anumate.Platform.Hosting;

namespace Anumate.Tests.Hosting;

public sealed class ServiceGraphTests
{
    // The design's graph: the most that a service may call. A service that is not listed here calls nobody.
    static readonly Dictionary<string, string[]> Design = new()
    {
        ["orchestrator"] = ["approvals", "captokens", "compiler", "connectors", "ghostruns", "policies", "registry"],
        ["ghostruns"] = ["compiler", "connectors", "identity", "policies", "registry"],
        ["compiler"] = ["connectors", "policies", "registry"],
        ["registry"] = ["approvals", "policies"],
        ["policies"] = ["connectors"],
        ["approvals"] = ["identity", "policies"],
        ["connectors"] = ["captokens"],
    };

    [Fact]
    public void Calls_are_among_those_of_the_design() =>
        Assert.All(Services.All, m => Assert.Empty(ServiceGraph.CallsOf(m).Except(Design.GetValueOrDefault(m.Name, []))));

    [Fact]
    public void Calls_form_no_cycle() => Assert.NotNull(new ServiceGraph(Services.All).Ordered());

    [Fact]
    public void A_cycle_is_found()
    {
        Module[] cycle = [Make("policies", typeof(IPolicies), typeof(IRegistry)), Make("registry", typeof(IRegistry), typeof(IPolicies))];
        Assert.Null(new ServiceGraph(cycle).Ordered());
    }

    [Fact]
    public void A_word_is_the_contract_and_the_namespace_of_its_service() => Assert.All(Services.All, m =>
    {
        Assert.Equal("I" + m.Name, m.Serves.Name, ignoreCase: true);
        Assert.Equal("Anumate." + m.Name, m.Assembly.GetName().Name, ignoreCase: true);
    });

    [Theory]
    [InlineData("identity,nosuch", "`nosuch` is not a service")]
    [InlineData("policies,identity", "`policies` calls `connectors`, which is not hosted here")]
    [InlineData("connectors", "`identity` must be among --services")]
    public void Refuses_a_choice_that_cannot_work(string words, string says)
    {
        var graph = new ServiceGraph([Make("identity", typeof(IIdentity)), Make("policies", typeof(IPolicies), typeof(IConnectors)), Make("connectors", typeof(IConnectors))]);
        Assert.Contains(says, Assert.Throws<SetupException>(() => graph.Select(words.Split(','))).Message);
    }

    [Fact]
    public void Prints_every_service_and_its_calls()
    {
        var text = new StringWriter();
        new ServiceGraph(Services.All).Print(text);
        Assert.All(Services.All, m => Assert.Matches($"(?m)^{m.Name} +{m.Serves.Name}", text.ToString()));
    }

    static Module Make(string name, Type serves, params Type[] needs) => new(name) { Serves = serves, Needs = needs, Add = (_, _) => { } };
}
