using System.Reflection;
using Microsoft.Extensions.DependencyInjection;

namespace Anumate.Tests.Redactions;

/// <summary>A door before the policies service: while it is shut, nobody is told what rules a tenant.</summary>
sealed class Door
{
    public volatile bool IsShut;

    /// <summary>Puts the door into a host.</summary>
    public void Set(IServiceCollection services)
    {
        var policies = services.Single(d => d.ServiceType == typeof(IPolicies));
        services.Remove(policies);
        services.AddSingleton(p =>
        {
            var proxy = DispatchProxy.Create<IPolicies, Proxy>();
            var inner = policies.ImplementationFactory?.Invoke(p) ?? ActivatorUtilities.CreateInstance(p, policies.ImplementationType!);
            (((Proxy)(object)proxy).Inner, ((Proxy)(object)proxy).Door) = ((IPolicies)inner, this);
            return proxy;
        });
    }

#pragma warning disable CA1852 // its subtype is made at run time
    class Proxy : DispatchProxy
#pragma warning restore CA1852
    {
        public IPolicies Inner { get; set; } = null!;

        public Door Door { get; set; } = null!;

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) =>
            Door.IsShut && targetMethod!.Name == nameof(IPolicies.GetBundleAsync)
                ? Task.FromException<PolicyBundle>(Problems.Unavailable("the door is shut"))
                : targetMethod!.Invoke(Inner, args);
    }
}
