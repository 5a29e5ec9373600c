using System.Globalization;
using System.Reflection;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Metadata;

namespace Anumate.Platform.Http;

/// <summary>A header or query parameter that a bindable type stands for; OpenAPI and the check for unknown query names read it.</summary>
public sealed record ParameterMetadata(string Name, bool InQuery, bool Required, string Description, string Type, string? Example = null);

/// <summary>The <c>Idempotency-Key</c> header, null when absent; goes into the contract record: <c>body.Value with { IdempotencyKey = key }</c>.</summary>
public sealed record IdempotencyKey(string? Value) : IBindableFromHttpContext<IdempotencyKey>, IEndpointParameterMetadataProvider
{
    public const string Header = "Idempotency-Key";
    public const int MaxLength = 200;

    public static implicit operator string?(IdempotencyKey key) => key.Value;

    public static ValueTask<IdempotencyKey?> BindAsync(HttpContext context, ParameterInfo parameter)
    {
        var header = context.Request.Headers[Header];
        if (header.Count == 0)
        {
            return ValueTask.FromResult<IdempotencyKey?>(new IdempotencyKey((string?)null));
        }

        var value = header.Count == 1 ? header[0] : null;
        return Text.IsVisibleAscii(value, MaxLength)
            ? ValueTask.FromResult<IdempotencyKey?>(new IdempotencyKey(value))
            : throw Problems.Invalid($"header `{Header}` must be one value of 1 to {MaxLength} visible ASCII characters");
    }

    public static void PopulateMetadata(ParameterInfo parameter, EndpointBuilder builder) => builder.Metadata.Add(new ParameterMetadata(
        Header, InQuery: false, Required: false,
        "makes a repeated request safe for 24 hours: the first answer is given again; the same key with another content is refused", "string", "order-4711-1"));
}

/// <summary>The <c>If-Match</c> header: the version that the caller has seen, as the <c>ETag</c> of the read gave it. Required where it is taken.</summary>
public sealed record IfMatch(long Version) : IBindableFromHttpContext<IfMatch>, IEndpointParameterMetadataProvider
{
    public static implicit operator long(IfMatch match) => match.Version;

    public static ValueTask<IfMatch?> BindAsync(HttpContext context, ParameterInfo parameter)
    {
        var header = context.Request.Headers.IfMatch;
        if (header.Count == 0)
        {
            throw HttpProblems.IfMatchRequired();
        }

        return ETag.TryParse(header.ToString(), out var version)
            ? ValueTask.FromResult<IfMatch?>(new IfMatch(version))
            : throw Problems.Invalid($"header `If-Match` must be one strong entity tag as `ETag` gave it, like \"3\"; it was `{Text.Excerpt(header.ToString())}`");
    }

    public static void PopulateMetadata(ParameterInfo parameter, EndpointBuilder builder) => builder.Metadata.Add(new ParameterMetadata(
        "If-Match", InQuery: false, Required: true, "the `ETag` of the version that the change is based on", "string", "\"3\""));
}

/// <summary>The query parameters <c>cursor</c> and <c>limit</c> of a list.</summary>
public sealed record PageQuery(PageRequest Value) : IBindableFromHttpContext<PageQuery>, IEndpointParameterMetadataProvider
{
    public static implicit operator PageRequest(PageQuery query) => query.Value;

    public static ValueTask<PageQuery?> BindAsync(HttpContext context, ParameterInfo parameter)
    {
        var query = context.Request.Query;
        var page = new PageRequest(One("cursor"));
        if (One("limit") is { } text)
        {
            page = int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var limit)
                ? page with { Limit = limit }
                : throw Problems.Invalid($"`limit` must be between 1 and {PageRequest.MaxLimit}, it was `{Text.Excerpt(text)}`");
        }

        return ValueTask.FromResult<PageQuery?>(new PageQuery(page.Checked()));

        string? One(string name) => query[name] switch
        {
            [] => null,
            [{ Length: > 0 } one] => one,
            _ => throw Problems.Invalid($"query parameter `{name}` must have one value"),
        };
    }

    public static void PopulateMetadata(ParameterInfo parameter, EndpointBuilder builder)
    {
        builder.Metadata.Add(new ParameterMetadata("cursor", InQuery: true, Required: false, "`next` of the page before; absent for the first page", "string"));
        builder.Metadata.Add(new ParameterMetadata("limit", InQuery: true, Required: false, $"the most items of a page, 1 to {PageRequest.MaxLimit}", "integer", "50"));
    }
}

/// <summary>Strong entity tags: the object's version in quotes.</summary>
public static class ETag
{
    public static string Of(long version) => string.Create(CultureInfo.InvariantCulture, $"\"{version}\"");

    public static bool TryParse(string text, out long version)
    {
        version = 0;
        return text is ['"', .. { Length: > 0 and < 20 } digits, '"']
            && long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out version)
            && (digits.Length == 1 || digits[0] != '0');
    }
}
