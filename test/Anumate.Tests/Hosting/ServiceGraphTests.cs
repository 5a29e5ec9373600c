using Anumate.Platform.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

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

    [Fact]
    public void Refuses_what_is_no_service() =>
        Assert.Contains("`nosuch` is not a service", Assert.Throws<SetupException>(() => Services.Hosted("identity,nosuch")).Message);

    [Theory]
    [InlineData("compiler,identity,policies", "`registry` is called by `compiler`, and is neither hosted here nor has an address", "`connectors` is called by `compiler`")]
    [InlineData("captokens", "`identity` is called by the edge of every process, and is neither hosted here nor has an address", "ANUMATE__SERVICES__IDENTITY")]
    [InlineData("approvals", "`identity` is called by `approvals` and the edge of every process", "add what is missing to --services")]
    public void Says_which_service_is_needed_and_has_no_address(string words, string says, string also)
    {
        var message = Assert.Throws<SetupException>(() => new ServiceCollection().AddClients(Services.Hosted(words), new ServiceAddresses(new Dictionary<string, Uri>()))).Message;
        Assert.Contains(says, message);
        Assert.Contains(also, message);
    }

    [Theory]
    [InlineData("nosuch", "http://127.0.0.1:1", "`nosuch` is not a service")]
    [InlineData("identity", "127.0.0.1:7400", "is not an address")]
    [InlineData("identity", "ftp://127.0.0.1", "is not an address")]
    [InlineData("identity", "http://127.0.0.1/inside", "is not an address")]
    public void Refuses_an_address_that_is_none(string word, string address, string says) => Assert.Contains(says, Assert.Throws<SetupException>(() =>
        ServiceAddresses.Of(new ConfigurationBuilder().AddInMemoryCollection([new($"Anumate:Services:{word}", address)]).Build())).Message);

    [Fact]
    public void Each_contract_is_met_by_the_service_or_by_its_client() => Assert.All(Services.All, m =>
    {
        var elsewhere = ServiceGraph.Elsewhere([.. Services.All.Where(other => other != m)]);
        Assert.Equal(Services.All.Any(other => other.Needs.Contains(m.Serves)) || m.Serves == typeof(IIdentity), elsewhere.Any(e => e.Contract == m.Serves));
        Assert.All(elsewhere, e => Assert.Equal(m.Serves, e.Contract));
    });

    [Fact]
    public void Prints_every_service_and_its_calls()
    {
        var text = new StringWriter();
        new ServiceGraph(Services.All).Print(text);
        Assert.All(Services.All, m => Assert.Matches($"(?m)^{m.Name} +{m.Serves.Name}", text.ToString()));
    }

    static Module Make(string name, Type serves, params Type[] needs) => new(name) { Serves = serves, Needs = needs, Add = (_, _) => { } };
}
