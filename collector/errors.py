"""The errors of Headwater, each with one fate. The message says what happened, why, and what to do."""


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
