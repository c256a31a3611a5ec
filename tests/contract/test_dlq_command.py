"""`headwater dlq` on real dead letters: reasons, rates with what they are of, one in full, and as JSON."""

import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from typer.testing import CliRunner

from collector.cli import app
from collector.detect.dead_letters_find import FindDeadLetters
from collector.settings import load
from collector.storage.migrate import migrate
from collector.storage.open import open_store
from tests.support.recorded_store import store_recording
from tests.support.records import NOW_MS

NOW = datetime.fromtimestamp(NOW_MS / 1000, UTC) + timedelta(minutes=1)
SINCE = (NOW - timedelta(days=30)).isoformat()


@pytest.fixture(scope="module")
def recorded(database_url: Callable[[str], str]) -> Iterator[str]:
    """The URL of a store with recorded dead letters, which these tests only read."""
    url = database_url(name := f"test_{uuid4().hex}")
    store = open_store(url)
    migrate(store)
    store.command("SYSTEM STOP TTL MERGES")
    store_recording(store, ["spring-kafka", "kafka-connect", "kafka-streams"])
    FindDeadLetters(store, load()).step(NOW)
    yield url
    store.command(f"DROP DATABASE IF EXISTS {name} SYNC")
    store.close()


def run(url: str, *arguments: str) -> Any:
    result = CliRunner().invoke(app, ["dlq", "--since", SINCE, "--store", url, *arguments])
    assert result.exit_code == 0, result.output
    return result


def test_reasons_and_rates_are_told_in_words_and_as_json(recorded: str) -> None:
    said = run(recorded).stdout
    document = json.loads(run(recorded, "--json").stdout)

    reasons = {(each["topic"], each["consumer_group"]): each for each in document["reasons"]}
    refused = reasons["payments", "billing"]
    assert (refused["exception"], refused["template"]) == ("SpringKafka$PaymentException", "card refused")
    assert refused["redrive_command"] == f"headwater redrive plan --reason {refused['reason_id']}"
    assert document["failures"] == sum(each["failures"] for each in document["reasons"])
    assert {each["per_1000_of"] for each in document["scopes"]} == {"produced"}
    assert f"{refused['reason_id']}  billing on payments: SpringKafka$PaymentException: card refused" in said
    assert "per 1,000 produced" in said


def test_one_reason_in_full_has_its_origin_and_its_stack_trace(recorded: str) -> None:
    document = json.loads(run(recorded, "--json").stdout)
    (reason_id,) = {each["reason_id"] for each in document["reasons"] if each["topic"] == "payments"}

    said = run(recorded, "--reason", reason_id).stdout
    (full,) = json.loads(run(recorded, "--json", "--reason", reason_id).stdout)["reasons"]

    assert "Origin of the first: payments/0/0" in said
    assert re.search(r"\n +at \w", said)
    assert full["samples"] == ["payments-dlt/0/0"]


def test_what_is_masked_is_not_in_the_stack_trace_either(
    recorded: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEADWATER_REDACT_EXCEPTIONS", "PaymentException")
    document = json.loads(run(recorded, "--json").stdout)
    (reason_id,) = {each["reason_id"] for each in document["reasons"] if each["topic"] == "payments"}

    stack = json.loads(run(recorded, "--json", "--reason", reason_id).stdout)["sample"]["stack"]

    assert "***" in stack
    assert "PaymentException" not in stack


def test_an_unknown_reason_is_an_error_in_a_sentence(recorded: str) -> None:
    result = CliRunner().invoke(app, ["dlq", "--since", SINCE, "--store", recorded, "--reason", "ffff"])

    assert "There is no reason 'ffff'" in str(result.exception)
