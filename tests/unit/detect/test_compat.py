"""Compatibility verdicts: against a real registry's recorded answers, and by laws that hold for every schema."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.detect.compat import LEVELS, Format, SchemaUnreadableError, check, problems, verdict
from tests.support.registry_differences import why
from tests.support.schema_corpus import Pair, corpus

ANSWERS = Path(__file__).parents[2] / "data" / "recordings" / "registry" / "apicurio-3.3.3.json"


@pytest.fixture(scope="module")
def answers() -> dict[tuple[str, str], dict[str, Any]]:
    """What Apicurio Registry said, recorded by tests/bench/registry_answers.py."""
    recorded = json.loads(ANSWERS.read_text(encoding="utf-8"))
    return {(each["format"], each["name"]): each["said"] for each in recorded}


def test_verdicts_agree_with_the_registry_but_for_the_differences_that_are_explained(
    answers: dict[tuple[str, str], dict[str, Any]],
) -> None:
    pairs = corpus()
    differ = {
        (pair.format, pair.name)
        for pair in pairs
        for level in ("BACKWARD", "FORWARD", "FULL")
        if answers[pair.format, pair.name][level] != (not check(level, pair.format, pair.new, [pair.old]))
    }

    assert len(pairs) >= 200
    assert {pair.format for pair in pairs} == {"AVRO", "JSON", "PROTOBUF"}
    assert differ == {(pair.format, pair.name) for pair in pairs if why(pair.format, pair.name)}
    assert not [pair for pair in differ if pair[0] == "AVRO"]


@pytest.mark.parametrize("pair", corpus()[::7], ids=lambda pair: f"{pair.format} {pair.name}")
def test_levels_are_made_of_the_two_directions(pair: Pair) -> None:
    backward = check("BACKWARD", pair.format, pair.new, [pair.old])
    forward = check("FORWARD", pair.format, pair.new, [pair.old])

    assert check("FULL", pair.format, pair.new, [pair.old]) == [*backward, *forward]
    assert check("NONE", pair.format, pair.new, [pair.old]) == []
    assert problems(pair.format, pair.old, pair.old) == []
    assert check("FORWARD", pair.format, pair.old, [pair.new]) == backward
    expected = {(True, True): "full", (True, False): "backward", (False, True): "forward"}
    assert verdict(pair.format, pair.old, pair.new) == expected.get((not backward, not forward), "breaking")


def test_transitive_levels_look_at_all_earlier_versions() -> None:
    def record(*fields: dict[str, Any]) -> str:
        return json.dumps({"type": "record", "name": "R", "fields": list(fields)})

    x, defaulted = {"name": "x", "type": "int"}, {"name": "x", "type": "int", "default": 0}
    earlier = [record(), record(defaulted)]

    for level in LEVELS:
        refused = bool(check(level, "AVRO", record(x), earlier))
        assert refused == (level in ("BACKWARD_TRANSITIVE", "FULL_TRANSITIVE")), level


@pytest.mark.parametrize(
    ("format_", "text"),
    [
        ("AVRO", '{"type": "record"}'), ("AVRO", "nonsense"), ("AVRO", '["int", {"type": "nothing"}]'),
        ("JSON", "[1]"), ("JSON", "{"), ("PROTOBUF", "message {"), ("PROTOBUF", ""),
    ],
)  # fmt: skip
def test_what_is_no_schema_is_refused_and_not_judged(format_: Format, text: str) -> None:
    with pytest.raises(SchemaUnreadableError, match="This is no"):
        problems(format_, text, text)


def test_recursive_types_end() -> None:
    tree = {"type": "record", "name": "Tree", "fields": [{"name": "next", "type": ["null", "Tree"]}]}
    more = {**tree, "fields": [*tree["fields"], {"name": "x", "type": "int"}]}
    loop = {
        "$ref": "#/definitions/a",
        "definitions": {"a": {"type": "object", "properties": {"a": {"$ref": "#"}}}},
    }

    assert problems("AVRO", json.dumps(tree), json.dumps(tree)) == []
    found = problems("AVRO", json.dumps(more), json.dumps(tree))
    assert [each.kind for each in found] == ["READER_FIELD_MISSING_DEFAULT_VALUE"]
    assert problems("JSON", json.dumps(loop), json.dumps(loop)) == []


PRIMITIVE = st.sampled_from(["int", "long", "float", "double", "string", "bytes", "boolean"])
FIELDS = st.dictionaries(st.sampled_from("abcd"), st.tuples(PRIMITIVE, st.booleans()), max_size=4)


def _avro(fields: dict[str, tuple[str, bool]]) -> str:
    defaults: dict[str, Any] = {"string": "", "bytes": "", "boolean": False}
    written = [
        {"name": name, "type": kind} | ({"default": defaults.get(kind, 0)} if usual else {})
        for name, (kind, usual) in fields.items()
    ]
    return json.dumps({"type": "record", "name": "R", "fields": written})


@given(FIELDS, FIELDS)
def test_avro_verdicts_are_what_a_decoder_of_another_make_does(
    old: dict[str, tuple[str, bool]], new: dict[str, tuple[str, bool]]
) -> None:
    """What is called compatible is read by fastavro; what is not, fastavro refuses as well."""
    import io

    import fastavro

    values: dict[str, Any] = {"string": "x", "bytes": b"x", "boolean": True, "float": 1.0, "double": 1.0}
    writer, reader = (fastavro.parse_schema(json.loads(_avro(each))) for each in (old, new))
    wire = io.BytesIO()
    fastavro.schemaless_writer(wire, writer, {name: values.get(kind, 1) for name, (kind, _) in old.items()})
    wire.seek(0)
    try:
        fastavro.schemaless_reader(wire, writer, reader)
        can_read = True
    except fastavro.read.SchemaResolutionError:
        can_read = False

    assert (not problems("AVRO", _avro(new), _avro(old))) == can_read
