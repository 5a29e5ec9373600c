using Spectre.Console;
using Spectre.Console.Rendering;

namespace Anumate;

/// <summary>The demo's step list: alive in a terminal (what is done, what goes on, what comes), plain lines when piped.</summary>
sealed class DemoShow(IReadOnlyList<string> steps) : IAsyncDisposable
{
    static readonly string[] Spinner = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];

    readonly string?[] details = new string?[steps.Count];
    readonly bool live = AnsiConsole.Profile.Capabilities.Interactive && AnsiConsole.Profile.Capabilities.Ansi;
    readonly TaskCompletionSource ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    readonly Lock gate = new();
    Task drawing = Task.CompletedTask;
    string progress = "";
    int current = -1;
    bool failed;

    public Task BeginAsync()
    {
        if (live)
        {
            drawing = AnsiConsole.Live(new Text("")).StartAsync(async context =>
            {
                for (var frame = 0; !ended.Task.IsCompleted; frame++)
                {
                    context.UpdateTarget(Picture(frame));
                    await Task.WhenAny(ended.Task, Task.Delay(100));
                }

                context.UpdateTarget(Picture(0));
            });
        }

        return Task.CompletedTask;
    }

    /// <summary>Says what goes on within the current step.</summary>
    public void Progress(string text)
    {
        lock (gate)
        {
            progress = text;
        }

        if (!live)
        {
            Console.Out.WriteLine($"    {text}");
        }
    }

    /// <summary>Does the next step and shows what came of it.</summary>
    public async Task<T> StepAsync<T>(Func<Task<(T Value, string Detail)>> work)
    {
        lock (gate)
        {
            (current, progress) = (current + 1, "");
        }

        try
        {
            var (value, detail) = await work();
            Done(detail);
            return value;
        }
        catch
        {
            failed = true;
            throw;
        }
    }

    public Task StepAsync(Func<Task<string>> work) => StepAsync(async () => (true, await work()));

    public async Task EndAsync()
    {
        ended.TrySetResult();
        await drawing;
    }

    public async ValueTask DisposeAsync() => await EndAsync();

    void Done(string detail)
    {
        lock (gate)
        {
            details[current] = detail;
        }

        if (!live)
        {
            Console.Out.WriteLine($"[{current + 1}/{steps.Count}] {steps[current]}: {detail}");
        }
    }

    Rows Picture(int frame)
    {
        lock (gate)
        {
            var lines = new List<IRenderable>();
            for (var i = 0; i < steps.Count; i++)
            {
                lines.Add(new Markup(Line(i, frame)));
            }

            return new Rows(lines);
        }
    }

    string Line(int i, int frame)
    {
        var name = Markup.Escape(steps[i]);
        if (details[i] is { } detail)
        {
            return $"[green]✓[/] {name}\n    [grey]{Markup.Escape(detail)}[/]";
        }

        if (i != current)
        {
            return $"[grey]· {name}[/]";
        }

        return failed ? $"[red]✗ {name}[/]" : $"[yellow]{Spinner[frame % Spinner.Length]}[/] [bold]{name}[/] [grey]{Markup.Escape(progress)}[/]";
    }
}
