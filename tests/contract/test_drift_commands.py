"""`headwater drift` and `headwater schema` on the real engine: what changed, whom it hits, and contracts."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest
from typer.testing import CliRunner

from collector.cli import app
from collector.detect.drift import DriftTask
from collector.storage.api import Store
from collector.storage.migrate import migrate
from collector.storage.open import open_store
from tests.contract.test_drift import Topic

NOW = datetime.now(UTC)
START = -65.0  # minutes from now


@pytest.fixture
def store_of_now(store_url: str, monkeypatch: pytest.MonkeyPatch) -> Store:
    """A store with an hour of payments, whose amount was renamed five minutes ago."""
    store = open_store(store_url)
    migrate(store)
    begin = NOW + timedelta(minutes=START)
    monkeypatch.setattr("tests.contract.test_drift.BEGIN", begin)
    topic = Topic(store)
    for second in range(0, 3600, 20):
        topic.send(
            second / 60,
            {"id": "a", "cents": 3, "at": {"day": 1}} | ({"note": "x"} if second % 7 == 0 else {}),
        )
    for second in range(0, 300, 20):
        topic.send(60 + second / 60, {"id": "a", "amount": 3, "at": {"day": 1}}, "1.1")
    topic.flush()
    DriftTask(store).step(NOW)
    return store


def run(*arguments: str) -> Any:
    return CliRunner().invoke(app, list(arguments))


def test_drift_tells_the_change_in_words_and_as_json(store_of_now: Store, store_url: str) -> None:
    said = run("drift", "--store", store_url)
    as_json = run("drift", "--store", store_url, "--json")
    assert as_json.exception is None
    document = json.loads(as_json.stdout)

    assert said.exit_code == 0
    assert "cents → amount (renamed?)" in said.stdout
    assert "by payments 1.1" in said.stdout
    assert (document["level"], said.stdout.splitlines()[0]) == ("bad", document["sentence"])
    (change,) = document["changes"]
    assert (change["verdict"], change["state"], change["new_events"]) == ("breaking", "rolling_out", 15)
    assert change["fields"][0]["change"] == "renamed_suspected"
    assert document["records"] == 195
    store_of_now.close()


def test_drift_without_data_does_not_say_zero(store: Store, store_url: str) -> None:
    assert run("drift", "--store", store_url).stdout.startswith("No data")


def test_what_is_exported_describes_what_was_seen_and_breaks_nothing(
    store_of_now: Store, store_url: str, tmp_path: Path
) -> None:
    exported = run("schema", "export", "payments", "--store", store_url)
    schema = json.loads(exported.stdout)

    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    assert validator.is_valid({"id": "a", "cents": 3, "at": {"day": 1}})
    assert validator.is_valid({"id": "a", "amount": 3, "at": {"day": 1}, "note": "x"})
    assert not validator.is_valid({"cents": 3, "at": {"day": 1}})
    assert schema["required"] == ["at", "id"]
    assert schema["properties"]["amount"]["x-share"] == pytest.approx(15 / 195, abs=1e-3)
    file = tmp_path / "exported.json"
    file.write_text(exported.stdout)
    assert run("schema", "check", str(file), "--topic", "payments", "--store", store_url).exit_code == 0
    store_of_now.close()


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        ({"required": ["id", "at", "cents"]}, "cents: is required, and is missing in records"),
        ({"required": ["id"]}, "at: is in every record, and is not required"),
        ({"properties": {"id": {"type": "integer"}}}, "id: is string in records, and may only be integer"),
        ({"additionalProperties": False}, "amount: is not allowed, and is in records"),
    ],
)
def test_a_schema_that_breaks_is_told_with_exit_code_1(
    store_of_now: Store, store_url: str, tmp_path: Path, edit: dict[str, Any], said: str
) -> None:
    base = {"type": "object", "properties": {"id": {"type": "string"}, "at": {}}, "required": ["id", "at"]}
    file = tmp_path / "proposed.json"
    file.write_text(json.dumps(base | edit))

    result = run("schema", "check", str(file), "--topic", "payments", "--store", store_url)

    assert result.exit_code == 1
    assert said in result.stdout
    store_of_now.close()


def test_what_cannot_be_checked_says_why(store_of_now: Store, store_url: str, tmp_path: Path) -> None:
    file = tmp_path / "x.json"
    file.write_text("[]")

    nothing = run("schema", "export", "elsewhere", "--store", store_url)
    no_schema = run("schema", "check", str(file), "--topic", "payments", "--store", store_url)

    assert "No JSON record of elsewhere" in str(nothing.exception)
    assert "This is no JSON Schema" in str(no_schema.exception)
    store_of_now.close()
