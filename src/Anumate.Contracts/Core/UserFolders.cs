namespace Anumate;

/// <summary>Where files live by default on this machine, after the XDG base directory specification.</summary>
public static class UserFolders
{
    /// <summary>Profiles and settings of the user: <c>$XDG_CONFIG_HOME/anumate</c>, else <c>~/.config/anumate</c>.</summary>
    public static string Config => Explicit("XDG_CONFIG_HOME") ?? Home(".config");

    /// <summary>
    /// The default data folder: <c>$XDG_DATA_HOME/anumate</c>, else <c>~/.local/share/anumate</c>. For root it is <c>/var/lib/anumate</c>:
    /// PostgreSQL runs under another user there, and that user cannot enter root's home.
    /// </summary>
    public static string Data => Explicit("XDG_DATA_HOME") ?? (Root ? "/var/lib/anumate" : Home(".local/share"));

    /// <summary>What can be fetched again: <c>$XDG_CACHE_HOME/anumate</c>, else <c>~/.cache/anumate</c>; <c>/var/cache/anumate</c> for root.</summary>
    public static string Cache => Explicit("XDG_CACHE_HOME") ?? (Root ? "/var/cache/anumate" : Home(".cache"));

    private static bool Root => !OperatingSystem.IsWindows() && Environment.IsPrivilegedProcess;

    // The specification: a relative path is not valid and is ignored.
    private static string? Explicit(string variable) =>
        Environment.GetEnvironmentVariable(variable) is { } path && Path.IsPathRooted(path) ? Path.Combine(path, "anumate") : null;

    private static string Home(string below) =>
        Environment.GetFolderPath(Environment.SpecialFolder.UserProfile, Environment.SpecialFolderOption.DoNotVerify) is { Length: > 0 } home
            ? Path.Combine(home, below, "anumate")
            : throw new SetupException("this user has no home folder; set HOME, or name a folder with --data");
}
