using System.Text.Json;
using Anumate.Schemas.Examples;

namespace Anumate.Schemas;

/// <summary>Plausible values for a schema, for simulated outputs and documentation.</summary>
public static class SchemaExamples
{
    const int Attempts = 48;

    /// <summary>
    /// A value that satisfies the schema, the same for the same seed: from <c>x-examples</c>, <c>examples</c>, <c>default</c>, <c>const</c> and
    /// <c>enum</c> where they stand, otherwise made up. Null when none was found: the schema may have none, or be too contrived to guess.
    /// </summary>
    public static JsonElement? Generate(Schema schema, ulong seed)
    {
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            var maker = new ValueMaker(schema, seed, attempt);
            if (maker.Make()?.ToJsonElement() is { } value && schema.IsValid(value))
            {
                return value;
            }

            if (maker.TooLarge)
            {
                return null;
            }
        }

        return null;
    }
}
