namespace Anumate.Cel;

sealed partial class Checker
{
    /// <summary><c>a.?b</c>, and <c>a.b</c> where <c>a</c> is optional itself: the field, or none.</summary>
    Typed OptionalField(int at, Typed target, string field)
    {
        var type = Bare(target.Type);
        type = type.Kind is CelKind.Optional ? Bare(type.Element) : type;
        if (FieldType(at, target, type, field, mayBeAbsent: true) is not { } result)
        {
            return (target as Failing) ?? new Failing(at, CelErrors.NoSuchField, "");
        }

        var name = new Constant(at, CelType.String, CelValue.Of(field));
        var read = new Invoke(at, CelType.Optional(result), Standard.Find(Optionals.Select)!, [target, name]);
        references.Test(target, read, field);
        return read;
    }

    /// <summary><c>a[?b]</c>.</summary>
    Typed OptionalIndex(Index node, Typed target)
    {
        if (node.Key is Literal { Value.StringOrNull: { } field } && Bare(target.Type) is var type
            && (type.Kind is CelKind.Optional ? Bare(type.Element) : type).Kind is CelKind.Object)
        {
            return OptionalField(node.At, target, field);
        }

        var read = Invoke(node.At, Standard.Find(Optionals.Index)!, [target, Visit(node.Key)], isMember: false);
        if (node.Key is Literal { Value.StringOrNull: { } key })
        {
            references.Test(target, read, key);
        }

        return read;
    }

    /// <summary>The calls on optionals that are no functions: they evaluate their argument only sometimes.</summary>
    Typed? VisitOptional(Call node) => (node.Function, node.Arguments.Length) switch
    {
        ("none", 0) when Namespace(node.Target!) is "optional" =>
            new Constant(node.At, CelType.Optional(types.Fresh()), new(OptionalPayload.None)),
        ("or" or "orValue", 1) => VisitOrElse(node),
        ("optMap" or "optFlatMap", 2) => VisitOptionalMap(node),
        _ => null,
    };

    Typed VisitOrElse(Call node)
    {
        var (first, otherwise) = (Visit(node.Target!), Visit(node.Arguments[0]));
        var isValue = node.Function == "orValue";
        if (first is Failing || otherwise is Failing)
        {
            return first is Failing ? first : otherwise;
        }

        var held = Held(first);
        var other = isValue ? otherwise.Type : Held(otherwise);
        if (isChecked && !types.Assign(other, held))
        {
            return Fail("cel.type", node.At, $"`{node.Function}` needs {(isValue ? Show(held) : Show(first.Type))}, not {Show(otherwise.Type)}");
        }

        var type = types.Join(held, other);
        return new OrElse(node.At, isValue ? type : CelType.Optional(type), first, otherwise, isValue);
    }

    Typed VisitOptionalMap(Call node)
    {
        var target = Visit(node.Target!);
        if (node.Arguments[0] is not Name { Rooted: false } name)
        {
            return Fail("cel.macro", node.Arguments[0].At, $"`{node.Function}` begins with the name of a variable");
        }

        var isFlat = node.Function == "optFlatMap";
        var declared = Declare(name, Held(target));
        var body = Visit(node.Arguments[1]);
        Restore(declared);
        var type = CelType.Optional(isFlat ? Held(body) : body.Type);
        return new OptionalMap(node.At, type, declared.Slot, target, body, isFlat);
    }

    /// <summary>The type an optional holds; what is no optional is reported.</summary>
    CelType Held(Typed optional)
    {
        var type = Resolve(optional);
        if (type.Kind is CelKind.Optional)
        {
            return type.Element;
        }

        if (type.Kind is not (CelKind.Dyn or CelKind.Parameter) && optional is not Failing)
        {
            Fail("cel.type", optional.At, $"an optional is needed here, not {Show(type)}", "read with `.?` or `[?…]`, or wrap in optional.of(…)");
        }

        return CelType.Dyn;
    }
}
