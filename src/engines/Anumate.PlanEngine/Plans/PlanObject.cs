using System.Text.Json;

namespace Anumate.PlanEngine;

/// <summary>The members of one object of a plan; each must be read, as one that nobody reads would be ignored.</summary>
sealed class PlanObject
{
    readonly JsonElement element;
    readonly string what;
    readonly HashSet<string> read = new(StringComparer.Ordinal);

    public PlanObject(JsonElement element, string what)
    {
        (this.element, this.what) = (element, what);
        if (element.ValueKind is not JsonValueKind.Object)
        {
            throw PlanFormat.Invalid($"{what} must be an object");
        }
    }

    public bool Has(string name) => Find(name) is not null;

    public JsonElement Any(string name) => Find(name) ?? throw PlanFormat.Invalid($"{what} has no `{name}`");

    public string Text(string name) => Any(name).GetString() ?? throw PlanFormat.Invalid($"`{name}` of {what} is null");

    public string? TextOrNull(string name) => Find(name)?.GetString();

    public long Number(string name) => Any(name).GetInt64();

    public double Double(string name) => Any(name).GetDouble();

    public bool Truth(string name) => Any(name).GetBoolean();

    public TimeSpan Milliseconds(string name) => TimeSpan.FromMilliseconds(Number(name));

    public T Word<T>(string name, Words<T> words)
        where T : struct, Enum => words.Find(Text(name)) ?? throw PlanFormat.Invalid($"`{name}` of {what} has an unknown word");

    public IReadOnlyList<string> Texts(string name) => [.. Any(name).EnumerateArray().Select(t => t.GetString() ?? throw PlanFormat.Invalid($"`{name}` of {what} holds a null"))];

    public PlanObject Object(string name) => new(Any(name), $"`{name}` of {what}");

    public PlanObject? ObjectOrNull(string name) => Find(name) is { } value ? new PlanObject(value, $"`{name}` of {what}") : null;

    public IReadOnlyList<PlanObject> Objects(string name) => [.. Any(name).EnumerateArray().Select((e, i) => new PlanObject(e, $"`{name}[{i}]` of {what}"))];

    public void Done()
    {
        foreach (var member in element.EnumerateObject())
        {
            if (!read.Contains(member.Name))
            {
                throw PlanFormat.Invalid($"{what} has a member `{member.Name}` that format {PlanFormat.Format} does not have");
            }
        }
    }

    JsonElement? Find(string name)
    {
        read.Add(name);
        return element.TryGetProperty(name, out var value) ? value : null;
    }
}
