namespace Anumate.Cel;

/// <summary>Turns a checked expression into closures. What is constant is computed here, once.</summary>
sealed partial class Emitter(Findings findings)
{
    const long FoldingBudget = 10_000;
    const long ErrorCost = 50;

    /// <summary>Code, and its value when that is known; otherwise the value is unbound.</summary>
    readonly record struct Part(Code Code, CelValue Value)
    {
        public bool IsConstant => !Value.IsUnbound;
    }

    public Code Emit(Typed root) => Of(root).Code;

    Part Of(Typed node) => node switch
    {
        Constant n => Known(n.Value),
        Variable n => new(Read(n), default),
        Local n => new((ref frame) => frame.Locals[n.Slot], default),
        FieldRead n => OfField(n),
        FieldTest n => OfTest(n),
        Invoke n => OfInvoke(n),
        TypedLogic n => OfLogic(n),
        Choice n => OfChoice(n),
        NewList n => OfList(n),
        NewMap n => OfMap(n),
        Joined n => OfJoined(n),
        Loop n => OfLoop(n),
        Let n => OfLet(n),
        OrElse n => OfOrElse(n),
        OptionalMap n => OfOptionalMap(n),
        Failing n => new(Failed(n), default),
        _ => throw new InvalidOperationException($"no code for {node.GetType().Name}"),
    };

    static Part Known(CelValue value) => new((ref _) => value, value);

    /// <summary>An error gets the position of the part it comes from, unless it has one; making it costs as much as many steps.</summary>
    static CelValue Place(ref Frame frame, CelValue error, Position at)
    {
        if (error.Error is not { } e || e.Position != default)
        {
            return error;
        }

        frame.Steps -= ErrorCost;
        return CelValue.Of(e with { Position = at });
    }

    Code Failed(Failing node)
    {
        var error = CelValue.Of(new CelError(node.Code, node.Message, findings.PositionOf(node.At)));
        return (ref _) => error;
    }

    Code Read(Variable node)
    {
        var index = node.Index;
        var unbound = CelValue.Of(new CelError(CelErrors.Unbound, $"`{node.Name}` has no value", findings.PositionOf(node.At)));
        return (ref frame) =>
        {
            var variables = frame.Variables;
            if ((uint)index >= (uint)variables.Length)
            {
                return unbound;
            }

            var value = variables[index];
            return value.IsUnbound ? unbound : value;
        };
    }

    /// <summary>Constant parts make a constant whole, unless it fails: then it fails when evaluated, and a warning says so.</summary>
    Part Fold(int at, Code code, params ReadOnlySpan<Part> parts)
    {
        foreach (var part in parts)
        {
            if (!part.IsConstant)
            {
                return new(code, default);
            }
        }

        var frame = new Frame([], [], FoldingBudget);
        var value = code(ref frame);
        if (frame.IsExhausted)
        {
            return new(code, default);
        }

        if (value.Error is { } error)
        {
            findings.Warning("cel.always-fails", at, $"this always fails: {error.Message}");
            return new(code, default);
        }

        return Known(value);
    }

    Part OfField(FieldRead node)
    {
        var target = Of(node.Target);
        var (code, field, at) = (target.Code, node.Field, findings.PositionOf(node.At));
        return Fold(node.At, (ref frame) =>
        {
            var value = code(ref frame);
            if (value.As<MapPayload>() is not { } map)
            {
                return value.IsError ? value : Place(ref frame, Optionals.Field(value, field), at);
            }

            return map.TryGet(field, out var found)
                ? found.IsError ? Place(ref frame, found, at) : found
                : Place(ref frame, CelValue.Fail(CelErrors.NoSuchField, $"there is no field `{field}`"), at);
        }, target);
    }

    Part OfTest(FieldTest node)
    {
        var target = Of(node.Target);
        var (code, field, at) = (target.Code, node.Field, findings.PositionOf(node.At));
        return Fold(node.At, (ref frame) =>
        {
            var value = code(ref frame);
            return value.As<MapPayload>() is { } map ? CelValue.Of(map.TryGet(field, out _))
                : value.IsError ? value
                : value.As<OptionalPayload>() is { } held ? Place(ref frame, Optionals.Test(held, field), at)
                : Place(ref frame, Operators.NoFields(value, field), at);
        }, target);
    }

    Part OfInvoke(Invoke node)
    {
        var parts = Array.ConvertAll(node.Arguments, Of);
        var at = findings.PositionOf(node.At);
        var special = Special(node, parts, at);
        if (special is not null)
        {
            return Fold(node.At, special, parts);
        }

        return Fold(node.At, parts.Length switch
        {
            1 => Unary(parts[0].Code, node.Function.One!, at),
            2 => Binary(parts[0].Code, parts[1].Code, node.Function.Two!, at),
            3 => Ternary(parts[0].Code, parts[1].Code, parts[2].Code, node.Function.Three!, at),
            _ => Quaternary(Array.ConvertAll(parts, p => p.Code), node.Function.Four!, at),
        }, parts);
    }

    static Code Unary(Code a, Code1 function, Position at) => (ref frame) =>
    {
        var x = a(ref frame);
        if (x.IsError)
        {
            return x;
        }

        var result = function(ref frame, x);
        return result.IsError ? Place(ref frame, result, at) : result;
    };

    static Code Binary(Code a, Code b, Code2 function, Position at) => (ref frame) =>
    {
        var x = a(ref frame);
        if (x.IsError)
        {
            return x;
        }

        var y = b(ref frame);
        if (y.IsError)
        {
            return y;
        }

        var result = function(ref frame, x, y);
        return result.IsError ? Place(ref frame, result, at) : result;
    };

    static Code Ternary(Code a, Code b, Code c, Code3 function, Position at) => (ref frame) =>
    {
        var (x, y, z) = (a(ref frame), b(ref frame), c(ref frame));
        if (x.IsError || y.IsError || z.IsError)
        {
            return x.IsError ? x : y.IsError ? y : z;
        }

        var result = function(ref frame, x, y, z);
        return result.IsError ? Place(ref frame, result, at) : result;
    };

    static Code Quaternary(Code[] arguments, Code4 function, Position at) => (ref frame) =>
    {
        var values = new CelValue[arguments.Length];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = arguments[i](ref frame);
            if (values[i].IsError)
            {
                return values[i];
            }
        }

        var result = function(ref frame, values[0], values[1], values[2], values[3]);
        return result.IsError ? Place(ref frame, result, at) : result;
    };

    Part OfLogic(TypedLogic node)
    {
        var parts = Array.ConvertAll(node.Operands, Of);
        var codes = Array.ConvertAll(parts, p => p.Code);
        var at = findings.PositionOf(node.At);
        return Fold(node.At, node.IsAnd ? And(codes, at) : Or(codes, at), parts);
    }

    /// <summary>False wins over errors, wherever it stands.</summary>
    static Code And(Code[] operands, Position at) => (ref frame) =>
    {
        CelValue error = default;
        foreach (var operand in operands)
        {
            var value = operand(ref frame);
            if (value.IsFalse)
            {
                return value;
            }

            if (!value.IsTrue && error.IsUnbound)
            {
                error = NotBool(ref frame, value, "&&", at);
            }
        }

        return error.IsUnbound ? CelValue.True : error;
    };

    /// <summary>True wins over errors, wherever it stands.</summary>
    static Code Or(Code[] operands, Position at) => (ref frame) =>
    {
        CelValue error = default;
        foreach (var operand in operands)
        {
            var value = operand(ref frame);
            if (value.IsTrue)
            {
                return value;
            }

            if (!value.IsFalse && error.IsUnbound)
            {
                error = NotBool(ref frame, value, "||", at);
            }
        }

        return error.IsUnbound ? CelValue.False : error;
    };

    static CelValue NotBool(ref Frame frame, CelValue value, string of, Position at) =>
        value.IsError ? value : Place(ref frame, Operators.NoOverload(of, value), at);

    Part OfChoice(Choice node)
    {
        var (condition, then, otherwise) = (Of(node.Condition), Of(node.Then), Of(node.Otherwise));
        var (test, yes, no) = (condition.Code, then.Code, otherwise.Code);
        var at = findings.PositionOf(node.At);
        return Fold(node.At, (ref frame) =>
        {
            var value = test(ref frame);
            return value.IsTrue ? yes(ref frame) : value.IsFalse ? no(ref frame) : NotBool(ref frame, value, "?:", at);
        }, condition, then, otherwise);
    }

    Part OfList(NewList node)
    {
        var parts = Array.ConvertAll(node.Items, Of);
        var codes = Array.ConvertAll(parts, p => p.Code);
        if (node.Optional is { } optional)
        {
            var at = findings.PositionOf(node.At);
            return Fold(node.At, (ref frame) => MakeList(ref frame, codes, optional, at), parts);
        }

        return Fold(node.At, (ref frame) =>
        {
            var items = codes.Length == 0 ? [] : new CelValue[codes.Length];
            for (var i = 0; i < items.Length; i++)
            {
                items[i] = codes[i](ref frame);
                if (items[i].IsError)
                {
                    return items[i];
                }
            }

            return new(new ArrayPayload(items));
        }, parts);
    }

    Part OfMap(NewMap node)
    {
        var keys = Array.ConvertAll(node.Entries, e => Of(e.Key));
        var values = Array.ConvertAll(node.Entries, e => Of(e.Value));
        var (keyCodes, valueCodes) = (Array.ConvertAll(keys, p => p.Code), Array.ConvertAll(values, p => p.Code));
        var at = findings.PositionOf(node.At);
        return Fold(node.At, (ref frame) => MakeMap(ref frame, keyCodes, valueCodes, node.Optional, at), [.. keys, .. values]);
    }

    static CelValue MakeMap(ref Frame frame, Code[] keyCodes, Code[] valueCodes, bool[]? optional, Position at)
    {
        var keys = new List<CelValue>(keyCodes.Length);
        var entries = new Dictionary<CelValue, CelValue>(keyCodes.Length);
        for (var i = 0; i < keyCodes.Length; i++)
        {
            var key = keyCodes[i](ref frame);
            if (key.Kind is not (CelKind.String or CelKind.Int or CelKind.Uint or CelKind.Bool))
            {
                return key.IsError ? key : Place(ref frame, CelValue.Fail(CelErrors.InvalidArgument, "only strings, ints, uints and bools can be map keys"), at);
            }

            var value = valueCodes[i](ref frame);
            if (value.IsError)
            {
                return value;
            }

            if (optional?[i] is true)
            {
                if (value.As<OptionalPayload>() is not { } held)
                {
                    return Place(ref frame, Operators.NoOverload("?", value), at);
                }

                value = held.Value;
                if (value.IsUnbound)
                {
                    continue;
                }
            }

            if (!entries.TryAdd(key, value))
            {
                return Place(ref frame, CelValue.Fail(CelErrors.DuplicateKey, "a key occurs twice"), at);
            }

            keys.Add(key);
        }

        return new(new EntriesPayload([.. keys], entries));
    }

    Part OfJoined(Joined node)
    {
        var parts = Array.ConvertAll(node.Parts, Of);
        var codes = Array.ConvertAll(parts, p => p.Code);
        var at = Array.ConvertAll(node.Parts, p => findings.PositionOf(p.At));
        return Fold(node.At, (ref frame) =>
        {
            var texts = new string[codes.Length];
            for (var i = 0; i < texts.Length; i++)
            {
                var value = codes[i](ref frame);
                value = value.IsError ? value : Place(ref frame, Conversions.String(ref frame, value), at[i]);
                if (value.StringOrNull is not { } text || !frame.Charge(text.Length / 8))
                {
                    return value.IsError ? value : Frame.Exhausted();
                }

                texts[i] = text;
            }

            return CelValue.Of(string.Concat(texts));
        }, parts);
    }
}
