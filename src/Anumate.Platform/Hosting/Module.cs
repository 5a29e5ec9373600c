using System.Reflection;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Anumate.Platform.Hosting;

/// <summary>
/// One service as data: its word (folder, schema, config section, <c>--services</c> value, log category, meter), the contract it
/// serves, the contracts it calls, what it registers and what it maps. The host's table holds one per service.
/// </summary>
public sealed class Module(string name)
{
    /// <summary>The service's word, e.g. <c>policies</c>.</summary>
    public string Name { get; } = name;

    /// <summary>The contract interface that the service implements.</summary>
    public required Type Serves { get; init; }

    /// <summary>The contract interfaces it calls. Calls go down only; a test keeps the graph acyclic and as DESIGN section 3 has it.</summary>
    public IReadOnlyList<Type> Needs { get; init; } = [];

    /// <summary>Registers the service (singletons) and its workers; the configuration is its own section, <c>Anumate:Policies</c>.</summary>
    public required Action<IServiceCollection, IConfiguration> Add { get; init; }

    /// <summary>Maps its routes under <c>/v1</c>, or null for a service without any.</summary>
    public Action<IEndpointRouteBuilder>? Map { get; init; }

    /// <summary>The assembly that embeds <c>Migrations/NNNN_name.sql</c> for the schema <see cref="Name"/>.</summary>
    public Assembly Assembly => Add.Method.Module.Assembly;

    /// <summary>The configuration section, <c>Anumate:Policies</c>; environment <c>ANUMATE__POLICIES__…</c>.</summary>
    public string Section => $"Anumate:{char.ToUpperInvariant(Name[0])}{Name[1..]}";
}

public static class ModuleServices
{
    /// <summary>Binds a section to options that are checked when the host starts.</summary>
    public static IServiceCollection AddOptionsOf<TOptions, TValidator>(this IServiceCollection services, IConfiguration section)
        where TOptions : class, new()
        where TValidator : class, IValidateOptions<TOptions>
    {
        services.AddOptions<TOptions>().Bind(section, binder => binder.ErrorOnUnknownConfiguration = true).ValidateOnStart();
        services.AddSingleton<IValidateOptions<TOptions>, TValidator>();
        services.AddSingleton(sp => sp.GetRequiredService<IOptions<TOptions>>().Value);
        services.AddSingleton(new OptionsSection(((IConfigurationSection)section).Path, () => section.Get<TOptions>() ?? new TOptions()));
        return services;
    }
}

/// <summary>A configuration section and its values in effect, before they are checked; <c>anumate config</c> prints them.</summary>
public sealed record OptionsSection(string Path, Func<object> Value);
