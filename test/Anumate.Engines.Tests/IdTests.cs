namespace Anumate.Engines.Tests;

public sealed class IdTests
{
    [Fact]
    public void Round_trips_as_text()
    {
        var id = Id<Tenant>.New(TimeProvider.System);
        Assert.Equal(id, Id<Tenant>.Parse(id.ToString()));
    }

    [Theory]
    [InlineData("")]
    [InlineData("prn_01m826h01xf14v1qvyk36e7vrz")]
    [InlineData("ten_01m826h01xf14v1qvyk36e7vrzz")]
    [InlineData("ten_81m826h01xf14v1qvyk36e7vrz")]
    [InlineData("TEN_01m826h01xf14v1qvyk36e7vrz")]
    [InlineData("ten_01M826h01xf14v1qvyk36e7vrz")]
    public void Refuses_what_is_not_an_id(string text) => Assert.False(Id<Tenant>.TryParse(text, null, out _));
}
