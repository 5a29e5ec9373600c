using System.Security.Cryptography;
using Anumate.Platform.Hosting;
using Microsoft.AspNetCore.Builder;
using Scalar.AspNetCore;

namespace Anumate;

/// <summary>The reference pages of the API at <c>/docs</c>. Everything they load comes from this server; nothing is sent elsewhere.</summary>
static class ApiReference
{
    public static void MapApiReference(this WebApplication app, IReadOnlyList<Module> modules) => app.MapScalarApiReference("/docs", (options, context) =>
    {
        var nonce = Convert.ToBase64String(RandomNumberGenerator.GetBytes(16));
        context.Response.Headers.ContentSecurityPolicy = $"default-src 'none'; script-src 'self' 'nonce-{nonce}'; style-src 'self' 'unsafe-inline'; "
            + "img-src 'self' data:; font-src 'self' data:; connect-src 'self'; worker-src 'self' blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
        options.Title = "Anumate API";
        options.Nonce = nonce;
        options.OpenApiRoutePattern = "/openapi/{documentName}.json";
        options.DefaultFonts = false;
        options.Telemetry = false;
        options.PersistentAuthentication = false;

        // Their buttons lead to services of the page's makers: sharing the document, asking an AI, deploying.
        options.HideDeveloperTools().DisableAgent().DisableMcp().HideClientButton();
        options.AddDocuments(modules.Where(m => m.Map is not null).Select(m => m.Name).Order(StringComparer.Ordinal));
    });
}
