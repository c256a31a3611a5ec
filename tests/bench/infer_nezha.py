"""How well causes are inferred on real traces, beside simple guesses.

    .venv/bin/python -m tests.bench.infer_nezha FILE… [--setting a|b|c] [--slices N] [--save]

FILE is a csv.gz of spans as in tests/data/nezha. a: the causes of 5 % of the traces are known, scored on the rest,
in five draws; b: none are; c: none are, and every event has a trace id of its own, at several loads.
"""

import argparse
import json
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from collector.lineage.infer import NONE, Flags, Inferred, Ints, infer
from tests.support.nezha import Score, Traces, concurrency, read, score, without_traces

RESULTS = Path(__file__).with_name("results")
KNOWN_SHARE = 0.05
SEEDS = range(5)
LOADS = (0.1, 0.25, 0.5, 1.0, 2.0, 4.0)


@dataclass(frozen=True)
class Line:
    """One line of the table."""

    file: str
    setting: str
    method: str
    score: Score
    cpu_s: float = 0.0


def main() -> None:
    """Print the table, and keep it with --save."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--setting", choices=["a", "b", "c"], action="append")
    parser.add_argument("--slices", type=int, default=1, help="Judge so many stretches of time apart.")
    parser.add_argument("--save", action="store_true")
    arguments = parser.parse_args()
    settings = arguments.setting or ["a", "b", "c"]
    lines = []
    print(
        f"{'file':<24}{'setting':<26}{'method':<38}{'precision':>10}{'recall':>8}{'F1':>8}{'ECE':>8}{'CPU s':>8}"
    )
    for path in arguments.files:
        name = path.name.removesuffix(".csv.gz")
        for number in range(arguments.slices):
            traces = read(path, (number, arguments.slices))
            of = f"{name} {number + 1}/{arguments.slices}" if arguments.slices > 1 else name
            for line in _lines(of, traces, settings):
                _say(line)
                lines.append(line)
    if arguments.save:
        RESULTS.mkdir(exist_ok=True)
        kept = {
            "at": datetime.now(UTC).isoformat(timespec="seconds"),
            "lines": [asdict(line) for line in lines],
        }
        files = "_".join(path.name.split(".")[0] for path in arguments.files)
        name = f"infer_nezha_{files}{'_slices' if arguments.slices > 1 else ''}.json"
        (RESULTS / name).write_text(json.dumps(kept, indent=1) + "\n")


def _say(line: Line) -> None:
    found = line.score
    print(
        f"{line.file:<24}{line.setting:<26}{line.method:<38}{found.precision:>10.4f}{found.recall:>8.4f}"
        f"{found.f1:>8.4f}{found.ece:>8.4f}{line.cpu_s:>8.1f}",
        flush=True,
    )


def _lines(name: str, traces: Traces, settings: list[str]) -> Iterator[Line]:
    if "a" in settings:
        yield from _known_in_part(name, traces)
    if "b" in settings:
        for method, cause in _baselines(traces):
            yield Line(name, "b", method, score(traces, traces.effects, cause, np.full(len(cause), 1.0)))
        started = time.process_time()
        found = infer(traces.events)
        yield Line(
            name, "b", "inferred", _score(traces, traces.effects, found), time.process_time() - started
        )
    if "c" in settings:
        for load in LOADS:
            events = without_traces(traces, load)
            setting = f"c, load {load:g}, {concurrency(traces, events):.0f} at once"
            started = time.process_time()
            found = infer(events)
            yield Line(
                name,
                setting,
                "inferred",
                _score(traces, traces.effects, found),
                time.process_time() - started,
            )


def _score(traces: Traces, judged: Flags, found: Inferred) -> Score:
    cause, confidence = found.best(len(traces.cause))
    return score(traces, judged, cause, confidence)


def _known_in_part(name: str, traces: Traces) -> Iterator[Line]:
    for seed in SEEDS:
        count = int(traces.trace.max()) + 1
        chosen = np.random.default_rng(seed).permutation(count)[: max(1, round(KNOWN_SHARE * count))]
        known = np.isin(traces.trace, chosen)
        rows = np.flatnonzero(known & traces.effects)
        judged = traces.effects & ~known
        started = time.process_time()
        found = infer(traces.events, np.stack([rows, traces.cause[rows]], axis=1))
        spent = time.process_time() - started
        yield Line(name, f"a, draw {seed}", "inferred", _score(traces, judged, found), spent)
    usual = _latest_usual_parent(traces)
    yield Line(
        name,
        "a, all known",
        "latest usual parent",
        score(traces, traces.effects, usual, np.full(len(usual), 1.0)),
    )


def _baselines(traces: Traces) -> Iterator[tuple[str, Ints]]:
    yield "root", _walk(traces, "root")
    yield "previous", _walk(traces, "previous")
    yield "latest that the producer reads", _walk(traces, "reader")
    yield "closest necessary predecessor", _necessary(traces)


def _in_order(traces: Traces) -> Iterator[list[int]]:
    """Yield the rows of each trace by time."""
    order = np.lexsort((np.asarray(traces.events.time_ms), traces.trace))
    for rows in np.split(order, np.flatnonzero(np.diff(traces.trace[order])) + 1):
        yield rows.tolist()


def _walk(traces: Traces, rule: str) -> Ints:
    cause = np.full(len(traces.cause), NONE, dtype=np.int64)
    producer, reader = traces.events.producer, traces.events.reader
    for rows in _in_order(traces):
        root = next((row for row in rows if traces.cause[row] == NONE), rows[0])
        read_last: dict[str, int] = {}
        for place, row in enumerate(rows):
            if rule == "root":
                cause[row] = root
            elif rule == "previous" and place:
                cause[row] = rows[place - 1]
            elif rule == "reader":
                cause[row] = read_last.get(producer[row], NONE)
            read_last[reader[row]] = row
    return cause


def _necessary(traces: Traces) -> Ints:
    """Per topic and producer: the topic that always stands before it, read by that service, and closest."""
    topic, producer, reader = traces.events.topic, traces.events.producer, traces.events.reader
    times = np.asarray(traces.events.time_ms).tolist()
    before: dict[tuple[str, str], dict[str, list[float]]] = {}
    seen: dict[tuple[str, str], int] = {}
    for rows in _in_order(traces):
        last: dict[tuple[str, str], int] = {}
        for row in rows:
            effect = topic[row], producer[row]
            seen[effect] = seen.get(effect, 0) + 1
            for (by, other), at in last.items():
                if by == producer[row]:
                    before.setdefault(effect, {}).setdefault(other, []).append(times[row] - times[at])
            last[reader[row], topic[row]] = row
    chosen = {}
    for effect, others in before.items():
        necessary = {
            other: gaps for other, gaps in others.items() if len(gaps) == seen[effect] and other != effect[0]
        }
        if necessary:
            chosen[effect] = min(necessary, key=lambda other: float(np.median(necessary[other])))
    return _latest_of(traces, chosen)


def _latest_usual_parent(traces: Traces) -> Ints:
    topic, producer = traces.events.topic, traces.events.producer
    counts: dict[tuple[str, str], dict[str, int]] = {}
    for row in np.flatnonzero(traces.effects).tolist():
        of = counts.setdefault((topic[row], producer[row]), {})
        of[topic[int(traces.cause[row])]] = of.get(topic[int(traces.cause[row])], 0) + 1
    return _latest_of(traces, {effect: max(of, key=lambda other: of[other]) for effect, of in counts.items()})


def _latest_of(traces: Traces, chosen: dict[tuple[str, str], str]) -> Ints:
    """Name the latest event of the chosen topic that the producer read; without one, the latest that it read."""
    cause = np.full(len(traces.cause), NONE, dtype=np.int64)
    topic, producer, reader = traces.events.topic, traces.events.producer, traces.events.reader
    for rows in _in_order(traces):
        last: dict[tuple[str, str], int] = {}
        read_last: dict[str, int] = {}
        for row in rows:
            wanted = producer[row], chosen.get((topic[row], producer[row]), "")
            cause[row] = last.get(wanted, read_last.get(producer[row], NONE))
            last[reader[row], topic[row]] = row
            read_last[reader[row]] = row
    return cause


if __name__ == "__main__":
    main()
