"""What caused an event of which nothing on the wire says it: guesses, with how sure they are and why. Pure."""

from collector.lineage.infer.calibrate import expected_error
from collector.lineage.infer.events import NONE, Events, Flags, Floats, Ints, Kind
from collector.lineage.infer.habits import Habit, Habits
from collector.lineage.infer.infer import Candidate, Inferred, habits_of, infer

__all__ = [
    "NONE",
    "Candidate",
    "Events",
    "Flags",
    "Floats",
    "Habit",
    "Habits",
    "Inferred",
    "Ints",
    "Kind",
    "expected_error",
    "habits_of",
    "infer",
]
