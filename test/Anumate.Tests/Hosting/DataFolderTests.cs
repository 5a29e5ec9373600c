using System.Text;
using Anumate.Platform.Hosting;

namespace Anumate.Tests.Hosting;

public sealed class DataFolderTests : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private readonly TempFolder _temp = new();

    public void Dispose() => _temp.Dispose();

    [Fact]
    public void Is_closed_to_others_but_for_the_passage_of_the_database_user()
    {
        var passage = Environment.IsPrivilegedProcess ? UnixFileMode.GroupExecute | UnixFileMode.OtherExecute : UnixFileMode.None;
        Assert.Equal(OwnerOnly | passage, ModeOf(_temp.Data.Root));
        Assert.Equal(OwnerOnly, ModeOf(_temp.Data.PrivateFolder("secrets")));
    }

    [Fact]
    public void Opens_again_for_its_owner()
    {
        using (_temp.Data.Claim())
        {
        }
        using var again = _temp.Data.Claim();
        Assert.Equal(_temp.Data.Root, again.Folder.Root);
    }

    [Fact]
    public void Leaves_a_folder_with_other_files_alone()
    {
        var home = Directory.CreateDirectory(Path.Combine(_temp.Path, "home"));
        File.WriteAllText(Path.Combine(home.FullName, "letter.txt"), "dear");
        var before = ModeOf(home.FullName);
        var refused = Assert.Throws<SetupException>(() => DataFolder.Open(home.FullName));
        Assert.Equal($"`{home.FullName}` holds other files and is not a data folder; name a new or empty folder with --data", refused.Message);
        Assert.Equal(before, ModeOf(home.FullName));
        Assert.Single(home.GetFiles());
    }

    [Fact]
    public void Takes_a_folder_where_only_a_sign_in_left_its_profile()
    {
        var path = Path.Combine(_temp.Path, "signed-in");
        PrivateFile.Write(Client.Profile.PathIn(path), "{}"u8);
        Assert.Equal(path, DataFolder.Open(path).Root);
    }

    [Fact]
    public void Refuses_another_users_folder()
    {
        var data = _temp.Data;
        File.WriteAllText(data.PathOf("owner"), "somebody\n");
        var refused = Assert.Throws<SetupException>(() => DataFolder.Open(data.Root));
        Assert.Contains("belongs to user `somebody`", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Says_which_file_stands_in_its_way()
    {
        var file = Path.Combine(_temp.Path, "file");
        File.WriteAllText(file, "");
        var refused = Assert.Throws<SetupException>(() => DataFolder.Open(Path.Combine(file, "data")));
        Assert.Contains($"cannot make the data folder `{file}/data`", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void One_claim_at_a_time_holds_even_within_a_process()
    {
        using (_temp.Data.Claim())
        {
            var refused = Assert.Throws<SetupException>(() => _temp.Data.Claim());
            Assert.Contains($"in use by process {Environment.ProcessId};", refused.Message, StringComparison.Ordinal);
        }
        using var free = _temp.Data.Claim();
    }

    [Fact]
    public void A_private_file_is_written_whole_and_for_its_owner_alone()
    {
        var path = Path.Combine(_temp.Path, "keys", "profile.json");
        Assert.Null(PrivateFile.Read(path));
        PrivateFile.Write(path, "one"u8);
        PrivateFile.Write(path, "two"u8);
        Assert.Equal("two", Encoding.UTF8.GetString(PrivateFile.Read(path)!));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, ModeOf(path));
        Assert.Equal(OwnerOnly, ModeOf(Path.GetDirectoryName(path)!));
        Assert.Single(Directory.GetFiles(Path.GetDirectoryName(path)!));
    }

    [Fact]
    public void A_private_file_that_others_can_read_is_refused()
    {
        var path = Path.Combine(_temp.Path, "profile.json");
        PrivateFile.Write(path, "one"u8);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, ModeOf(path) | UnixFileMode.GroupRead);
        }
        var refused = Assert.Throws<SetupException>(() => PrivateFile.Read(path));
        Assert.Contains($"chmod 600 '{path}'", refused.Message, StringComparison.Ordinal);
    }

    private static UnixFileMode ModeOf(string path) =>
        OperatingSystem.IsWindows() ? throw new PlatformNotSupportedException() : File.GetUnixFileMode(path);
}
