using System.Text;

namespace Anumate.Engines.Tests.Schemas;

public sealed class SchemaConformanceTests
{
    /// <summary>
    /// The cases that must pass, by file; numbers may only rise. What is missing to all of them (refRemote, vocabulary, 13 of dynamicRef)
    /// refers to documents on the suite's own web server, which are not part of the vectors; <see cref="SchemaReferenceTests"/> covers
    /// registered documents and vocabularies.
    /// </summary>
    static readonly Dictionary<string, int> Minimum = new()
    {
        ["additionalProperties"] = 21,
        ["allOf"] = 30,
        ["anchor"] = 8,
        ["anyOf"] = 18,
        ["boolean_schema"] = 18,
        ["const"] = 54,
        ["contains"] = 21,
        ["content"] = 18,
        ["default"] = 7,
        ["defs"] = 2,
        ["dependentRequired"] = 20,
        ["dependentSchemas"] = 20,
        ["dynamicRef"] = 31,
        ["enum"] = 51,
        ["exclusiveMaximum"] = 4,
        ["exclusiveMinimum"] = 4,
        ["format"] = 133,
        ["if-then-else"] = 30,
        ["infinite-loop-detection"] = 2,
        ["items"] = 29,
        ["maxContains"] = 14,
        ["maxItems"] = 6,
        ["maxLength"] = 7,
        ["maxProperties"] = 10,
        ["maximum"] = 8,
        ["minContains"] = 28,
        ["minItems"] = 6,
        ["minLength"] = 7,
        ["minProperties"] = 10,
        ["minimum"] = 11,
        ["multipleOf"] = 11,
        ["not"] = 40,
        ["oneOf"] = 27,
        ["pattern"] = 12,
        ["patternProperties"] = 25,
        ["prefixItems"] = 11,
        ["properties"] = 28,
        ["propertyNames"] = 22,
        ["ref"] = 79,
        ["refRemote"] = 0,
        ["required"] = 18,
        ["type"] = 80,
        ["unevaluatedItems"] = 71,
        ["unevaluatedProperties"] = 129,
        ["uniqueItems"] = 69,
        ["vocabulary"] = 0,
    };

    [Fact]
    public void Passes_the_public_suite()
    {
        if (SchemaConformance.Find(AppContext.BaseDirectory) is not { } suite)
        {
            Assert.Skip("shared/vectors/json-schema is not beside the repository");
            return;
        }

        var counts = SchemaConformance.Run(suite);
        var fallen = new StringBuilder();
        foreach (var (file, minimum) in Minimum)
        {
            var count = counts[file];
            if (count.Passed < minimum)
            {
                fallen.AppendLine($"{file}: {count.Passed} of {count.Total} passed, {minimum} must");
                fallen.AppendJoin('\n', count.Failures).AppendLine();
            }
        }

        Assert.True(fallen.Length == 0, fallen.ToString());
        Assert.Equal(counts.Keys.Order(), Minimum.Keys.Order());
    }
}
