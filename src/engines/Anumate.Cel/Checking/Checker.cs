namespace Anumate.Cel;

/// <summary>
/// Resolves names, expands macros and types every part. Findings are recorded and checking goes on with dyn, so that one mistake is
/// reported once. Unchecked (for conformance cases alone), what is wrong becomes a part that fails when it is evaluated.
/// </summary>
sealed partial class Checker
{
    readonly CelEnvironment environment;
    readonly Findings findings;
    readonly bool isChecked;
    readonly Unifier types = new();
    readonly Dictionary<string, (int Slot, CelType Type)> locals = new(StringComparer.Ordinal);
    readonly References references = new();
    readonly Presence presence;

    Checker(CelEnvironment environment, Findings findings, bool isChecked)
    {
        this.environment = environment;
        this.findings = findings;
        this.isChecked = isChecked;
        presence = new(environment.Assumed);
    }

    public sealed record Outcome(
        Typed Root, CelType Type, int Slots, IReadOnlyList<CelPath> References, IReadOnlyList<CelPath> Tested, IReadOnlyList<string> Facts);

    public static Outcome Check(Node root, CelEnvironment environment, Findings findings, bool isChecked)
    {
        var checker = new Checker(environment, findings, isChecked);
        var typed = checker.Visit(root);
        return new(
            typed, checker.types.Resolve(typed.Type, final: true), checker.slots, checker.references.All(findings),
            checker.references.Tested(findings), [.. Presence.Facts(typed, isTrue: true)]);
    }

    int slots;
    int nested;

    Typed Visit(Node node) => node switch
    {
        Literal n => new Constant(n.At, TypeOf(n.Value), n.Value),
        Name n => VisitName(n),
        Select n => VisitSelect(n),
        Index n => VisitIndex(n),
        Call n => VisitCall(n),
        Unary n => Invoke(n.At, Standard.Of(n.Operator), [Visit(n.Operand)], isMember: false),
        Binary n => VisitBinary(n),
        Logic n => VisitLogic(n),
        Conditional n => VisitConditional(n),
        ListNode n => VisitList(n),
        MapNode n => VisitMap(n),
        Template n => VisitTemplate(n),
        _ => new Failing(node.At, CelErrors.Unknown, "the expression is not complete"),
    };

    static CelType TypeOf(CelValue value) => value.Kind switch
    {
        CelKind.Null => CelType.Null,
        CelKind.Bool => CelType.Bool,
        CelKind.Int => CelType.Int,
        CelKind.Uint => CelType.Uint,
        CelKind.Double => CelType.Double,
        CelKind.String => CelType.String,
        _ => CelType.Bytes,
    };

    Failing Fail(string code, int at, string message, string? suggestion = null, string error = CelErrors.NoSuchOverload)
    {
        if (isChecked)
        {
            findings.Error(code, at, message, suggestion);
        }

        return new(at, error, message);
    }

    CelType Resolve(Typed typed) => types.Resolve(typed.Type);

    string Show(CelType type) => types.Resolve(type, final: true).ToString();

    Typed VisitName(Name node)
    {
        if (!node.Rooted && locals.TryGetValue(node.Text, out var local))
        {
            return new Local(node.At, local.Type, local.Slot);
        }

        return Qualified(node.At, node.Text, node.Rooted) ?? Unknown(node);
    }

    /// <summary>A declared variable or a type by its full name, looked for in the container first and then outwards.</summary>
    Typed? Qualified(int at, string name, bool rooted)
    {
        foreach (var candidate in environment.Candidates(name, rooted))
        {
            if (environment.IndexOf(candidate) is var index and >= 0)
            {
                return references.Add(new(at, environment.Variables[index].Type, index, candidate));
            }
        }

        return Standard.Types.TryGetValue(name, out var type) ? new Constant(at, CelType.TypeOf(type), CelValue.Of(type)) : null;
    }

    Failing Unknown(Name node)
    {
        var known = environment.Variables.Select(v => v.Name).Concat(locals.Keys);
        var suggestion = Suggestion.For(node.Text, known) ?? Declared();
        return Fail("cel.unknown-variable", node.At, $"unknown variable `{node.Text}`", suggestion, CelErrors.Unknown);
    }

    string? Declared() => environment.Variables.Count is > 0 and <= 8
        ? $"declared are {string.Join(", ", environment.Variables.Select(v => $"`{v.Name}`"))}"
        : null;

    /// <summary>The dotted name that a chain of selections spells, if it begins with a name that is not a local.</summary>
    string? Dotted(Node node, out bool rooted)
    {
        rooted = false;
        switch (node)
        {
            case Name name when name.Rooted || !locals.ContainsKey(name.Text):
                rooted = name.Rooted;
                return name.Text;
            case Select { IsOptional: false } select when environment.HasDottedNames || IsTypeName(select):
                return Dotted(select.Target, out rooted) is { } prefix ? $"{prefix}.{select.Field}" : null;
            default:
                return null;
        }
    }

    /// <summary>The types with dotted names are google.protobuf.Timestamp, google.protobuf.Duration, net.IP and net.CIDR.</summary>
    static bool IsTypeName(Select node) => node.Target is Name { Text: "google" or "net" } or Select { Target: Name { Text: "google" } };

    Typed VisitSelect(Select node)
    {
        if (Dotted(node, out var rooted) is { } name && Qualified(node.At, name, rooted) is { } resolved)
        {
            return resolved;
        }

        var target = Visit(node.Target);
        if (node.IsOptional)
        {
            return OptionalField(node.At, target, node.Field);
        }

        var field = Field(node.At, target, node.Field, isTest: false);
        references.Extend(target, field, node.Field);
        return field;
    }

    Typed Field(int at, Typed target, string field, bool isTest)
    {
        var type = Resolve(target);
        type = type.Kind is CelKind.Nullable ? type.Element : type;
        if (type.Kind is CelKind.Optional && !isTest)
        {
            return OptionalField(at, target, field);
        }

        return FieldType(at, target, type.Kind is CelKind.Optional ? Bare(type.Element) : type, field, isTest) is not { } result
            ? (target as Failing) ?? new Failing(at, CelErrors.NoSuchField, "")
            : isTest ? new FieldTest(at, target, field)
            : new FieldRead(at, result, target, field);
    }

    /// <summary>The type of a field of a type; null when there is no such field, which has been reported then.</summary>
    CelType? FieldType(int at, Typed target, CelType type, string field, bool mayBeAbsent)
    {
        CelType result;
        switch (type.Kind)
        {
            case CelKind.Object when type.Fields.TryGetValue(field, out var declared):
                if (!declared.Required && !mayBeAbsent && !presence.Has(target, field))
                {
                    Unguarded(at, Presence.Show(target, field));
                }

                result = declared.Type;
                break;
            case CelKind.Object when type.Rest is { } rest:
                result = rest;
                break;
            case CelKind.Object:
                var suggestion = Suggestion.For(field, type.Fields.Keys) ?? Fields(type);
                Fail("cel.unknown-field", at + 1, $"unknown field `{field}`", suggestion, CelErrors.NoSuchField);
                return isChecked ? null : CelType.Dyn;
            case CelKind.Map when types.Assign(type.Key, CelType.String):
                result = type.Element;
                break;
            case CelKind.Dyn or CelKind.Parameter:
                result = CelType.Dyn;
                break;
            default:
                if (target is not Failing)
                {
                    Fail("cel.no-fields", at, $"{Show(type)} has no fields");
                }

                return isChecked ? null : CelType.Dyn;
        }

        return result;
    }

    void Unguarded(int at, string path)
    {
        if (isChecked)
        {
            var suggestion = $"guard it: `has({path}) && …` or `has({path}) ? … : …`";
            findings.Error("cel.optional-field", at + 1, $"`{path}` is optional and may be absent", suggestion);
        }
    }

    static string? Fields(CelType type) => type.Fields.Count is > 0 and <= 12
        ? $"it has {string.Join(", ", type.Fields.Keys.Select(f => $"`{f}`"))}"
        : null;

    Typed VisitIndex(Index node)
    {
        var target = Visit(node.Target);
        if (node.IsOptional)
        {
            return OptionalIndex(node, target);
        }

        if (node.Key is Literal { Value.Kind: CelKind.String } literal && Resolve(target).Kind is CelKind.Object)
        {
            var field = Field(node.At, target, literal.Value.AsString, isTest: false);
            references.Extend(target, field, literal.Value.AsString);
            return field;
        }

        var read = Invoke(node.At, Standard.Find("_[_]")!, [target, Visit(node.Key)], isMember: false);
        if (node.Key is Literal { Value.Kind: CelKind.String } key)
        {
            references.Extend(target, read, key.Value.AsString);
        }

        return read;
    }

    Typed VisitCall(Call node)
    {
        if (node is { Target: null, Function: "has" })
        {
            return VisitHas(node);
        }

        if (node.Target is not null && Loops.TryGetValue(node.Function, out var loop) && loop.Takes(node.Arguments.Length))
        {
            return VisitLoop(node, loop.Kind);
        }

        if (node.Target is not null && VisitOptional(node) is { } optional)
        {
            return optional;
        }

        if (node.Target is not null && Namespace(node.Target) is { } space)
        {
            var name = $"{space}.{node.Function}";
            if (name == Bind)
            {
                return VisitBind(node);
            }

            if (Standard.Find(name) is { } qualified)
            {
                return Invoke(node.At, qualified, Array.ConvertAll(node.Arguments, Visit), isMember: false);
            }

            if (Standard.IsNamespace(space) && environment.IndexOf(space) < 0)
            {
                return UnknownFunction(node, name);
            }
        }

        var function = Standard.Find(node.Function);
        var isCallable = function is not null && char.IsLetter(node.Function[0]);
        if (node.Target is { } receiver)
        {
            var target = Visit(receiver);
            var arguments = Array.ConvertAll(node.Arguments, Visit);
            return isCallable ? Invoke(node.At, function!, [target, .. arguments], isMember: true) : UnknownFunction(node, node.Function);
        }

        var given = Array.ConvertAll(node.Arguments, Visit);
        return isCallable ? Invoke(node.At, function!, given, isMember: false) : UnknownFunction(node, node.Function);
    }

    Failing UnknownFunction(Call node, string name) => Fail(
        "cel.unknown-function", node.At, $"unknown function `{name}`", Suggestion.For(name, Standard.Callable), CelErrors.Unknown);

    Typed Condition(Node node, string of)
    {
        var typed = Visit(node);
        if (isChecked && !types.Assign(typed.Type, CelType.Bool))
        {
            Fail("cel.type", node.At, $"the condition of `{of}` must be bool, not {Show(typed.Type)}");
        }

        return typed;
    }

    TypedLogic VisitLogic(Logic node)
    {
        var isAnd = node.Operator == Operator.And;
        var facts = new List<string>();
        var operands = Array.ConvertAll(node.Operands, o =>
        {
            var operand = Condition(o, node.Operator.Symbol);
            facts.AddRange(presence.Add(operand, isTrue: isAnd));
            return operand;
        });
        presence.Remove(facts);
        return new(node.At, isAnd, operands);
    }

    Choice VisitConditional(Conditional node)
    {
        var condition = Condition(node.Condition, "?:");
        var facts = presence.Add(condition, isTrue: true);
        var then = Visit(node.Then);
        presence.Remove(facts);
        facts = presence.Add(condition, isTrue: false);
        var otherwise = Visit(node.Otherwise);
        presence.Remove(facts);
        if (types.Assign(otherwise.Type, then.Type))
        {
            return new(node.At, types.Join(then.Type, otherwise.Type), condition, then, otherwise);
        }

        var message = $"both results of `?:` must be of one type, not {Show(then.Type)} and {Show(otherwise.Type)}";
        Fail("cel.type", node.At, message, "wrap one of them in dyn(…)");
        return new(node.At, CelType.Dyn, condition, then, otherwise);
    }

    NewList VisitList(ListNode node)
    {
        var items = Array.ConvertAll(node.Items, Visit);
        return new(node.At, CelType.List(Common(items, node.Optional)), items, node.Optional);
    }

    CelType Common(Typed[] items, bool[]? optional = null)
    {
        CelType? common = null;
        for (var i = 0; i < items.Length; i++)
        {
            var type = optional?[i] is true ? Held(items[i]) : items[i].Type;
            common = common is null ? type : types.Join(common, type);
        }

        return common ?? types.Fresh();
    }

    NewMap VisitMap(MapNode node)
    {
        var entries = Array.ConvertAll(node.Entries, e => (Key: Visit(e.Key), Value: Visit(e.Value)));
        var areKeys = true;
        foreach (var (key, _) in entries)
        {
            var type = Resolve(key);
            if (type.Kind is not (CelKind.String or CelKind.Int or CelKind.Uint or CelKind.Bool or CelKind.Dyn or CelKind.Parameter))
            {
                Fail("cel.type", key.At, $"a map key is a string, int, uint or bool, not {Show(type)}");
                areKeys = false;
            }
        }

        // With keys of simple types alone, a type is never larger than the expression.
        var keys = areKeys ? Common(Array.ConvertAll(entries, e => e.Key)) : CelType.Dyn;
        return new(node.At, CelType.Map(keys, Common(Array.ConvertAll(entries, e => e.Value), node.Optional)), entries, node.Optional);
    }

    Joined VisitTemplate(Template node)
    {
        var parts = Array.ConvertAll(node.Parts, Visit);
        foreach (var part in parts)
        {
            var type = Resolve(part);
            if (type.Kind is CelKind.List or CelKind.Map or CelKind.Object or CelKind.Null or CelKind.Type)
            {
                Fail("cel.type", part.At, $"{Show(type)} cannot be written into text", "use it as a whole value, or read a field of it");
            }
        }

        return new(node.At, parts);
    }
}
