using System.Buffers;
using System.Collections.Frozen;
using System.Reflection;
using Anumate.Proofs;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Routing;

namespace Anumate.Platform.Http;

/// <summary>What the edge checks before an endpoint runs, read once from the signature of its handler.</summary>
sealed record EdgeMetadata(IReadOnlyList<(string Name, string Prefix)> Ids, FrozenSet<string> QueryNames)
{
    /// <summary>The word of the service whose contract the handler calls, and the method as tokens name it; null for what is no contract's.</summary>
    public (string Service, string Name)? Method { get; init; }

    public static void AddTo(EndpointBuilder builder)
    {
        if (builder is not RouteEndpointBuilder route || builder.Metadata.OfType<MethodInfo>().FirstOrDefault() is not { } handler)
        {
            return;
        }

        var inRoute = route.RoutePattern.Parameters.Select(p => p.Name).ToHashSet(StringComparer.OrdinalIgnoreCase);
        var ids = new List<(string, string)>();
        var query = new HashSet<string>(StringComparer.Ordinal);
        foreach (var parameter in handler.GetParameters())
        {
            if (inRoute.Contains(parameter.Name!))
            {
                if (PrefixOf(parameter.ParameterType) is { } prefix)
                {
                    ids.Add((parameter.Name!, prefix));
                }
            }
            else if (IsQuery(parameter))
            {
                query.Add(parameter.GetCustomAttributes().OfType<IFromQueryMetadata>().FirstOrDefault()?.Name ?? parameter.Name!);
            }
        }

        query.UnionWith(builder.Metadata.OfType<ParameterMetadata>().Where(p => p.InQuery).Select(p => p.Name));
        builder.Metadata.Add(new EdgeMetadata(ids, query.ToFrozenSet()) { Method = MethodOf(handler) });
    }

    /// <summary>A malformed id in the route names no object: 404, like an unknown one. An unknown query name is a 400: nothing asked for is ignored.</summary>
    public void Check(HttpRequest request)
    {
        foreach (var (name, prefix) in Ids)
        {
            var text = request.RouteValues[name] as string;
            if (!IsId(text, prefix))
            {
                throw HttpProblems.IdMalformed(text ?? "", prefix);
            }
        }

        foreach (var name in request.Query.Keys)
        {
            if (!QueryNames.Contains(name))
            {
                throw Problems.Invalid($"unknown query parameter `{Text.Excerpt(name)}`; "
                    + (QueryNames.Count == 0 ? "this route takes none" : $"this route takes {string.Join(", ", QueryNames.Order().Select(n => $"`{n}`"))}"));
            }
        }
    }

    // A handler has the name of the contract method that it calls.
    static (string, string)? MethodOf(MethodInfo handler) =>
        handler.GetParameters().Select(p => p.ParameterType).FirstOrDefault(t => t.IsInterface && t.Assembly == typeof(Caller).Assembly) is { } contract
        && contract.GetMethod(handler.Name + "Async") is { } method
            ? (contract.Name[1..].ToLowerInvariant(), ServiceTokenClaims.MethodOf(contract.Name[1..].ToLowerInvariant(), method.Name))
            : null;

    static bool IsQuery(ParameterInfo parameter)
    {
        var type = Nullable.GetUnderlyingType(parameter.ParameterType) ?? parameter.ParameterType;
        type = type.IsArray ? type.GetElementType()! : type;
        return parameter.GetCustomAttributes().OfType<IFromQueryMetadata>().Any()
            || ((type == typeof(string) || type.IsEnum || type.GetInterfaces().Any(i => i.IsGenericType && i.GetGenericTypeDefinition() == typeof(IParsable<>)))
                && !parameter.GetCustomAttributes().OfType<IFromHeaderMetadata>().Any());
    }

    static string? PrefixOf(Type type) => type is { IsGenericType: true } && type.GetGenericTypeDefinition() == typeof(Id<>)
        ? (string)type.GetGenericArguments()[0].GetProperty(nameof(IEntity.Prefix), BindingFlags.Public | BindingFlags.Static)!.GetValue(null)!
        : null;

    static readonly SearchValues<char> Digits = SearchValues.Create("0123456789abcdefghjkmnpqrstvwxyz");

    // The shape of Id<T>: canonical Crockford base32 of 128 bits, hence a first digit of 0 to 7.
    static bool IsId(string? text, string prefix) =>
        text is not null && text.Length == prefix.Length + 27 && text.StartsWith(prefix, StringComparison.Ordinal) && text[prefix.Length] == '_'
        && text[prefix.Length + 1] is >= '0' and <= '7'
        && !text.AsSpan(prefix.Length + 1).ContainsAnyExcept(Digits);
}
