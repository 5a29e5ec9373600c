using Anumate.Schemas;
using Anumate.Schemas.Documents;

namespace Anumate.Engines.Tests.Schemas;

public sealed class PublishedSchemaTests
{
    [Fact]
    public void Every_published_schema_compiles_strictly()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Anumate.slnx")))
        {
            folder = folder.Parent!;
        }

        var schemas = Directory.GetFiles(Path.Combine(folder.FullName, "schemas"), "*.schema.json");
        Assert.NotEmpty(schemas);
        foreach (var path in schemas)
        {
            var document = Document.ParseJson(File.ReadAllBytes(path));
            Assert.True(document.IsValid, $"{Path.GetFileName(path)}: {string.Join('\n', document.Diagnostics)}");
            var compilation = Schema.Compile(document.Root);
            Assert.True(compilation.Diagnostics.Count == 0, $"{Path.GetFileName(path)}: {string.Join('\n', compilation.Diagnostics)}");
        }
    }
}
