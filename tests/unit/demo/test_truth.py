"""What the file of truths holds."""

import json
from pathlib import Path

from collector.demo.model import Cause
from collector.demo.truth import Truth
from schemas.records import EventRef

ROOT, LEFT, SUMMARY = EventRef("shop.orders", 0, 7), EventRef("a", 1, 0), EventRef("analytics.sales", 0, 0)


def test_a_line_per_cause_and_one_with_null_for_the_first_of_a_cascade(tmp_path: Path) -> None:
    with Truth(tmp_path / "truth.jsonl") as truth:
        truth.add(ROOT, [], "web-checkout")
        truth.add(SUMMARY, [Cause(ROOT, "caused", None), Cause(LEFT, "caused", "header")], "analytics")
        truth.flush()

        lines = [json.loads(line) for line in (tmp_path / "truth.jsonl").read_text().splitlines()]

    assert [(line["effect"], line["cause"], line["evidence"]) for line in lines] == [
        ("shop.orders/0/7", None, None),
        ("analytics.sales/0/0", "shop.orders/0/7", None),
        ("analytics.sales/0/0", "a/1/0", "header"),
    ]


def test_it_counts_without_a_file() -> None:
    truth = Truth()
    truth.add(ROOT, [], "web-checkout")
    truth.add(EventRef("x-dlt", 0, 3), [Cause(ROOT, "dead_lettered", "provenance")], "billing")

    assert (truth.events, truth.cascades, truth.dead_letters) == (2, 1, 1)
    assert truth.ends == {("shop.orders", 0): 8, ("x-dlt", 0): 4}
