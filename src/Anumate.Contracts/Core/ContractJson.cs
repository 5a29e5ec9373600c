using System.Text.Json.Serialization;

namespace Anumate;

/// <summary>Generated type information of every contract.</summary>
[JsonSerializable(typeof(Problem))]
[JsonSerializable(typeof(CloudEvent))]
public sealed partial class ContractJson : JsonSerializerContext;
