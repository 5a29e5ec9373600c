using System.Text.Json;

namespace Anumate.Engines.Tests.Proofs;

/// <summary>Test data others wrote, in a folder <c>shared/vectors</c> beside the repository; tests skip without it.</summary>
static class ProofVectors
{
    public static string Folder(string name)
    {
        for (var at = new DirectoryInfo(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            var folder = Path.Combine(at.FullName, "shared", "vectors", name);
            if (Directory.Exists(folder))
            {
                return folder;
            }
        }

        Assert.Skip($"there is no shared/vectors/{name} beside the repository");
        return "";
    }

    public static JsonElement Json(params string[] path)
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(Path.Combine([Folder(path[0]), .. path[1..]])));
        return document.RootElement.Clone();
    }
}
