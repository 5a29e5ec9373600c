using System.Text.RegularExpressions;
using Anumate.PolicyEngine;
using CsCheck;

namespace Anumate.Engines.Tests.Policies;

public sealed class ToolPatternTests
{
    [Theory]
    [InlineData("payments.refund", "payments.refund", true)]
    [InlineData("payments.refund", "payments.refund_all", false)]
    [InlineData("payments.refund", "xpayments.refund", false)]
    [InlineData("payments.*_void", "payments.card_void", true)]
    [InlineData("payments.*_void", "payments._void", true)]
    [InlineData("payments.*_void", "payments.void", false)]
    [InlineData("payments.*", "payments.admin.wipe", true)]
    [InlineData("*", "orders.get", true)]
    [InlineData("*.get", "orders.get", true)]
    [InlineData("a*b*c", "aXbXbc", true)]
    [InlineData("a*b*c", "aXcXb", false)]
    public void Fits_the_whole_name(string pattern, string tool, bool fits) => Assert.Equal(fits, new ToolPattern(pattern).Matches(tool));

    [Fact]
    public void Agrees_with_a_regular_expression() =>
        Gen.Select(Gen.String[Gen.Char["ab.*"], 1, 8], Gen.String[Gen.Char["ab."], 0, 10]).Sample((pattern, tool) =>
        Assert.Equal(Regex.IsMatch(tool, $"^{Regex.Escape(pattern).Replace("\\*", ".*")}\\z", RegexOptions.Singleline),
            new ToolPattern(pattern).Matches(tool)));

    [Theory]
    [InlineData("")]
    [InlineData("Payments.refund")]
    [InlineData("payments refund")]
    [InlineData("payments.**")]
    [InlineData("pаyments.refund")]
    [InlineData("a*b*c*d*e*f*g*h*i*j")]
    public void Refuses_what_is_no_pattern(string pattern) => Assert.NotNull(ToolPattern.Fault(pattern));
}
