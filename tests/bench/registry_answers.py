"""What a real registry says of every pair of tests/support/schema_corpus.py, and where our verdicts differ.

`python -m tests.bench.registry_answers [--save]`: starts Apicurio Registry (tests/support/registry.py), registers the
old schema of each pair, asks for the compatibility of the new one under BACKWARD and FORWARD, and compares. With
--save it writes the answers that the tests read, and the list of disagreements with the side that follows the
reference (Avro's specification; Confluent's rules for JSON Schema and Protobuf).
"""

import json
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import httpx

from collector.detect.compat import Format, check
from tests.support.registry import registry
from tests.support.registry_differences import why
from tests.support.schema_corpus import Pair, corpus

ANSWERS = Path(__file__).parents[1] / "data" / "recordings" / "registry" / "apicurio-3.3.3.json"
RESULTS = Path(__file__).with_name("results") / "registry_disagreements.json"
LEVELS = ("BACKWARD", "FORWARD", "FULL")


def ask(client: httpx.Client, number: int, pair: Pair) -> dict[str, Any]:
    """Return what the registry says under each level; the text of its refusal where it takes no such schema."""
    subject = f"pair-{number}"
    kind = {} if pair.format == "AVRO" else {"schemaType": pair.format}
    client.put(f"/config/{subject}", json={"compatibility": "NONE"})
    made = client.post(f"/subjects/{subject}/versions", json={"schema": pair.old, **kind})
    if made.status_code != 200:
        return {"refused": made.text[:300]}
    said: dict[str, Any] = {}
    for level in LEVELS:
        client.put(f"/config/{subject}", json={"compatibility": level}).raise_for_status()
        answer = client.post(
            f"/compatibility/subjects/{subject}/versions/latest?verbose=true",
            json={"schema": pair.new, **kind},
        )
        said[level] = (
            answer.json().get("is_compatible", f"{answer.status_code}")
            if answer.is_success
            else answer.text[:200]
        )
    return said


def ours(pair: Pair) -> dict[str, bool]:
    """Return what we say under each level."""
    return {level: not check(level, pair.format, pair.new, [pair.old]) for level in LEVELS}  # type: ignore[arg-type]


def main() -> None:
    """Ask, compare, print, and with --save keep."""
    pairs = corpus()
    with (
        tempfile.TemporaryDirectory() as folder,
        registry(Path(folder)) as url,
        httpx.Client(base_url=url, timeout=60) as client,
    ):
        answers = [
            {"format": pair.format, "name": pair.name, "said": ask(client, number, pair)}
            for number, pair in enumerate(pairs)
        ]
    differ = []
    agreed: Counter[Format] = Counter()
    for pair, answer in zip(pairs, answers, strict=True):
        mine = ours(pair)
        if mine == answer["said"]:
            agreed[pair.format] += 1
        else:
            differ.append(
                {
                    "format": pair.format,
                    "name": pair.name,
                    "registry": answer["said"],
                    "ours": mine,
                    "why": why(pair.format, pair.name),
                    "follows_the_reference": "ours",
                    "problems": {
                        level: [list(each) for each in check(level, pair.format, pair.new, [pair.old])]
                        for level in ("BACKWARD", "FORWARD")
                    },
                }
            )
            print(pair.format, "|", pair.name, "|", answer["said"], "| ours", mine)
    print("agreed", dict(agreed), "differ", len(differ))
    if "--save" in sys.argv:
        ANSWERS.parent.mkdir(parents=True, exist_ok=True)
        ANSWERS.write_text(json.dumps(answers, indent=0) + "\n", encoding="utf-8")
        RESULTS.parent.mkdir(exist_ok=True)
        RESULTS.write_text(json.dumps(differ, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
