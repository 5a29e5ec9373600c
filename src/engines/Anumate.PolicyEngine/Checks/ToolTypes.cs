using Anumate.Cel;
using Anumate.PolicyEngine.Syntax;

namespace Anumate.PolicyEngine.Checks;

/// <summary>
/// Types the expressions and paths of a policy once for each tool it speaks for, with the tool's own schemas. What is wrong for all of
/// them is an error, what is wrong for some a warning.
/// </summary>
sealed class ToolTypes(
    string source, PolicySyntax policy, PolicyScope scope, IReadOnlyDictionary<string, KnownTool> tools, Findings findings, Func<CompiledRule?, IEnumerable<string>> toolsOf)
{
    /// <summary>Tools beyond these are not looked at: a policy for everything would be typed with the whole catalogue.</summary>
    const int Most = 50;

    readonly Dictionary<(string Code, int Line, int Column), (Diagnostic Finding, List<string> Tools, int Of)> found = [];

    public void Check()
    {
        foreach (var tool in toolsOf(null).Take(Most))
        {
            Check(tool, tools[tool]);
        }

        foreach (var (finding, at, of) in found.Values.OrderBy(f => f.Finding.Line).ThenBy(f => f.Finding.Column))
        {
            // A field that may be absent is no mistake by itself: the rule fails closed.
            var isError = at.Count == of && finding.Code != "cel.optional-field";
            var names = string.Join(", ", at.Take(3).Select(t => $"`{t}`")) + (at.Count > 3 ? $" and {at.Count - 3} more" : "");
            findings.Add([finding with { Severity = isError ? Severity.Error : Severity.Warning }], $"for {names}: ");
        }
    }

    void Check(string name, KnownTool tool)
    {
        var environment = Environment(tool);
        foreach (var let in policy.Lets)
        {
            var value = Compile(environment, let.Value.Span, null, name, null);
            environment = environment.With(let.Name.Text, value?.ResultType ?? CelType.Dyn);
        }

        foreach (var (syntax, rule) in policy.Rules.Zip(scope.Rules))
        {
            if (rule.Tools?.Contains(name) == false)
            {
                continue;
            }

            if (syntax.When is { } when)
            {
                Conditions(environment, when, name, rule);
            }

            if (syntax.Limit?.Key is { } key)
            {
                Compile(environment, key.Span, null, name, rule);
            }

            foreach (var redaction in syntax.Redactions)
            {
                Path(redaction.Path, tool, name, rule);
            }
        }
    }

    void Conditions(CelEnvironment environment, ExpressionSyntax when, string tool, CompiledRule rule)
    {
        foreach (var part in ExpressionReader.Conjuncts(when.Span.Of(source)))
        {
            var clause = Compile(environment, new Span(when.Span.Start + part.Start, when.Span.Start + part.End), CelType.Bool, tool, rule);
            // A later condition matters only where this one holds.
            environment = clause is null ? environment : environment.Assuming(clause);
        }
    }

    CelEnvironment Environment(KnownTool tool) => new(scope.Environment.Variables.Take(scope.Point.Offers.Count).Select(v => v.Name switch
    {
        "call" => v with { Type = WithArguments(v.Type, tool.Input) },
        "result" => v with { Type = tool.Output },
        _ => v,
    }));

    static CelType WithArguments(CelType call, CelType input) =>
        CelType.Object(call.Fields.Select(f => f.Key == "args" ? KeyValuePair.Create(f.Key, new CelField(input, Required: true)) : f));

    CelExpression? Compile(CelEnvironment environment, Span span, CelType? expected, string tool, CompiledRule? rule)
    {
        var text = span.Of(source);
        var blank = text.Length - text.TrimStart().Length;
        var compilation = environment.Compile(text[blank..], findings.PositionOf(span.Start + blank), expected);
        foreach (var finding in compilation.Diagnostics)
        {
            Add(finding, tool, rule);
        }

        return compilation.Expression;
    }

    /// <summary>A path of a redaction that leads nowhere in the tool's arguments or result.</summary>
    void Path(NameSyntax path, KnownTool tool, string name, CompiledRule rule)
    {
        if (RedactionTerms.Split(path.Text, scope.Point.Redactable) is not { } split)
        {
            return;
        }

        var type = split.Root == "result" ? tool.Output : tool.Input;
        foreach (var part in split.Parts.TakeWhile(p => p != "**"))
        {
            if (Below(type, part) is not { } inner)
            {
                var near = Suggest.Closest(part, type.Fields.Keys);
                Add(Diagnostic.Error("policy.redaction-path", $"`{path.Text}` leads nowhere: there is no `{part}` in {(type.Kind == CelKind.List ? "a list" : type.ToString())}",
                    "", findings.PositionOf(path.Span.Start),
                    type.Kind == CelKind.List ? "write `.*` for each element" : near is null ? null : $"did you mean `{near}`"), name, rule);
                return;
            }

            type = inner;
        }
    }

    static CelType? Below(CelType type, string part) => type.Kind switch
    {
        CelKind.Nullable or CelKind.Optional => Below(type.Element, part),
        CelKind.Object when part == "*" => CelType.Dyn,
        CelKind.Object => type.Fields.TryGetValue(part, out var field) ? field.Type : type.Rest,
        CelKind.Map => type.Element,
        CelKind.List => part == "*" ? type.Element : null,
        CelKind.Dyn => CelType.Dyn,
        _ => null,
    };

    void Add(Diagnostic finding, string tool, CompiledRule? rule)
    {
        var key = (finding.Code, finding.Line, finding.Column);
        if (!found.TryGetValue(key, out var known))
        {
            found[key] = known = (finding, [], Math.Min(Most, toolsOf(rule).Count()));
        }

        if (!known.Tools.Contains(tool))
        {
            known.Tools.Add(tool);
        }
    }
}
