using System.Reflection;
using System.Security.Cryptography;
using System.Text;

namespace Anumate.Platform.Data;

/// <summary>One numbered step of a schema. <see cref="MinReader"/> is the least step a program must know to work with the schema after this one.</summary>
public sealed record Migration(string Service, int Number, string Name, string Sql, string Hash, int MinReader);

/// <summary>The migrations of one service: <c>Migrations/NNNN_name.sql</c>, embedded in its assembly, numbered from 1 without gaps.</summary>
public sealed record MigrationSet(string Service, IReadOnlyList<Migration> Steps)
{
    const string Folder = ".Migrations.";
    const string MinReaderMark = "-- min_reader:";

    /// <summary>Those of an assembly <c>Anumate.X</c>, for the schema <c>x</c>.</summary>
    public static MigrationSet Of(Assembly assembly) => Of(assembly, assembly.GetName().Name!.Split('.')[^1].ToLowerInvariant());

    public static MigrationSet Of(Assembly assembly, string service)
    {
        var steps = new List<Migration>();
        foreach (var resource in assembly.GetManifestResourceNames().Where(n => n.Contains(Folder, StringComparison.Ordinal) && n.EndsWith(".sql", StringComparison.Ordinal)))
        {
            using var reader = new StreamReader(assembly.GetManifestResourceStream(resource)!, Encoding.UTF8);
            var file = resource[(resource.IndexOf(Folder, StringComparison.Ordinal) + Folder.Length)..^".sql".Length];
            steps.Add(Parse(service, file, reader.ReadToEnd()));
        }

        steps.Sort((a, b) => a.Number.CompareTo(b.Number));
        for (var i = 0; i < steps.Count; i++)
        {
            if (steps[i].Number != i + 1)
            {
                throw new InvalidOperationException($"migrations of {service} are numbered from 0001 without gaps; found {steps[i].Number:0000} in place {i + 1}");
            }
        }

        return new MigrationSet(service, steps);
    }

    internal static Migration Parse(string service, string file, string text)
    {
        var sql = text.ReplaceLineEndings("\n");
        if (file.Length < 6 || file[4] != '_' || !int.TryParse(file.AsSpan(0, 4), out var number))
        {
            throw new InvalidOperationException($"migration `{file}` of {service} is not named NNNN_name.sql");
        }

        // Unless it says otherwise, a step is one that older programs cannot work with.
        var mark = sql.Split('\n').TakeWhile(l => l.StartsWith("--", StringComparison.Ordinal)).FirstOrDefault(l => l.StartsWith(MinReaderMark, StringComparison.Ordinal));
        var minReader = mark is null ? number : int.Parse(mark.AsSpan(MinReaderMark.Length));
        return new Migration(service, number, file[5..], sql, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(sql))), minReader);
    }
}
