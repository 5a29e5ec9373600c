using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Anumate.Platform.Hosting;

/// <summary>Section <c>Anumate:Server</c>.</summary>
public sealed class ServerOptions
{
    public const string Section = "Anumate:Server";

    /// <summary>Where the server listens; several addresses are parted by semicolons. Loopback unless told otherwise.</summary>
    [Required]
    public string Urls { get; set; } = "http://127.0.0.1:7400";

    /// <summary>How long requests in flight may take to end when the server is told to stop.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:05:00")]
    public TimeSpan ShutdownTimeout { get; set; } = TimeSpan.FromSeconds(8);

    /// <summary>The most connections at once.</summary>
    [Range(1, 1_000_000)]
    public int MaxConnections { get; set; } = 20_000;
}

[OptionsValidator]
public sealed partial class ServerOptionsValidator : IValidateOptions<ServerOptions>;
