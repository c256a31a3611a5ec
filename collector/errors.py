"""The errors of Headwater, each with one fate. The message says what happened, why, and what to do."""

from enum import StrEnum


class RecordError(StrEnum):
    """What could not be understood of a record. Never fatal: it is kept, counted and shown with the event."""

    HEADER_KEY_NOT_UTF8 = "header key is not UTF-8"
    HEADER_VALUE_CUT = "header value cut"
    HEADERS_CUT = "headers cut"
    TRACE_CONTEXT_INVALID = "trace context is not valid"
    HEADER_UNREADABLE = "header is not readable"
    ORIGIN_UNREADABLE = "origin is not readable"
    PAYLOAD_NOT_JSON = "payload is not valid JSON"
    TIME_IMPLAUSIBLE = "record time is not plausible"
    BATCH_BROKEN = "records cannot be read"
    ROW_REFUSED = "store refused the row"

    @property
    def meaning(self) -> str:
        """What it means for the user, as a sentence."""
        return _MEANINGS[self]


class HeadwaterError(Exception):
    """The base of all; the command line prints its message without a traceback and exits with 1."""


class SettingsError(HeadwaterError):
    """A setting cannot be used. Fate: stop before anything starts."""


class StoreUnavailableError(HeadwaterError):
    """The store does not answer, or not in time. Fate: hold back, keep what is buffered, try again."""


class StoreRejectedError(HeadwaterError):
    """The store answered that it will not do this. Fate: a defect or a wrong set-up; never try again blindly."""


class StoreLockedError(HeadwaterError):
    """Another process holds the embedded store's folder and does not serve it. Fate: say who, and stop."""


class BrokerUnavailableError(HeadwaterError):
    """No Kafka broker answers at the given address. Fate: try again while running, stop at start."""


_MEANINGS = {
    RecordError.HEADER_KEY_NOT_UTF8: "Kafka asks for UTF-8 header keys; the bytes are kept as they are.",
    RecordError.HEADER_VALUE_CUT: "A header value is longer than header_value_bytes_max; its start is kept.",
    RecordError.HEADERS_CUT: "The record has more headers than headers_max; the first ones are kept.",
    RecordError.TRACE_CONTEXT_INVALID: "The trace header breaks its standard and is ignored, as the standard asks.",
    RecordError.HEADER_UNREADABLE: "A known header does not hold what its convention puts there; it is ignored.",
    RecordError.ORIGIN_UNREADABLE: "Headers say that this is a copy, but not legibly of what.",
    RecordError.PAYLOAD_NOT_JSON: "The payload begins like JSON and is not; it has no shape.",
    RecordError.TIME_IMPLAUSIBLE: "Before 2000 or more than a day ahead; the time of reading stands in for it.",
    RecordError.BATCH_BROKEN: "The broker holds bytes that are not a record batch; reading went on behind them.",
    RecordError.ROW_REFUSED: "The store would not take the row; the event is kept without its headers.",
}
