"""Watches the records of one topic, type and service for changes of structure. Pure: minutes in, changes out.

A change is an answer that a question never had, and that then stays: a field that nobody sent, one that everybody
sent and that is missing, a type that it never had. What is merely rare shows itself by its rate, bursts by their
minutes. An optional field that is not seen any more, or always, is judged by the longest pause that it ever made.
"""

import copy
from collections import Counter, deque
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from collector.detect.drift_shift import Shift, evidence_of
from collector.detect.drift_structure import DECIMAL, NOT, Question, Structure, parent_of
from collector.detect.drift_tally import (
    EVENTS_MIN,
    SURPRISE_MIN,
    SURPRISE_MINUTES_MIN,
    SURPRISE_VERSION_MIN,
    WARM_UP,
    Seen,
    Tally,
    Trial,
    in_turn,
    silence_surprise,
    together,
)

TRIALS_MAX = 300
_HELD_MAX = 300
_AWAY = 20  # records of others, after which a version that is seen again came back
_REVERT_REMEMBERED = timedelta(days=7)
_SAME_AGAIN = timedelta(hours=1)
_SAME_AGAIN_EVENTS = 5
_DECIMAL_SHARE = 0.9
_PACE_EVENTS = 30
_SILENT_GAPS = 15
_SILENT_MIN = timedelta(seconds=30)
_PAUSE_MIN = timedelta(hours=2)
_PAUSE_YOUNG_MIN = timedelta(hours=12)
_YOUNG = timedelta(hours=36)
_DAY = timedelta(hours=24)
_ALL_DAY_PAUSE = timedelta(hours=3)
_MOST, _MOST_EVENTS_MIN = 0.9, 20


class Stream:
    """The records of one topic, type and service. Feed it minute by minute, in order; `shifts` are its findings."""

    def __init__(self) -> None:
        self.shifts: list[Shift] = []
        self._tallies: dict[Question, Tally] = {}
        self._trials: dict[tuple[Question, str], Trial] = {}
        self._by_path: dict[str, set[Question]] = {}
        self._structures: dict[tuple[int, str], int] = {}
        self._total = 0
        self._minutes = 0
        self._began: datetime | None = None
        self._now: datetime | None = None
        self._versions: dict[str, tuple[datetime | None, int]] = {}
        self._pace: deque[tuple[datetime, int]] = deque()
        self._checked: datetime | None = None
        self._held: list[Sequence[Seen]] = []

    def copy(self) -> "Stream":
        """Return one that goes on apart from this one."""
        return copy.deepcopy(self)

    def is_usual(self, minute: Sequence[Seen]) -> bool:
        """Tell whether nothing is being watched and nothing in these records is new: feeding them can wait."""
        if self._trials or any(shift.state == "rolling_out" for shift in self.shifts):
            return False
        for seen in minute:
            for question in self._questions(seen.structure):
                tally = self._tallies.get(question)
                if tally is None or any(
                    not tally.k[answer] for answer in tally.answers_of(seen.structure, question)
                ):
                    return False
        return True

    def feed(self, minute: Sequence[Seen]) -> None:
        """Take the records of the next minute (never an earlier one), in the order of their first times."""
        # While little is known, a minute is long: what came behind all else of it is judged by that.
        for part in in_turn(minute) if self._total < WARM_UP else [minute]:
            self._feed(part)
        self._minutes += 1

    def _feed(self, minute: Sequence[Seen]) -> None:
        self._began = self._began or minute[0].minute
        self._now = minute[0].minute
        for seen in minute:
            self._open_trials(seen)
        self._held = [*self._held[-_HELD_MAX:], minute] if self._trials else []
        for trial in self._trials.values():
            trial.add(
                (seen, trial.answer in self._answers(seen.structure, trial.question))
                for seen in minute
                if seen.structure.asked(trial.question)
            )
        active = [shift for shift in self.shifts if shift.state == "rolling_out"]
        for shift in active:
            shift.add(minute)
        frozen = {question for question, _ in self._trials} | {q for shift in active for q in shift.answers}
        for seen in minute:
            self._absorb(seen, frozen)
        for shift in active:
            shift.step()
            self._conclude(shift)
        self._watch_ended(minute)
        self._count_minute(minute)
        self._judge_trials()
        if self._checked is None or minute[0].minute - self._checked >= timedelta(minutes=10):
            self._checked = minute[0].minute
            self._judge_pauses(minute[-1])

    # -- what is usual

    def _answers(self, one: Structure, question: Question) -> tuple[str, ...]:
        tally = self._tallies.get(question)
        return tally.answers_of(one, question) if tally else one.answers(question)

    def _questions(self, one: Structure) -> list[Question]:
        """Return the questions that are asked of a structure: its own, and for known fields that it lacks."""
        found = dict.fromkeys(one.questions())
        for path, types in one.types.items():
            if "object" in types:
                for question in self._by_path.get(path, ()):
                    found.setdefault(question)
        return list(found)

    def _tally(self, question: Question, one: Structure) -> Tally:
        tally = self._tallies.get(question)
        if tally is None:
            tally = self._tallies[question] = Tally()
            if question.about == "has":
                parent = one.parents.get(question.path) or parent_of(question.path, one.types)
                self._by_path.setdefault(parent, set()).add(question)
                around = self._tallies.get(Question("is", parent))
                if around and (before := around.k["object"]):
                    tally.n, tally.k["no"] = before, before  # it was never there
        return tally

    def _absorb(self, seen: Seen, frozen: set[Question]) -> None:
        for question in self._questions(seen.structure):
            if question not in frozen:
                tally = self._tally(question, seen.structure)
                tally.add(seen, tally.answers_of(seen.structure, question), with_gaps=question.about == "has")
        key = seen.structure.shape_id, seen.structure.schema_id
        self._structures[key] = self._structures.get(key, 0) + seen.events

    def _count_minute(self, minute: Sequence[Seen]) -> None:
        for seen in minute:
            if seen.version:
                came, counted = self._versions.get(seen.version, (None, -_AWAY))
                if self._total >= WARM_UP and self._total - counted >= _AWAY:
                    came = seen.first_time
                self._versions[seen.version] = came, self._total
        for seen in minute:
            self._total += seen.events
            if seen.version:
                self._versions[seen.version] = self._versions[seen.version][0], self._total
        self._pace.append((minute[-1].last_time, self._total))
        while len(self._pace) > 2 and self._total - self._pace[1][1] >= _PACE_EVENTS:
            self._pace.popleft()

    # -- what is new

    def _open_trials(self, seen: Seen) -> None:
        taken = {q for shift in self.shifts if shift.state == "rolling_out" for q in shift.answers}
        for question in self._questions(seen.structure):
            if question in taken:
                continue
            tally = self._tally(question, seen.structure)
            if tally.n < WARM_UP or len(self._trials) >= TRIALS_MAX:
                continue
            for answer in tally.answers_of(seen.structure, question):
                trial = self._trials.get((question, answer))
                if trial is None and not tally.k[answer]:
                    self._trials[question, answer] = Trial(question, answer, tally.n, self._minutes, seen)
                elif trial and seen.first_time < trial.first.first_time:
                    trial.first = seen

    def _judge_trials(self) -> None:
        for key, trial in list(self._trials.items()):
            if key not in self._trials:
                continue  # found together with another one
            versions = self._came_with(trial)
            if self._is_found(trial, versions) or self._stays_all_day(trial):
                self._found(trial, versions)
            elif self._has_had_its_day(trial) or (trial.is_refuted and not self._waits_for_its_day(trial)):
                self._accept(trial)

    def _came_with(self, trial: Trial) -> frozenset[str]:
        """Return the versions that gave the answer, if all of them came when it did; else none."""
        since = trial.first.minute - timedelta(minutes=2)
        came = [self._versions.get(version, (None, 0))[0] for version in trial.k_by_version]
        return frozenset(trial.k_by_version) if all(at and at >= since for at in came) else frozenset()

    def _is_found(self, trial: Trial, versions: frozenset[str]) -> bool:
        if trial.answer == DECIMAL and trial.k < _DECIMAL_SHARE * trial.n:
            return False  # a number that is now and then a whole one, or was by chance until now
        if trial.k < self._events_min(trial):
            return False
        if trial.surprise_by(versions) >= SURPRISE_VERSION_MIN:
            return True
        if trial.surprise < SURPRISE_MIN or self._may_be_the_hour(trial):
            return False
        return trial.surprise_minutes >= SURPRISE_MINUTES_MIN or self._took_over(trial)

    def _has_had_its_day(self, trial: Trial) -> bool:
        is_over = self._now is not None and self._now - trial.first.minute >= _DAY
        return is_over and self._is_of_the_first_day(trial)

    def _waits_for_its_day(self, trial: Trial) -> bool:
        """Tell whether only the hour of the day speaks against a change."""
        return trial.surprise >= SURPRISE_MIN and self._is_of_the_first_day(trial)

    def _stays_all_day(self, trial: Trial) -> bool:
        """Tell whether an answer that might have belonged to an hour was there at every hour of the day since."""
        if not self._has_had_its_day(trial) or self._now is None:
            return False
        _, pause = trial.pause_until(self._now)
        strong = trial.surprise >= SURPRISE_MIN and trial.surprise_minutes >= SURPRISE_MINUTES_MIN
        return strong and trial.answer != DECIMAL and pause <= _ALL_DAY_PAUSE

    def _may_be_the_hour(self, trial: Trial) -> bool:
        """Tell whether an answer beside others may just belong to an hour of the day that was not seen before."""
        some = trial.n < _MOST_EVENTS_MIN or trial.k < _MOST * trial.n
        return some and self._is_of_the_first_day(trial) and not self._took_over(trial)

    def _is_of_the_first_day(self, trial: Trial) -> bool:
        return self._began is None or trial.first.minute - self._began < _DAY

    def _events_min(self, trial: Trial) -> int:
        """Return how many records are needed: a few more where stragglers of a change just reverted are likely."""
        for shift in reversed(self.shifts):
            if shift.state == "reverted" and shift.answers.get(trial.question) == trial.answer:
                near = shift.ended is not None and trial.first.first_time - shift.ended < _SAME_AGAIN
                return _SAME_AGAIN_EVENTS if near else EVENTS_MIN
        return EVENTS_MIN

    def _took_over(self, trial: Trial) -> bool:
        """Tell whether the other answers ceased, for so long that it is no pause at the pace of before."""
        if trial.last_other is None or trial.since_other < 2 * EVENTS_MIN or len(self._pace) < 2:
            return False
        (began, n_began), (ended, n_ended) = self._pace[0], self._pace[-1]
        gap = (ended - began) / max(1, n_ended - n_began)
        return ended - trial.last_other >= max(_SILENT_MIN, _SILENT_GAPS * gap)

    def _found(self, trial: Trial, versions: frozenset[str]) -> None:
        group = [other for other in self._trials.values() if other is trial or together(trial, other)]
        for other in group:
            del self._trials[other.question, other.answer]
        # Of a new type and the lack of an old one, the new one says more.
        group.sort(key=lambda other: not other.answer.startswith(NOT))
        answers = {other.question: other.answer for other in group}
        returned = self._returned(answers)
        if returned:
            returned.state, returned.ended = "reverted", returned.new.last
            self._restore(returned)
            return
        first = min((other.first for other in group), key=lambda seen: seen.first_time)
        before = {question: self._tallies[question] for question in answers}
        shift = Shift(first, answers, before, evidence_of(trial, versions), self._types_of(answers), versions)
        carried = {key for other in group for key in other.structures}
        usual = {key: count for key, count in self._structures.items() if key not in carried}
        shift.was_usual = max(usual or self._structures, key=lambda key: self._structures[key])
        for minute in self._held:
            shift.add(minute)
        # What was seen before the minutes that are held was counted by the trial alone.
        shift.new.events = max(shift.new.events, trial.k)
        shift.old.events = max(shift.old.events, trial.n - trial.k)
        shift.detected = shift.last_time or first.last_time
        self._keep(shift)
        shift.step()
        self._conclude(shift)

    def _types_of(self, answers: Iterable[Question]) -> dict[str, Tally]:
        """Return what the types of these fields were until now."""
        known = {q.path: self._tallies.get(Question("is", q.path)) for q in answers}
        return {path: tally.copy() for path, tally in known.items() if tally}

    def _keep(self, shift: Shift) -> None:
        self.shifts.append(shift)
        self.shifts.sort(key=lambda each: each.first.first_time)

    def _returned(self, answers: dict[Question, str]) -> Shift | None:
        """Return the completed change that is undone by these answers: what was usual before it is back."""
        for shift in reversed(self.shifts):
            shared = [question for question in shift.answers if question in answers]
            is_whole = shift.state == "complete" and 2 * len(shared) >= len(shift.answers)
            if is_whole and all(shift.before[question].was_given(answers[question]) for question in shared):
                return shift
        return None

    def _accept(self, trial: Trial) -> None:
        """Let a rare answer be usual from now on."""
        del self._trials[trial.question, trial.answer]
        tally = self._tallies[trial.question]
        tally.learn(trial.answer, trial.n, trial.k)
        if self._now is not None and trial.question.about == "has":
            tally.learn_pause(trial.answer, *trial.pause_until(self._now))

    # -- how far it has come

    def _conclude(self, shift: Shift) -> None:
        """Make usual what a change that has ended leaves behind."""
        if shift.state == "complete":
            self._tallies.update({question: tally.copy() for question, tally in shift.since.items()})
        elif shift.state == "reverted":
            self._restore(shift)

    def _restore(self, shift: Shift) -> None:
        for question, answer in shift.answers.items():
            tally = self._tallies[question] = shift.before[question].copy()
            if not shift.is_displacing:
                since = shift.since.get(question, Tally())
                tally.learn(answer, since.n, since.k[answer])
            elif question.about == "has" and answer == "yes":
                self._forget_below(question.path)
            self._trials = {key: trial for key, trial in self._trials.items() if key[0] != question}

    def _forget_below(self, path: str) -> None:
        below = (f"{path}.", f"{path}[")
        for question in list(self._tallies):
            if question.path.startswith(below) or question == Question("is", path):
                del self._tallies[question]
        for questions in self._by_path.values():
            questions.difference_update({q for q in questions if q.path.startswith(below)})
        self._trials = {
            key: trial for key, trial in self._trials.items()
            if not key[0].path.startswith(below) and key[0] != Question("is", path)
        }  # fmt: skip

    def _watch_ended(self, minute: Sequence[Seen]) -> None:
        """Count on after a change is complete: it may yet be rolled back."""
        for shift in self.shifts:
            if shift.state == "complete" and shift.last_time:
                if minute[0].minute - (shift.ended or shift.last_time) > _REVERT_REMEMBERED:
                    continue
                shift.add(minute)
                if shift.is_over:
                    shift.state, shift.ended = "reverted", shift.new.last
                    self._restore(shift)

    # -- what is missing

    def _judge_pauses(self, now: Seen) -> None:
        """Find optional fields that are not seen any more, or in every record now."""
        taken = {question for question, _ in self._trials}
        taken |= {q for shift in self.shifts if shift.state == "rolling_out" for q in shift.answers}
        paused: dict[Question, str] = {}
        for question, tally in self._tallies.items():
            if question.about == "has" and question not in taken:
                for answer, other in (("yes", "no"), ("no", "yes")):
                    if self._has_ceased(tally, answer, now):
                        paused[question] = other
        if not paused:
            return
        ceased = {q: "no" if answer == "yes" else "yes" for q, answer in paused.items()}
        first = min((self._tallies[q].since[ceased[q]] for q in paused), key=lambda seen: seen.first_time)
        runs = {q: self._tallies[q].n - self._tallies[q].last[ceased[q]][1] for q in paused}
        most = max(runs.values())
        before = {question: self._tallies[question].copy() for question in paused}
        how = "in none" if "no" in paused.values() else "in each"
        shift = Shift(first, paused, before, f"{how} of the last {most:,} records", self._types_of(paused))
        shift.was_usual = max(self._structures, key=lambda key: self._structures[key])
        for question, run in runs.items():
            shift.since[question] = Tally(run, Counter({paused[question]: run}))
            time, _ = self._tallies[question].last[ceased[question]]
            usual = shift.before[question]
            records, span = usual.gaps.get(ceased[question], (0, timedelta()))
            usual.gaps[ceased[question]] = max(records, run), max(span, now.last_time - time)
        shift.new.events, shift.new.last = most, now.last_time
        shift.detected = shift.last_time = now.last_time
        shift.new_structures[first.structure.shape_id, first.structure.schema_id] = most
        shift.state, shift.ended = "complete", first.first_time
        self._keep(shift)
        self._conclude(shift)

    def _has_ceased(self, tally: Tally, answer: str, now: Seen) -> bool:
        if answer not in tally.last or answer not in tally.since or not 0 < tally.k[answer] < tally.n:
            return False
        time, count = tally.last[answer]
        run, elapsed = tally.n - count, now.last_time - time
        evidence = silence_surprise(run, tally.k[answer] / max(1, count))
        came = self._versions.get(tally.since[answer].version, (None, 0))[0]
        if came and abs(tally.since[answer].first_time - came) <= timedelta(minutes=10):
            return evidence >= SURPRISE_MIN - SURPRISE_VERSION_MIN and run >= _AWAY
        records, span = tally.gaps.get(answer, (0, timedelta()))
        young = self._began is None or now.minute - self._began < _YOUNG
        pause = max(_PAUSE_YOUNG_MIN if young else _PAUSE_MIN, 2 * span)
        return evidence >= SURPRISE_MIN and run >= 3 * records and elapsed >= pause
