using System.Reflection;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;
using Module = Anumate.Platform.Hosting.Module;

namespace Anumate.Platform.Http;

/// <summary>What the edge and the bindable parameters add to the description of a route.</summary>
static class ApiOperations
{
    const string ProblemJson = "application/problem+json";

    public static async Task DescribeAsync(OpenApiOperation operation, OpenApiOperationTransformerContext context, Module module, CancellationToken ct)
    {
        var metadata = context.Description.ActionDescriptor.EndpointMetadata;
        var route = "/" + context.Description.RelativePath!.Split('?')[0];
        var handler = metadata.OfType<MethodInfo>().First();
        operation.OperationId ??= $"{module.Name}{handler.Name}";
        operation.Tags = new HashSet<OpenApiTagReference> { new(module.Name, context.Document) };
        var scope = metadata.OfType<DemandedScope>().FirstOrDefault()?.Scope;
        var isPublic = PublicRoutes.Reasons.ContainsKey(route);
        operation.Description = string.Join("\n\n", new[]
        {
            operation.Description,
            scope is null ? null : $"Needs the scope `{scope}`.",
            isPublic ? "Needs no credential." : null,
            metadata.OfType<DemandedCredential>().FirstOrDefault() switch
            {
                { OfProcess: true } => "Takes the token of a process of the platform alone.",
                { OfProcess: false } => "Takes the principal's own credential alone: no process does it in somebody's name.",
                _ => null,
            },
        }.Where(t => !string.IsNullOrEmpty(t)));
        if (isPublic)
        {
            operation.Security = [];
        }

        AddParameters(operation, metadata.OfType<ParameterMetadata>());
        DescribeBound(operation, handler);
        await AddProblemsAsync(operation, context, metadata, scope, isPublic, ct);
        AddExamples(operation, context, metadata.OfType<ExampleMetadata>().FirstOrDefault());
    }

    // Ids and words are bound from text; what text they are is known from the handler.
    static void DescribeBound(OpenApiOperation operation, MethodInfo handler)
    {
        foreach (var parameter in (operation.Parameters ?? []).OfType<OpenApiParameter>())
        {
            if (handler.GetParameters().FirstOrDefault(p => p.Name == parameter.Name) is { } bound && ApiSchemas.OfParameter(bound.ParameterType) is { } schema)
            {
                parameter.Schema = schema;
                parameter.Example = ApiSchemas.Prefix(bound.ParameterType) is { } prefix ? JsonValue.Create($"{prefix}_01m826h01xf14v1qvyk36e7vrz") : null;
            }
        }
    }

    static void AddParameters(OpenApiOperation operation, IEnumerable<ParameterMetadata> parameters)
    {
        foreach (var p in parameters)
        {
            operation.Parameters ??= [];
            operation.Parameters.Add(new OpenApiParameter
            {
                Name = p.Name,
                In = p.InQuery ? ParameterLocation.Query : ParameterLocation.Header,
                Required = p.Required,
                Description = p.Description,
                Schema = new OpenApiSchema { Type = p.Type == "integer" ? JsonSchemaType.Integer : JsonSchemaType.String },
                Example = p.Example is null ? null : p.Type == "integer" ? JsonValue.Create(int.Parse(p.Example)) : JsonValue.Create(p.Example),
            });
        }
    }

    // Which problems a route can answer follows from what it takes.
    static async Task AddProblemsAsync(
        OpenApiOperation operation, OpenApiOperationTransformerContext context, IList<object> metadata, string? scope, bool isPublic, CancellationToken ct)
    {
        var hasBody = operation.RequestBody is not null;
        var hasId = (operation.Parameters ?? []).Any(p => p.In == ParameterLocation.Path);
        var names = metadata.OfType<ParameterMetadata>().Select(p => p.Name).ToHashSet();
        var problems = new List<(int Status, string Description)> { (400, "The request is not valid") };
        AddIf(!isPublic || hasBody, 401, "No valid credential");
        AddIf(scope is not null, 403, "The caller may not do this");
        AddIf(hasId, 404, "There is no such object in the caller's tenant");
        AddIf(names.Contains("If-Match") || (hasBody && scope is not null), 409, "The state of the object does not allow this");
        AddIf(hasBody, 413, "The body is too large");
        AddIf(hasBody, 415, "The body is not JSON");
        AddIf(names.Contains(IdempotencyKey.Header), 422, "The idempotency key was used with another request, or the document is not valid");
        AddIf(names.Contains("If-Match"), 428, "The `If-Match` header is missing");
        AddIf(!isPublic, 429, "The tenant has used up its requests; try again after `Retry-After` seconds");
        problems.Add((503, "A dependency is not available; try again after `Retry-After` seconds"));

        var schema = await context.GetOrCreateSchemaAsync(typeof(Problem), null, ct);
        context.Document!.AddComponent("Problem", schema);
        operation.Responses ??= [];
        foreach (var (status, description) in problems.Where(p => !operation.Responses.ContainsKey(p.Status.ToString())))
        {
            operation.Responses[status.ToString()] = new OpenApiResponse
            {
                Description = description,
                Content = new Dictionary<string, OpenApiMediaType>
                {
                    [ProblemJson] = new() { Schema = new OpenApiSchemaReference("Problem", context.Document) },
                },
            };
        }

        void AddIf(bool applies, int status, string description)
        {
            if (applies)
            {
                problems.Add((status, description));
            }
        }
    }

    static void AddExamples(OpenApiOperation operation, OpenApiOperationTransformerContext context, ExampleMetadata? given)
    {
        var takes = context.Description.ActionDescriptor.EndpointMetadata.OfType<IAcceptsMetadata>().FirstOrDefault()?.RequestType;
        if (operation.RequestBody?.Content?.Values.FirstOrDefault() is { } body && takes is not null)
        {
            body.Example = ApiDocuments.NodeOf(given?.Request) ?? ApiExamples.Of(takes);
        }

        var answers = context.Description.SupportedResponseTypes.FirstOrDefault(r => r.StatusCode is >= 200 and < 300)?.Type;
        if (operation.Responses?.FirstOrDefault(r => r.Key.StartsWith('2')).Value?.Content is { } content && answers is not null
            && content.TryGetValue("application/json", out var answer))
        {
            answer.Example = ApiDocuments.NodeOf(given?.Response) ?? ApiExamples.Of(answers);
        }
    }
}
