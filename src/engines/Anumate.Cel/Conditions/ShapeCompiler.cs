using System.Linq.Expressions;

namespace Anumate.Cel;

/// <summary>From plain parts to a delegate, by way of expression trees: tests joined by jumps, every one of which can be unsure.</summary>
static class ShapeCompiler
{
    static readonly ParameterExpression Slots = Expression.Parameter(typeof(CelValue[]), "slots");
    static readonly ParameterExpression Places = Expression.Parameter(typeof(int[]), "places");
    static readonly ParameterExpression Place = Expression.Parameter(typeof(int), "place");
    static readonly ParameterExpression Constants = Expression.Parameter(typeof(CelValue[]), "constants");
    static readonly ParameterExpression Constant = Expression.Parameter(typeof(int), "constant");

    static readonly Expression Yes = Expression.Constant(CelTruth.Yes);
    static readonly Expression No = Expression.Constant(CelTruth.No);

    public static ConditionCode Compile(Plain whole) =>
        Expression.Lambda<ConditionCode>(Truth(whole), Slots, Places, Place, Constants, Constant).Compile();

    static Expression Truth(Plain part) => part switch
    {
        Joint joint => OfJoint(joint),
        Either either => OfEither(either, Truth, Expression.Constant(CelTruth.Unsure)),
        Has has => Expression.Call(((Func<CelValue, CelTruth>)Truths.Has).Method, Slot(has.Number)),
        Doubt => Expression.Constant(CelTruth.Unsure),
        Apply { Function.Name: "!_" } not => Expression.Call(((Func<CelTruth, CelTruth>)Truths.Not).Method, Truth(not.Arguments[0])),
        Apply { Arguments: [var a, var b] } apply when TestOf(apply.Function.Name) is { } test => Expression.Call(test.Method, Value(a), Value(b)),
        _ => Expression.Call(((Func<CelValue, CelTruth>)Truths.Is).Method, Value(part)),
    };

    static Func<CelValue, CelValue, CelTruth>? TestOf(string function) => function switch
    {
        "_==_" => Truths.Equal,
        "_!=_" => Truths.NotEqual,
        "_<_" => Truths.Less,
        "_<=_" => Truths.LessOrEqual,
        "_>_" => Truths.Greater,
        "_>=_" => Truths.GreaterOrEqual,
        "@in" => Truths.In,
        _ => null,
    };

    static Expression Value(Plain part) => part switch
    {
        Read read => Slot(read.Number),
        Fixed constant => Expression.ArrayIndex(Constants, Expression.Add(Constant, Expression.Constant(constant.Number))),
        Otherwise or => Expression.Call(((Func<CelValue, CelValue, CelValue>)Truths.Otherwise).Method, Slot(or.Number), Value(or.Other)),
        Either either => OfEither(either, Value, Expression.Default(typeof(CelValue))),
        Apply { Arguments: [var a] } apply when apply.Function.Name != "!_" =>
            Expression.Call(((Func<Code1, CelValue, CelValue>)Truths.Call).Method, Expression.Constant(apply.Function.One), Value(a)),
        Apply { Arguments: [var a, var b] } apply =>
            Expression.Call(((Func<Code2, CelValue, CelValue, CelValue>)Truths.Call).Method, Expression.Constant(apply.Function.Two),
                Value(a), Value(b)),
        _ => Expression.Call(((Func<CelTruth, CelValue>)Truths.ValueOf).Method, Truth(part)),
    };

    static BinaryExpression Slot(int number) =>
        Expression.ArrayIndex(Slots, Expression.ArrayIndex(Places, Expression.Add(Place, Expression.Constant(number))));

    /// <summary>The operands from the left, as long as they leave the outcome open; one that is unsure is the outcome.</summary>
    static Expression OfJoint(Joint joint)
    {
        if (joint.Operands.Length == 0)
        {
            return joint.IsAnd ? Yes : No;
        }

        var truth = Expression.Variable(typeof(CelTruth));
        var whole = Truth(joint.Operands[^1]);
        for (var i = joint.Operands.Length - 2; i >= 0; i--)
        {
            whole = Expression.Condition(
                Expression.Equal(Expression.Assign(truth, Truth(joint.Operands[i])), joint.IsAnd ? Yes : No), whole, truth);
        }

        return Expression.Block([truth], whole);
    }

    static BlockExpression OfEither(Either either, Func<Plain, Expression> of, Expression unsure)
    {
        var test = Expression.Variable(typeof(CelTruth));
        return Expression.Block([test],
            Expression.Assign(test, Truth(either.Test)),
            Expression.Condition(Expression.Equal(test, Yes), of(either.Then),
                Expression.Condition(Expression.Equal(test, No), of(either.Else), unsure)));
    }
}
