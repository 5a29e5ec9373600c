using System.Globalization;
using System.Text;

namespace Anumate.PlanEngine;

public sealed partial class RunState
{
    /// <summary>Everything the journal determines, as text: two states of one run are equal when their snapshots are.</summary>
    public string Snapshot()
    {
        var text = new StringBuilder();
        Line(text, "run", Run, Plan.Hash, Seq, Ms(Now), Epoch, Recovered, Started, Status);
        Line(text, "values", Inputs, InputsDigest, Facts, Outputs, Error);
        Line(text, "failure", Failure);
        Line(text, "clock", OpenPeople, OpenPeople > 0 ? Ms(PeopleSince) : null, Ms(Deadline));
        Line(text, "completed", string.Join(' ', Completion));
        Line(text, "open", string.Join(' ', Open));
        Slots(text, "do", Doing);
        Slots(text, "undo", Undoing ?? []);
        foreach (var approval in ApprovalList)
        {
            Line(text, "approval", approval);
        }

        foreach (var clarification in ClarificationList)
        {
            Line(text, "clarification", clarification);
        }

        return text.ToString();
    }

    void Slots(StringBuilder text, string phase, CallSlot[] slots)
    {
        for (var i = 0; i < slots.Length; i++)
        {
            ref readonly var s = ref slots[i];
            if (s.Status is not StepStatus.Pending || s.Attempt > 0)
            {
                Line(text, phase, Plan.Steps[i].Id, s.Status, s.Attempt, Ms(s.Due), s.Dangling, s.Outcome, s.Maybe, s.Again, s.AtOnce, s.GivenUp, s.Lookups, s.Error, s.Demands,
                    phase == "do" ? StepOutputs[i] : default);
            }
        }
    }

    static long? Ms(DateTimeOffset? time) => time is { } t && t != default ? t.ToUnixTimeMilliseconds() : null;

    static void Line(StringBuilder text, params ReadOnlySpan<object?> parts)
    {
        foreach (var part in parts)
        {
            text.Append(CultureInfo.InvariantCulture, $"{part ?? "-"} | ");
        }

        text.Append('\n');
    }
}
