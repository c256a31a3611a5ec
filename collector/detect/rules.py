"""The rules by which incidents open and end: defaults from rules.toml, other values per topic from the settings."""

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import Any

from collector.errors import SettingsError
from collector.settings import RuleOverride
from schemas.incidents import IncidentKind, Severity


@dataclass(frozen=True, slots=True)
class Pair:
    """A long and a short window that have to agree. Times in seconds."""

    long_s: int
    short_s: int
    burn: float
    bad_min: int
    severity: Severity


@dataclass(frozen=True, slots=True)
class Rule:
    """What is said of one kind of incident in rules.toml, where each value is explained."""

    kind: IncidentKind
    enabled: bool = True
    budget: float = 0.005
    habit_times: float = 3.0
    pairs: tuple[Pair, ...] = ()
    within_s: float = 3600
    resolve_windows: int = 2
    resolve_good_min: int = 10
    resolve_good_max: int = 200
    reopen_s: float = 600
    no_data_s: float = 900
    history_s: float = 21600
    hold_s: float = 300
    lag_min: float = 1
    retention_share: float = 0.5
    gap_min_s: float = 900
    gap_times: float = 3.0
    expected_min: float = 20.0
    history_days_min: float = 3
    others_alive_share: float = 0.5


@dataclass(frozen=True, slots=True)
class Rules:
    """Every rule, and what the settings change of them."""

    defaults: dict[str, Rule]
    overrides: tuple[RuleOverride, ...] = ()

    def of(self, kind: IncidentKind, topic: str) -> Rule:
        """Return the rule for incidents of `kind` on `topic`; of several overrides the later counts."""
        rule = self.defaults[kind]
        for override in self.overrides:
            if override.kind == kind and re.fullmatch(override.topic, topic):
                rule = _changed(rule, override)
        return rule


def load_rules(overrides: Sequence[RuleOverride] = ()) -> Rules:
    """Return the rules. Raises SettingsError for an override that names no kind or no value of one."""
    rules = Rules(_defaults(), tuple(overrides))
    for override in overrides:
        if override.kind not in rules.defaults:
            raise SettingsError(
                f"A rule in headwater.toml is for {override.kind!r}, which is no kind of incident. "
                f"There are: {', '.join(rules.defaults)}."
            )
        _changed(rules.defaults[override.kind], override)
    return rules


@cache
def _defaults() -> dict[str, Rule]:
    said = tomllib.loads((files("collector") / "detect" / "rules.toml").read_text(encoding="utf-8"))
    common = said.pop("common")
    return {kind: _rule(kind, common | values) for kind, values in said.items()}


def _rule(kind: Any, values: dict[str, Any]) -> Rule:
    pairs = tuple(Pair(**pair) for pair in values.pop("pairs", ()))
    return Rule(kind=kind, pairs=pairs, **values)


def _changed(rule: Rule, override: RuleOverride) -> Rule:
    """Return the rule with other values; `bad_min` and `burn_times` change every pair of windows."""
    values: dict[str, Any] = dict(override.values)
    pairs = rule.pairs
    if (bad_min := values.pop("bad_min", None)) is not None:
        pairs = tuple(replace(pair, bad_min=int(bad_min)) for pair in pairs)
    if (times := values.pop("burn_times", None)) is not None:
        pairs = tuple(replace(pair, burn=pair.burn * times) for pair in pairs)
    known = set(Rule.__slots__) - {"kind", "pairs"}
    if unknown := sorted(set(values) - known):
        raise SettingsError(
            f"A rule in headwater.toml sets {', '.join(unknown)}, which {override.kind} does not have. "
            f"It may set bad_min, burn_times, {', '.join(sorted(known))}."
        )
    return replace(rule, pairs=pairs, **values)
