using System.Text.Json;
using System.Text.Json.Serialization;

namespace Anumate.Proofs;

/// <summary>Generated type information of what this engine serialises.</summary>
[JsonSerializable(typeof(JsonElement))]
[JsonSerializable(typeof(System.Text.Json.Nodes.JsonNode))]
sealed partial class ProofsJson : JsonSerializerContext;
