"""How well causes are inferred in the demo, where the truth is known and nothing on the wire determines the cause.

    .venv/bin/python -m tests.bench.infer_demo [--seconds 150] [--save]

Runs the demo with Headwater, looks once more at everything, and compares guesses with the truth per service.
"""

import argparse
import json
import subprocess
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from collector.lineage.infer import expected_error
from collector.lineage.infer_causes import InferCauses
from collector.storage.open import open_store
from schemas.records import EventRef
from tests.support.headwater import COMMAND

RESULTS = Path(__file__).with_name("results")
EVERYTHING = {
    "since": datetime(2000, 1, 1, tzinfo=UTC),
    "until": datetime(2100, 1, 1, tzinfo=UTC),
    "edges_max": 10_000_000,
}


@dataclass
class Line:
    """What came of one service's events of which nothing on the wire says the cause. Roots should get no guess."""

    service: str
    events: int = 0
    roots: int = 0
    drawn: int = 0
    right: int = 0
    drawn_at_roots: int = 0
    offered: int = 0
    offered_right: int = 0


def main() -> None:
    """Run the demo, print the table, keep it with --save."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=150)
    parser.add_argument(
        "--data", type=Path, help="A folder with data and truth.jsonl of a demo that ran before."
    )
    parser.add_argument("--save", action="store_true")
    arguments = parser.parse_args()
    if arguments.data:
        _report(arguments.data, save=arguments.save)
        return
    with tempfile.TemporaryDirectory(prefix="headwater-") as folder:
        base = Path(folder)
        keep = ["--data", str(base / "data"), "--truth", str(base / "truth.jsonl")]
        subprocess.run(
            [*COMMAND, "demo", "--no-dashboard", "--seconds", str(arguments.seconds), *keep], check=True
        )
        _report(base, save=arguments.save)


def _report(base: Path, *, save: bool) -> None:
    store = open_store(f"embedded:{base / 'data' / 'store'}")
    try:
        InferCauses(store).step(datetime.now(UTC) + timedelta(minutes=1))
        edges = store.query("infer_edges", EVERYTHING)
        offered = store.query("infer_candidates", EVERYTHING)
    finally:
        store.close()
    with (base / "truth.jsonl").open() as file:
        lines, confidence, right = _judge([json.loads(line) for line in file], edges, offered)
    print(f"{'service':<16}" + "".join(f"{name:>16}" for name in list(asdict(lines[0]))[1:]))
    for line in lines:
        print(f"{line.service:<16}" + "".join(f"{value:>16}" for value in list(asdict(line).values())[1:]))
    drawn, good = sum(line.drawn for line in lines), sum(line.right for line in lines)
    events = sum(line.events for line in lines)
    wrong_roots = sum(line.drawn_at_roots for line in lines)
    precision, recall = good / max(drawn + wrong_roots, 1), good / max(events, 1)
    error = expected_error(np.array(confidence), np.array(right, dtype=np.bool_))
    print(f"\nprecision {precision:.4f}, recall {recall:.4f}, expected calibration error {error:.4f}")
    if save:
        RESULTS.mkdir(exist_ok=True)
        kept = {
            "at": datetime.now(UTC).isoformat(timespec="seconds"),
            "precision": precision,
            "recall": recall,
            "ece": error,
            "lines": [asdict(line) for line in lines],
        }
        (RESULTS / "infer_demo.json").write_text(json.dumps(kept, indent=1) + "\n")


def _judge(
    truth: Iterable[Mapping[str, Any]],
    edges: Iterable[Mapping[str, Any]],
    offered: Iterable[Mapping[str, Any]],
) -> tuple[list[Line], list[float], list[bool]]:
    causes: dict[str, set[str]] = defaultdict(set)
    evident: set[str] = set()
    service: dict[str, str] = {}
    for fact in truth:
        service[fact["effect"]] = fact["service"]
        if fact["cause"] is not None:
            causes[fact["effect"]].add(fact["cause"])
        if fact["evidence"] is not None:
            evident.add(fact["effect"])
    lines = {name: Line(name) for name in sorted(set(service.values()))}
    for effect, name in service.items():
        if effect not in evident:
            lines[name].events += effect in causes
            lines[name].roots += effect not in causes
    confidence, right = [], []
    for edge in edges:
        effect, cause = _ends(edge)
        if edge["evidence"] == "inferred" and effect in service:
            line, good = lines[service[effect]], cause in causes[effect]
            line.drawn += effect in causes
            line.right += good
            line.drawn_at_roots += effect not in causes
            confidence.append(float(edge["confidence"]))
            right.append(good)
    for edge in offered:
        effect, cause = _ends(edge)
        if effect in service:
            lines[service[effect]].offered += 1
            lines[service[effect]].offered_right += cause in causes[effect]
    return [line for line in lines.values() if line.events or line.drawn_at_roots], confidence, right


def _ends(edge: Mapping[str, Any]) -> tuple[str, str]:
    return tuple(  # type: ignore[return-value]
        str(EventRef(edge[f"{end}_topic"], edge[f"{end}_partition"], edge[f"{end}_offset"]))
        for end in ("effect", "cause")
    )


if __name__ == "__main__":
    main()
