using Anumate.PolicyEngine;

namespace Anumate.Platform.Policies;

/// <summary>Whom a question concerns, in words of which there are few, so that they can be counted apart.</summary>
static class PolicySubjects
{
    public static string Of(PolicyFacts facts) => facts.Tool is { } tool ? $"tool {tool}" : facts.Capsule is { } capsule ? $"capsule {capsule}" : "";
}
