namespace Anumate.Cel;

sealed partial class Checker
{
    const int MaxPatterns = 50;
    int patterns;

    Typed VisitBinary(Binary node)
    {
        var (left, right) = (Visit(node.Left), Visit(node.Right));
        return Invoke(node.At, Standard.Of(node.Operator), [left, right], isMember: false);
    }

    /// <summary>Finds the overloads that take the arguments; several with different results make the result dyn.</summary>
    Typed Invoke(int at, Function function, Typed[] arguments, bool isMember)
    {
        var isOperator = !char.IsLetter(function.Name[0]);
        var given = Array.ConvertAll(arguments, a => a.Type);
        CelType? result = null;
        foreach (var overload in function.Overloads)
        {
            if ((overload.IsMember != isMember && !isOperator) || overload.Parameters.Length != given.Length)
            {
                continue;
            }

            var fresh = new Dictionary<int, CelType>();
            var parameters = Array.ConvertAll(overload.Parameters, p => types.Instantiate(p, fresh));
            if (types.AssignAll(given, parameters))
            {
                var candidate = types.Resolve(types.Instantiate(overload.Result, fresh));
                result = result is null || result.Equals(candidate) ? candidate : CelType.Dyn;
            }
        }

        result ??= AcrossNumbers(function, given);
        if (result is null && isChecked)
        {
            return arguments.Any(a => a is Failing)
                ? new Failing(at, CelErrors.NoSuchOverload, "")
                : NoOverload(at, function, arguments, isMember);
        }

        if (!function.Accepts(arguments.Length))
        {
            return Fail("cel.arguments", at, $"`{function.Name}` does not take {arguments.Length} arguments");
        }

        CheckPattern(function, arguments);
        return new Invoke(at, result ?? CelType.Dyn, function, arguments);
    }

    /// <summary>
    /// Numbers of different types are equal when their values are: `inputs.amount == 500` holds for the double 500.0. The reference
    /// checker asks for dyn() here; order comparisons already work across types there.
    /// </summary>
    CelType? AcrossNumbers(Function function, CelType[] given)
    {
        if (given.Length != 2)
        {
            return null;
        }

        var (left, right) = (Bare(given[0]), Bare(given[1]));
        return function.Name switch
        {
            "_==_" or "_!=_" => left.IsNumeric && right.IsNumeric ? CelType.Bool : null,
            "@in" when right.Kind is CelKind.List or CelKind.Map =>
                left.IsNumeric && (right.Kind is CelKind.List ? Bare(right.Element) : right.Key).IsNumeric ? CelType.Bool : null,
            _ => null,
        };
    }

    CelType Bare(CelType type)
    {
        var resolved = types.Resolve(type);
        return resolved.Kind is CelKind.Nullable ? resolved.Element : resolved;
    }

    Failing NoOverload(int at, Function function, Typed[] arguments, bool isMember)
    {
        var given = Array.ConvertAll(arguments, a => Show(a.Type));
        var isOperator = !char.IsLetter(function.Name[0]);
        var called = isOperator ? Symbol(function) : function.Name;
        var message = isOperator
            ? $"`{called}` does not take {string.Join(" and ", given)}"
            : isMember
                ? $"`{called}` does not take {given[0]} with ({string.Join(", ", given[1..])})"
                : $"`{called}` does not take ({string.Join(", ", given)})";
        return Fail("cel.no-overload", at, message, Mend(function, arguments, isMember, isOperator));
    }

    static string Symbol(Function function) => function.Name switch
    {
        "_[_]" => "[]",
        "@in" => "in",
        var name => name.Trim('_'),
    };

    string Mend(Function function, Typed[] arguments, bool isMember, bool isOperator)
    {
        var kinds = Array.ConvertAll(arguments, a => Bare(a.Type));
        if (isOperator && kinds.Length == 2 && kinds[0].IsNumeric && kinds[1].IsNumeric)
        {
            var conversion = kinds.Any(k => k.Kind is CelKind.Double) ? "double" : "int";
            return $"numbers are not converted by themselves: use {conversion}(…) on one side";
        }

        if (kinds.Any(k => k.Kind is CelKind.Money))
        {
            return "write amounts as money(\"5000 EUR\")";
        }

        var forms = function.Overloads.Where(o => isOperator || o.IsMember == isMember).ToList();
        forms = forms.Count == 0 ? [.. function.Overloads] : forms;
        return isOperator
            ? $"it takes {string.Join("; ", forms.Select(o => string.Join(" and ", o.Parameters.Select(Generic))).Distinct().Take(12))}"
            : $"it is declared as {string.Join("; ", forms.Select(o => o.Text).Take(8))}";
    }

    static string Generic(CelType type) => type.ToString().Replace("_0", "A").Replace("_1", "B");

    /// <summary>A pattern that is written out is looked at now rather than at run time.</summary>
    void CheckPattern(Function function, Typed[] arguments)
    {
        if (!isChecked || function.Name != "matches" || arguments[1] is not Constant { Value.Kind: CelKind.String } pattern)
        {
            return;
        }

        if (++patterns > MaxPatterns)
        {
            findings.Error("cel.pattern", pattern.At, $"an expression can have at most {MaxPatterns} patterns");
        }
        else if (Patterns.Of(pattern.Value.AsString).Error is { } error)
        {
            findings.Error(
                "cel.pattern", pattern.At, $"invalid pattern: {error}", "patterns follow RE2 without \\b, \\p{…} and look-around");
        }
    }
}
