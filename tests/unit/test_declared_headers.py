"""`[[headers]]` in headwater.toml: what is taken, and what is said of mistakes."""

from pathlib import Path

import pytest

from collector.errors import SettingsError
from collector.settings import DeclaredHeader, load


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_headers_are_read_from_the_file() -> None:
    Path("headwater.toml").write_text(
        '[[headers]]\nkey = "x-acme-cause"\nmeaning = "causation id"\nnamespace = "acme"\n'
        '[[headers]]\nkey = "x-kind"\nmeaning = "event type"\n'
    )

    assert load().headers == [
        DeclaredHeader(key="x-acme-cause", meaning="causation id", namespace="acme"),
        DeclaredHeader(key="x-kind", meaning="event type"),
    ]


HEADERS = "(HEADWATER_HEADERS) cannot be used"


@pytest.mark.parametrize(
    ("written", "said"),
    [
        (
            'key = "x"\nmeaning = "couse"',
            f"headers.0.meaning {HEADERS}: Input should be 'message id', 'causation id'",
        ),
        ('key = "x"', f"headers.0.meaning {HEADERS}: Field required"),
        ('key = ""\nmeaning = "source"', f"headers.0.key {HEADERS}"),
        (
            'key = "x"\nmeaning = "source"\nnamespace = "acme"',
            "only a message id or a causation id can have a namespace, no source",
        ),
        ('key = "x"\nmeaning = "message id"\nnamespace = "a:b"', f"headers.0.namespace {HEADERS}"),
        ('key = "x"\nmeaning = "message id"\nname = "a"', "There is no setting called headers.0.name"),
        (
            'key = "x-token-id"\nmeaning = "message id"',
            "headers declares x-token-id, whose values redact_headers masks",
        ),
    ],
    ids=[
        "no such meaning",
        "no meaning",
        "no key",
        "namespace of no id",
        "no namespace",
        "too much",
        "masked",
    ],
)
def test_a_mistake_is_told_in_a_sentence(written: str, said: str) -> None:
    Path("headwater.toml").write_text(f"[[headers]]\n{written}\n")

    with pytest.raises(SettingsError) as raised:
        load()

    assert said in str(raised.value)
