"""Names the likely cause of events, how sure that is, and why. Pure; near-linear in events.

The entry is `infer(events, exact, …)`. Where edges are known for a kind of event, habits are learned from them; where
none are, from what services do for one event (`works`), if it is known who reads what, or else from what kinds of
events share (`joins`). The known edges are hidden in turn to see how often such guesses are right.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from collector.lineage.infer import calibrate
from collector.lineage.infer.assign import Chosen, assign
from collector.lineage.infer.events import NONE, Events, Flags, Floats, Frame, Ints, frame
from collector.lineage.infer.habits import Habits, Scored, learn, merged, pools, score
from collector.lineage.infer.joins import learn_by_joins
from collector.lineage.infer.latency import histogram, quantiles
from collector.lineage.infer.reasons import by_habit, by_rule
from collector.lineage.infer.works import Guess, guess_by_works, split

EVIDENCE_MIN = 1
"""With fewer known edges a kind of effect is judged without them."""
CHUNK = 4_000
FOLDS = 2
HIDDEN_MAX = 4_000
"""So many known edges are hidden in turn: a sample is enough for a curve."""
CANDIDATES_MAX = 3
CANDIDATE_MIN = 0.02
ALONE_SHARE = 0.5
RING_MAX = 1_000
"""A way back to the beginning that is longer than this is taken for a ring."""


@dataclass(frozen=True)
class Candidate:
    """A possible cause (a row of the given events), 0..1, and why, in words."""

    cause: int
    confidence: float
    reason: str


@dataclass
class Inferred:
    """By row of the given events: its possible causes, the likeliest first. `habits` is what was learned."""

    candidates: dict[int, list[Candidate]] = field(default_factory=dict)
    habits: Habits = field(default_factory=dict)

    def best(self, count: int) -> tuple[Ints, Floats]:
        """Return the likeliest cause of each of `count` events (NONE = none) and its confidence."""
        cause, confidence = np.full(count, NONE, dtype=np.int64), np.zeros(count)
        for row, candidates in self.candidates.items():
            cause[row], confidence[row] = candidates[0].cause, candidates[0].confidence
        return cause, confidence


def infer(
    events: Events,
    exact: Sequence[tuple[int, int]] | Ints = (),
    *,
    known: Habits | None = None,
    targets: Flags | None = None,
) -> Inferred:
    """Return the likely causes of events.

    `exact` are known edges as rows (effect, cause) of `events`; they are learned from, and their effects are left
    alone. `known` are habits from elsewhere, `targets` marks the events to look at (all but roots and known effects
    if not given).
    """
    seen = frame(events)
    place = np.empty(len(seen), dtype=np.int64)
    place[seen.order] = np.arange(len(seen))
    edges = place[np.asarray(exact, dtype=np.int64).reshape(-1, 2)]
    wanted = ~seen.root if targets is None else targets[seen.order] & ~seen.root
    wanted[edges[:, 0]] = False
    return _Inference(seen, edges, known or {}).run(np.flatnonzero(wanted))


def habits_of(events: Events, exact: Sequence[tuple[int, int]] | Ints) -> Habits:
    """Return the habits that known edges, rows (effect, cause) of `events`, show."""
    seen = frame(events)
    place = np.empty(len(seen), dtype=np.int64)
    place[seen.order] = np.arange(len(seen))
    edges = place[np.asarray(exact, dtype=np.int64).reshape(-1, 2)]
    return learn(seen, edges[:, 0], edges[:, 1])


class _Inference:
    """One call of `infer`; rows are rows of the frame."""

    def __init__(self, seen: Frame, edges: Ints, known: Habits) -> None:
        self._frame = seen
        self._edges = edges
        self._kind_of = {kind: number for number, kind in enumerate(seen.kinds)}
        self._pools = pools(seen)
        self._known = known
        self._found = Inferred()
        self._rules: dict[str, tuple[int, int]] = {}

    def run(self, wanted: Ints) -> Inferred:
        frame_, edges = self._frame, self._edges
        learned = learn(frame_, edges[:, 0], edges[:, 1], among=self._pools) if len(edges) else {}
        self._found.habits = learned
        habits = merged(self._known, learned)
        evident = self._evident(habits, wanted)
        curve = self._curve() if len(edges) else calibrate.IDENTITY
        self._by_habits(wanted[evident], habits, curve)
        rest = np.array([row for row in wanted.tolist() if self._unnamed(row)], dtype=np.int64)
        if len(rest):
            self._by_works(rest)
        rest = np.array([row for row in rest.tolist() if self._unnamed(row)], dtype=np.int64)
        if len(rest):
            self._by_joins(rest)
        self._leave_rings_out()
        return self._found

    def _leave_rings_out(self) -> None:
        """Drop what would close a ring. Causes may seem later than effects, as clocks differ; every ring has such."""
        order, time = self._frame.order, self._frame.time
        at = dict(zip(order.tolist(), time.tolist(), strict=True))
        above = {effect: listed[0].cause for effect, listed in self._found.candidates.items()}
        above.update({int(order[effect]): int(order[cause]) for effect, cause in self._edges.tolist()})
        for effect, listed in list(self._found.candidates.items()):
            if at[listed[0].cause] < at[effect]:
                continue
            node: int | None = listed[0].cause
            for _ in range(RING_MAX):
                node = above.get(node) if node is not None else None
                if node is None or node == effect:
                    break
            if node is not None:
                del above[effect], self._found.candidates[effect]

    def _unnamed(self, row: int) -> bool:
        return int(self._frame.order[row]) not in self._found.candidates

    def _evident(self, habits: Habits, rows: Ints) -> Flags:
        enough = [
            sum(habit.weight for habit in habits.get(kind, ())) >= EVIDENCE_MIN for kind in self._frame.kinds
        ]
        return (
            np.array(enough, dtype=np.bool_)[self._frame.kind[rows]] if len(rows) else np.zeros(0, np.bool_)
        )

    def _curve(self) -> calibrate.Curve:
        """Hide a part of the known edges, guess them from the others, and compare."""
        sample = np.unique(np.linspace(0, len(self._edges) - 1, HIDDEN_MAX).astype(np.int64))
        effects, causes = self._edges[sample, 0], self._edges[sample, 1]
        fold = self._fold(effects)
        raw, right = [], []
        for number in range(FOLDS):
            hidden = fold == number
            habits = learn(self._frame, effects[~hidden], causes[~hidden], among=self._pools)
            rows = effects[hidden][self._evident(habits, effects[hidden])]
            truth = dict(zip(effects[hidden].tolist(), causes[hidden].tolist(), strict=True))
            for scored, chosen in self._scored(rows, habits):
                named = np.flatnonzero(chosen.column != NONE)
                cause = scored.causes[named, chosen.column[named]]
                raw.append(chosen.shares[named, chosen.column[named]])
                right.append(cause == np.array([truth[row] for row in scored.effects[named].tolist()]))
        if not raw:
            return calibrate.IDENTITY
        return calibrate.fit(np.concatenate(raw), np.concatenate(right))

    def _fold(self, rows: Ints) -> Ints:
        """Divide by trace where there is one: events of one trace are alike."""
        trace = self._frame.shared["trace"][rows]
        return np.where(trace != NONE, trace, rows) % FOLDS

    def _scored(self, rows: Ints, habits: Habits) -> Iterator[tuple[Scored, Chosen]]:
        for kind in np.unique(self._frame.kind[rows]).tolist():
            of_kind = rows[self._frame.kind[rows] == kind]
            some = habits.get(self._frame.kinds[kind], ())
            for start in range(0, len(of_kind), CHUNK):
                scored = score(self._frame, of_kind[start : start + CHUNK], some, self._kind_of, self._pools)
                yield scored, assign(scored)

    def _by_habits(self, rows: Ints, habits: Habits, curve: calibrate.Curve) -> None:
        order = self._frame.order
        for scored, chosen in self._scored(rows, habits):
            for number, row in enumerate(scored.effects.tolist()):
                if chosen.column[number] == NONE:
                    continue
                shares = chosen.shares[number]
                best = int(chosen.column[number])
                others = [one for one in np.argsort(-shares)[: CANDIDATES_MAX + 1].tolist() if one != best]
                top = [best, *(one for one in others if shares[one] >= CANDIDATE_MIN)]
                listed: dict[int, Candidate] = {}
                for column, confidence in zip(top, curve(shares[top]).tolist(), strict=True):
                    cause = int(scored.causes[number, column])
                    habit = scored.habits[int(scored.habit[number, column])]
                    gap = float(self._frame.time[row] - self._frame.time[cause])
                    reason = by_habit(habit, gap, len(top))
                    listed.setdefault(cause, Candidate(int(order[cause]), confidence, reason))
                self._found.candidates[int(order[row])] = _within_one(list(listed.values()))

    def _by_works(self, rows: Ints) -> None:
        seen = self._frame
        if not (seen.reader != NONE).any():
            return
        trace = seen.shared["trace"]
        alone = self._alone(trace, rows)
        group = np.zeros(len(seen), dtype=np.int64) if alone else trace
        works = split(seen, group)
        guesses = guess_by_works(seen, works)
        doubts = _Doubts(seen, guesses) if alone else None
        for effect, cause in self._edges.tolist():
            if effect in guesses and not alone:
                right, count = self._rules.get(guesses[effect].rule, (0, 0))
                self._rules[guesses[effect].rule] = right + (guesses[effect].cause == cause), count + 1
        gaps = _gaps(seen, guesses)
        named = [row for row in rows.tolist() if row in guesses]
        rivals = np.array([doubts.rivals(row) if doubts else 1 for row in named], dtype=np.int64)
        for row, others, in_right_work in zip(
            named, rivals.tolist(), calibrate.right_works(rivals).tolist(), strict=True
        ):
            guess = guesses[row]
            sure = calibrate.rule_share(guess.rule, *self._rules.get(guess.rule, (0, 0))) * in_right_work
            usual = gaps[int(seen.kind[row]), int(seen.kind[guess.cause])]
            reason = by_rule(seen, row, guess, usual, others, alone)
            self._found.candidates[int(seen.order[row])] = [
                Candidate(int(seen.order[guess.cause]), sure, reason)
            ]

    @staticmethod
    def _alone(trace: Ints, rows: Ints) -> bool:
        """Whether most events share their trace with no other."""
        sizes = np.bincount(trace[trace != NONE], minlength=1)
        of_row = np.where(trace[rows] == NONE, 1, sizes[np.maximum(trace[rows], 0)])
        return bool((of_row <= 1).mean() > ALONE_SHARE)

    def _by_joins(self, rows: Ints) -> None:
        kinds = np.unique(self._frame.kind[rows])
        learned = learn_by_joins(self._frame, self._pools, kinds)
        if len(learned.effects):
            habits = learn(self._frame, learned.effects, learned.causes, among=self._pools)
            for kind, rule in learned.rules.items():
                curve = calibrate.Curve(np.array([0.0, 1.0]), np.array([0.0, calibrate.RULES[rule]]))
                self._by_habits(rows[self._frame.kind[rows] == kind], habits, curve)


def _within_one(listed: list[Candidate]) -> list[Candidate]:
    """Return candidates whose confidences do not sum to more than one; the first keeps its own."""
    room = 1.0 - listed[0].confidence
    others = sum(one.confidence for one in listed[1:])
    scale = min(1.0, room / others) if others > 0 else 1.0
    return [listed[0], *(Candidate(one.cause, one.confidence * scale, one.reason) for one in listed[1:])]


def _gaps(seen: Frame, guesses: Mapping[int, Guess]) -> dict[tuple[int, int], tuple[float, float]]:
    """Return median and 90th percentile of the time from cause to effect, by their kinds (effect, cause)."""
    rows = np.fromiter(guesses, np.int64, len(guesses))
    causes = np.fromiter((guess.cause for guess in guesses.values()), np.int64, len(guesses))
    code = seen.kind[rows] * len(seen.kinds) + seen.kind[causes]
    order = np.argsort(code, kind="stable")
    found = {}
    for part in np.split(order, np.flatnonzero(np.diff(code[order])) + 1) if len(order) else []:
        median, high = quantiles(histogram(seen.time[rows[part]] - seen.time[causes[part]]), (0.5, 0.9))
        found[int(seen.kind[rows[part[0]]]), int(seen.kind[causes[part[0]]])] = median, high
    return found


class _Doubts:
    """How many works of a service were possibly going on at a time, where nothing tells them apart."""

    def __init__(self, seen: Frame, guesses: Mapping[int, Guess]) -> None:
        self._frame = seen
        entry = seen.producer != seen.reader
        self._entries = {
            int(service): seen.time[entry & (seen.reader == service)]
            for service in np.unique(seen.reader[entry])
        }
        spans: dict[int, list[float]] = {}
        for row in guesses:
            at = self._entries.get(int(seen.producer[row]))
            if at is not None:
                number = int(np.searchsorted(at, seen.time[row], side="right")) - 1
                if number >= 0:
                    spans.setdefault(int(seen.producer[row]), []).append(float(seen.time[row] - at[number]))
        self._spans = {service: float(np.quantile(times, 0.9)) for service, times in spans.items()}

    def rivals(self, row: int) -> int:
        service = int(self._frame.producer[row])
        at = self._entries.get(service)
        if at is None:
            return 1
        now = float(self._frame.time[row])
        first, last = np.searchsorted(at, [now - self._spans.get(service, 0.0), now], side="left")
        return max(int(last - first), 1)
