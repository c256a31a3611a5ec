"""Why a guess was made, in words that a person on call can judge. Pure."""

from collector.lineage.infer.events import Frame
from collector.lineage.infer.habits import Habit
from collector.lineage.infer.works import Guess

_SHARED = {
    "span": "same trace context",
    "trace": "same trace",
    "correlation": "same correlation id",
    "key": "same key",
    "time": "by time alone",
}


def by_habit(habit: Habit, gap_ms: float, candidates: int) -> str:
    """Say what was shared, what is usual, and among how many candidates it was chosen."""
    median, high = habit.latency_ms()
    return (
        f"{_SHARED[habit.join]}; {habit.effect.topic} usually follows {habit.cause.topic} after {_time(median)} "
        f"(p90 {_time(high)}), here after {_time(gap_ms)}; {_of(candidates)}"
    )


def by_rule(
    seen: Frame, row: int, guess: Guess, usual_ms: tuple[float, float], rivals: int, alone: bool
) -> str:
    """Say which rule chose it."""
    effect, cause = seen.kinds[int(seen.kind[row])], seen.kinds[int(seen.kind[guess.cause])]
    gap = float(seen.time[row] - seen.time[guess.cause])
    return (
        f"{'by time alone' if alone else 'same trace'}; {effect.producer} had read {cause.topic} ({guess.rule}); "
        f"{effect.topic} usually follows after {_time(usual_ms[0])} (p90 {_time(usual_ms[1])}), "
        f"here after {_time(gap)}; {_of(rivals)}"
    )


def _of(candidates: int) -> str:
    return "the only candidate" if candidates <= 1 else f"1 of {candidates} candidates"


def _time(ms: float) -> str:
    if ms < 10:
        return f"{ms:.2g} ms"
    if ms < 10_000:
        return f"{ms:.0f} ms"
    return f"{ms / 1e3:.0f} s" if ms < 600_000 else f"{ms / 60e3:.0f} min"
