namespace Anumate.Policies;

/// <summary>
/// A reference to a policy: <c>name</c> (its highest version), <c>name@3</c>, or <c>name@^3</c>, which means the same as versions have one
/// number.
/// </summary>
readonly record struct PolicyReference(string Name, int? Version)
{
    const int MaxName = 63;

    /// <exception cref="ProblemException"><c>invalid-request</c>.</exception>
    public static PolicyReference Parse(string text)
    {
        var at = text.IndexOf('@');
        var name = at < 0 ? text : text[..at];
        if (name.Length is 0 or > MaxName || name.Any(c => c is not (>= 'a' and <= 'z' or >= '0' and <= '9' or '_' or '.')))
        {
            throw Refused(text);
        }

        if (at < 0)
        {
            return new PolicyReference(name, null);
        }

        var number = text[(at + 1)..];
        number = number.StartsWith('^') ? number[1..] : number;
        return number.Length is > 0 and < 10 && number.All(char.IsAsciiDigit) && number[0] != '0'
            ? new PolicyReference(name, int.Parse(number))
            : throw Refused(text);
    }

    public bool Names(PolicyVersion policy) => policy.Name == Name && (Version is null || Version == policy.Version);

    public override string ToString() => Version is null ? Name : $"{Name}@{Version}";

    static ProblemException Refused(string text) =>
        Problems.Invalid($"`{(text.Length <= 80 ? text : text[..80] + "…")}` is not a reference to a policy; write `name`, `name@3` or `name@^3`");
}
