namespace Anumate.Cel;

/// <summary>
/// What type parameters stand for, as far as known. The rules are those of the reference checker: a parameter takes the first type
/// it meets and grows to a more general one; dyn fits everywhere.
/// </summary>
sealed class Unifier
{
    const int FirstFresh = 1000;
    readonly Dictionary<int, CelType> known = [];
    readonly Stack<(int Id, CelType? Before)> trail = [];
    int next = FirstFresh;

    public CelType Fresh() => CelType.Parameter(next++);

    /// <summary>A signature's own parameters (small ids) replaced by fresh ones, alike for alike.</summary>
    public CelType Instantiate(CelType type, Dictionary<int, CelType> fresh) => Rewrite(type, p =>
    {
        if (p.Id >= FirstFresh)
        {
            return p;
        }

        return fresh.TryGetValue(p.Id, out var made) ? made : fresh[p.Id] = Fresh();
    });

    /// <summary>Whether values of one type can be used where another is asked for. What was learnt is kept only on success.</summary>
    public bool Assign(CelType from, CelType to) => AssignAll([from], [to]);

    public bool AssignAll(ReadOnlySpan<CelType> from, ReadOnlySpan<CelType> to)
    {
        var mark = trail.Count;
        for (var i = 0; i < from.Length; i++)
        {
            if (!Fits(from[i], to[i]))
            {
                Undo(mark);
                return false;
            }
        }

        return true;
    }

    /// <summary>What has been learnt so far, to go back to with <see cref="Undo"/>.</summary>
    public int Mark => trail.Count;

    public void Undo(int mark)
    {
        while (trail.Count > mark)
        {
            var (id, before) = trail.Pop();
            if (before is null)
            {
                known.Remove(id);
            }
            else
            {
                known[id] = before;
            }
        }
    }

    void Learn(int id, CelType type)
    {
        trail.Push((id, known.GetValueOrDefault(id)));
        known[id] = type;
    }

    /// <summary>The common type of two branches or elements; dyn when there is none.</summary>
    public CelType Join(CelType a, CelType b) => Assign(a, b) ? MoreGeneral(a, b) : CelType.Dyn;

    bool Fits(CelType from, CelType to)
    {
        if (to.Kind is CelKind.Parameter)
        {
            var (fits, bound) = Bind(from, to);
            if (fits || bound)
            {
                return fits;
            }
        }

        if (from.Kind is CelKind.Parameter)
        {
            return Bind(to, from).Fits;
        }

        if (from.Kind is CelKind.Dyn || to.Kind is CelKind.Dyn)
        {
            return true;
        }

        if (from.Kind is CelKind.Null || to.Kind is CelKind.Null)
        {
            return AdmitsNull(from) && AdmitsNull(to);
        }

        // A nullable fits its own type; that it may be null shows at run time.
        if (from.Kind is CelKind.Nullable || to.Kind is CelKind.Nullable)
        {
            return Fits(Bare(from), Bare(to));
        }

        return from.Kind == to.Kind ? SameKind(from, to) : FieldsFit(from, to);
    }

    bool SameKind(CelType from, CelType to) => from.Kind switch
    {
        CelKind.List or CelKind.Optional => Fits(from.Element, to.Element),
        CelKind.Map => Fits(from.Key, to.Key) && Fits(from.Element, to.Element),
        CelKind.Object => from.Equals(to) || from.Fields.All(f => !to.Fields.TryGetValue(f.Key, out var g) || Fits(f.Value.Type, g.Type)),
        _ => true,
    };

    /// <summary>An object is a map with string keys.</summary>
    bool FieldsFit(CelType from, CelType to)
    {
        var (fields, map) = from.Kind is CelKind.Object ? (from, to) : (to, from);
        return fields.Kind is CelKind.Object && map.Kind is CelKind.Map && Fits(map.Key, CelType.String)
            && (map.Element.Kind is not CelKind.Parameter || Fits(ValuesOf(fields), map.Element));
    }

    /// <summary>The type that every value of an object has.</summary>
    public static CelType ValuesOf(CelType type)
    {
        var common = type.Rest;
        foreach (var field in type.Fields.Values)
        {
            if (common is not null && !common.Equals(field.Type))
            {
                return CelType.Dyn;
            }

            common = field.Type;
        }

        return common ?? CelType.Dyn;
    }

    static CelType Bare(CelType type) => type.Kind is CelKind.Nullable ? type.Element : type;

    static bool AdmitsNull(CelType type) =>
        type.Kind is CelKind.Null or CelKind.Nullable or CelKind.Timestamp or CelKind.Duration or CelKind.Object or CelKind.Optional;

    /// <summary>Lets a parameter stand for a type. The second result says whether it already stood for another.</summary>
    (bool Fits, bool Bound) Bind(CelType type, CelType parameter)
    {
        if (type.Equals(parameter))
        {
            return (true, true);
        }

        if (!known.TryGetValue(parameter.Id, out var current))
        {
            if (Mentions(type, parameter))
            {
                return (false, false);
            }

            Learn(parameter.Id, type);
            return (true, false);
        }

        if (type.Equals(current))
        {
            return (true, true);
        }

        if (!Fits(type, current))
        {
            return (false, true);
        }

        var general = MoreGeneral(type, current);
        if (!Mentions(general, parameter))
        {
            Learn(parameter.Id, general);
        }

        return (true, true);
    }

    bool Mentions(CelType type, CelType parameter) => type.Kind switch
    {
        CelKind.Parameter => type.Id == parameter.Id || (known.TryGetValue(type.Id, out var current) && Mentions(current, parameter)),
        CelKind.List or CelKind.Nullable or CelKind.Optional or CelKind.Type => Mentions(type.Element, parameter),
        CelKind.Map => Mentions(type.Key, parameter) || Mentions(type.Element, parameter),
        _ => false,
    };

    static CelType MoreGeneral(CelType a, CelType b) => LessOrEquallySpecific(a, b) ? a : b;

    static bool LessOrEquallySpecific(CelType a, CelType b)
    {
        if (a.Kind is CelKind.Dyn or CelKind.Parameter)
        {
            return true;
        }

        if (b.Kind is CelKind.Dyn or CelKind.Parameter)
        {
            return false;
        }

        if (a.Kind is CelKind.Null || b.Kind is CelKind.Null)
        {
            return b.Kind is CelKind.Null;
        }

        if (a.Kind is CelKind.Nullable)
        {
            return LessOrEquallySpecific(a.Element, Bare(b));
        }

        if (a.Kind is CelKind.Map && b.Kind is CelKind.Object)
        {
            return true;
        }

        return a.Kind == b.Kind && a.Kind switch
        {
            CelKind.List or CelKind.Optional => LessOrEquallySpecific(a.Element, b.Element),
            CelKind.Map => LessOrEquallySpecific(a.Key, b.Key) && LessOrEquallySpecific(a.Element, b.Element),
            CelKind.Object => a.Equals(b),
            _ => true,
        };
    }

    /// <summary>The type with its parameters replaced by what they stand for; unknown ones become dyn when asked for.</summary>
    public CelType Resolve(CelType type, bool final = false) => Rewrite(type, p =>
        known.TryGetValue(p.Id, out var current) ? Resolve(current, final) : final ? CelType.Dyn : p);

    static CelType Rewrite(CelType type, Func<CelType, CelType> parameter) => type.Kind switch
    {
        CelKind.Parameter => parameter(type),
        CelKind.List => CelType.List(Rewrite(type.Element, parameter)),
        CelKind.Map => CelType.Map(Rewrite(type.Key, parameter), Rewrite(type.Element, parameter)),
        CelKind.Nullable => CelType.Nullable(Rewrite(type.Element, parameter)),
        CelKind.Optional => CelType.Optional(Rewrite(type.Element, parameter)),
        CelKind.Type when type.HasElement => CelType.TypeOf(Rewrite(type.Element, parameter)),
        _ => type,
    };
}
