using System.Collections.Concurrent;
using System.Reflection;
using System.Xml.Linq;

namespace Anumate.Platform.Http;

/// <summary>The documentation comments of our assemblies as plain text, read from the XML files beside them.</summary>
public static class ApiComments
{
    static readonly ConcurrentDictionary<Assembly, IReadOnlyDictionary<string, XElement>> Files = new();

    /// <summary>The summary of a type; empty when it has none.</summary>
    public static string Of(Type type) => Summary(type.Assembly, $"T:{NameOf(type)}");

    /// <summary>The summary of a method; empty when it has none.</summary>
    public static string Of(MethodInfo method)
    {
        // Overloads are told apart by parameters; our factories of problems have none.
        var name = $"M:{NameOf(method.DeclaringType!)}.{method.Name}";
        var members = Members(method.DeclaringType!.Assembly);
        return members.Keys.FirstOrDefault(k => k == name || k.StartsWith(name + "(", StringComparison.Ordinal)) is { } key ? Text(members[key].Element("summary")) : "";
    }

    /// <summary>The summary of a property, or of the record's parameter that made it.</summary>
    public static string Of(PropertyInfo property)
    {
        var type = NameOf(property.DeclaringType!);
        var summary = Summary(property.DeclaringType!.Assembly, $"P:{type}.{property.Name}");
        return summary.Length > 0 ? summary
            : Members(property.DeclaringType.Assembly).TryGetValue($"T:{type}", out var record)
                ? Text(record.Elements("param").FirstOrDefault(p => p.Attribute("name")?.Value == property.Name))
                : "";
    }

    static string Summary(Assembly assembly, string member) => Members(assembly).TryGetValue(member, out var found) ? Text(found.Element("summary")) : "";

    static IReadOnlyDictionary<string, XElement> Members(Assembly assembly) => Files.GetOrAdd(assembly, static a =>
    {
        var file = Path.ChangeExtension(a.Location, ".xml");
        return File.Exists(file) ? XDocument.Load(file).Descendants("member").ToDictionary(m => m.Attribute("name")!.Value) : [];
    });

    static string NameOf(Type type) => (type.IsGenericType ? type.GetGenericTypeDefinition() : type).FullName!.Replace('+', '.');

    static string Text(XElement? comment) => comment is null ? "" : string.Join(' ', string.Concat(comment.Nodes().Select(Plain))
        .Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));

    static string Plain(XNode node) => node switch
    {
        XText text => text.Value,
        XElement e when e.Attribute("cref") is { } cref => $"`{WordOf(cref.Value)}`",
        XElement e when e.Attribute("name") is { } name => $"`{name.Value}`",
        XElement e => $"`{e.Value}`",
        _ => "",
    };

    // M:Anumate.Problems.Invalid(System.String) → Invalid; P:Anumate.NewApiKey.Roles → roles, as JSON has it.
    static string WordOf(string cref)
    {
        var name = cref.Split('(', '`')[0];
        var word = name[(name.LastIndexOf('.') + 1)..];
        return cref.StartsWith("P:", StringComparison.Ordinal) ? AnumateJson.Options.PropertyNamingPolicy!.ConvertName(word) : word;
    }
}
