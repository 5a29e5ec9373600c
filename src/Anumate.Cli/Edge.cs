namespace Anumate.Cli;

/// <summary>The outermost frame of a verb: every way to end becomes a message and an exit code, never a stack trace.</summary>
public static class Edge
{
    public static async Task<int> RunAsync(Output output, Func<Task<int>> verb, CancellationToken ct)
    {
        try
        {
            return await verb();
        }
        catch (ProblemException e)
        {
            output.Problem(e.Problem);
            if (e.Problem.Code == "unauthenticated")
            {
                output.Remark($"sign in with: anumate login");
            }

            return ExitCode.Of(e.Problem);
        }
        catch (NotSignedInException e)
        {
            output.Problem(new Problem("not-signed-in", 401, "Sign in first", e.Message));
            return ExitCode.NotSignedIn;
        }
        catch (UsageException e)
        {
            output.Problem(new Problem("usage", 400, "The command is not complete", e.Message));
            return ExitCode.Usage;
        }
        catch (SetupException e)
        {
            // Our own words, with commands each on a line of its own; a problem's detail is one line.
            var lines = e.Message.Split('\n');
            output.Problem(new Problem("setup", 500, "This machine is not ready", output.Json ? string.Join(' ', lines.Select(l => l.Trim())) : lines[0]));
            foreach (var line in output.Json ? [] : lines[1..])
            {
                output.Remark($"{line}");
            }

            return ExitCode.Error;
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            return ExitCode.Interrupted;
        }
        catch (OperationCanceledException)
        {
            output.Problem(new Problem("timeout", 504, "No answer in time", "the server did not answer within 100 s"));
            return ExitCode.Timeout;
        }
        catch (IOException e)
        {
            output.Problem(new Problem("io", 500, "A file or connection failed", e.Message));
            return ExitCode.Error;
        }
        catch (System.Text.Json.JsonException e)
        {
            output.Problem(new Problem("unexpected-answer", 502, "The server answered with something this program does not understand", $"{e.Message}; is it another version?"));
            return ExitCode.Error;
        }
        catch (UnauthorizedAccessException e)
        {
            output.Problem(new Problem("io", 500, "A file cannot be opened", e.Message));
            return ExitCode.Error;
        }
    }
}

/// <summary>The command line is wrong in a way the parser cannot see (exit code 64).</summary>
public sealed class UsageException(string message) : Exception(message);
