using System.Text.Json;
using System.Text.Json.Nodes;
using Anumate.Platform.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.OpenApi;

namespace Anumate.Platform.Http;

/// <summary>Examples of a route's request and answer, for its description.</summary>
public sealed record ExampleMetadata(object? Request, object? Response);

/// <summary>The OpenAPI document of each service at <c>/openapi/&lt;service&gt;.json</c>.</summary>
public static class ApiDocuments
{
    const string Bearer = "bearer";

    /// <summary>Shows what a request and its answer look like.</summary>
    public static TBuilder Example<TBuilder>(this TBuilder endpoint, object? request = null, object? response = null)
        where TBuilder : IEndpointConventionBuilder => endpoint.WithMetadata(new ExampleMetadata(request, response));

    public static void AddApiDocuments(this IServiceCollection services, IReadOnlyList<Module> modules)
    {
        foreach (var module in modules.Where(m => m.Map is not null))
        {
            services.AddOpenApi(module.Name, options =>
            {
                options.OpenApiVersion = OpenApiSpecVersion.OpenApi3_1;
                options.CreateSchemaReferenceId = ApiSchemas.NameOf;
                options.AddDocumentTransformer((document, _, _) => Describe(document, module));
                options.AddOperationTransformer((operation, context, ct) => ApiOperations.DescribeAsync(operation, context, module, ct));
                options.AddSchemaTransformer(ApiSchemas.Describe);
            });
        }
    }

    public static void MapApiDocuments(this IEndpointRouteBuilder routes) => routes.MapOpenApi("/openapi/{documentName}.json");

    static Task Describe(OpenApiDocument document, Module module)
    {
        document.Info = new OpenApiInfo
        {
            Title = $"Anumate {module.Name}",
            Version = "v1",
            Description = ApiComments.Of(module.Serves),
            License = new OpenApiLicense { Name = "Apache-2.0", Identifier = "Apache-2.0" },
        };
        document.Servers = [new OpenApiServer { Url = "/", Description = "this server" }];
        document.Components ??= new OpenApiComponents();
        document.Components.SecuritySchemes = new Dictionary<string, IOpenApiSecurityScheme>
        {
            [Bearer] = new OpenApiSecurityScheme
            {
                Type = SecuritySchemeType.Http,
                Scheme = "bearer",
                Description = "an access token (`POST /v1/sign-in`) or an API key (`ank_…`)",
            },
        };
        document.Security = [new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(Bearer, document)] = [] }];
        document.Tags = new HashSet<OpenApiTag> { new() { Name = module.Name, Description = ApiComments.Of(module.Serves) } };
        return Task.CompletedTask;
    }

    internal static JsonNode? NodeOf(object? value) => value is null ? null : JsonSerializer.SerializeToNode(value, AnumateJson.Options.GetTypeInfo(value.GetType()));
}
