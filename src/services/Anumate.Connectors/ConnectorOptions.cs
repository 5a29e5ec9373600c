using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Anumate.Connectors;

/// <summary>Section <c>Anumate:Connectors</c>.</summary>
public sealed class ConnectorOptions
{
    /// <summary>Whether tools may stand on loopback and private addresses. Off by default: a tenant could reach what stands behind the server.</summary>
    public bool AllowPrivateAddresses { get; init; }

    /// <summary>The largest answer of a tool, in bytes.</summary>
    [Range(1024, 16 * 1024 * 1024)]
    public int MaxAnswerBytes { get; init; } = 1024 * 1024;

    /// <summary>How old a tool of the cache may be; a changed tool is refused by its digest in any case.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:05:00")]
    public TimeSpan CacheFor { get; init; } = TimeSpan.FromSeconds(2);
}

[OptionsValidator]
sealed partial class ConnectorOptionsValidator : IValidateOptions<ConnectorOptions>;
