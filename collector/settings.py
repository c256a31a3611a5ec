"""Settings: flags > environment HEADWATER_* > headwater.toml > defaults. Read once, passed on, never global."""

import ipaddress
import re
from pathlib import Path
from typing import Any, Literal, Self
from urllib.parse import urlsplit

import platformdirs
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from collector.errors import SettingsError

DEFAULT_DATA_DIR = Path(platformdirs.user_data_dir("headwater", appauthor=False))


DeclaredMeaning = Literal[
    "message id",
    "causation id",
    "correlation id",
    "conversation id",
    "source",
    "service",
    "service version",
    "event type",
    "content type",
    "schema id",
]
_MAIL_ADDRESS = re.compile(r"[^\s@<>,;\x00-\x1f]+@[^\s@<>,;\x00-\x1f]+")
_NAMING_MEANINGS = ("message id", "causation id")


class DeclaredHeader(BaseModel):
    """A header of the user's own, and what it means. Its value is text.

    Ids with a namespace are the same only as ids in the same namespace; it is for ids that others use, too.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    key: str = Field(min_length=1)
    meaning: DeclaredMeaning
    namespace: str = Field(default="", pattern=r"^[A-Za-z0-9._-]*$")

    @field_validator("namespace")
    @classmethod
    def _is_of_an_id(cls, value: str, info: ValidationInfo) -> str:
        meaning = info.data.get("meaning")
        if value and meaning is not None and meaning not in _NAMING_MEANINGS:
            raise ValueError(f"only a {' or a '.join(_NAMING_MEANINGS)} can have a namespace, no {meaning}")
        return value


class Objective(BaseModel):
    """How much of a topic's, a group's or a flow's traffic has to end well."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(min_length=1)
    objective: float = Field(gt=0, lt=1)
    topic: str = ".*"
    consumer_group: str = ".*"
    window_days: int = Field(28, ge=1, le=366)

    @field_validator("topic", "consumer_group")
    @classmethod
    def _is_a_pattern(cls, value: str) -> str:
        return _checked_pattern(value)


class RuleOverride(BaseModel):
    """Other values of the rules that open incidents, for some topics; see collector/detect/rules.toml."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: str = Field(min_length=1)
    topic: str = ".*"
    values: dict[str, float | bool] = Field(min_length=1)

    @field_validator("topic")
    @classmethod
    def _is_a_pattern(cls, value: str) -> str:
        return _checked_pattern(value)


class AlertChannel(BaseModel):
    """Somebody who wants to be told of incidents."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(min_length=1, max_length=100)
    kind: Literal["webhook", "slack", "pagerduty", "email"]
    severity: Literal["page", "ticket"] = "ticket"
    topics: str = ".*"
    teams: tuple[str, ...] = ()
    url: SecretStr = SecretStr("")
    token: SecretStr = SecretStr("")
    sender: str = "headwater@localhost"
    to: tuple[str, ...] = ()
    smtp_host: str = ""
    smtp_port: int = Field(0, ge=0, le=65535)
    smtp_user: str = ""
    smtp_security: Literal["starttls", "tls", "none"] = "starttls"

    @field_validator("topics")
    @classmethod
    def _is_a_pattern(cls, value: str) -> str:
        return _checked_pattern(value)

    @model_validator(mode="after")
    def _says_where(self) -> Self:
        """Refuse what cannot be sent to. No message here repeats an address: it may hold a secret."""
        url = self.url.get_secret_value()
        if self.kind in ("webhook", "slack") and not url:
            raise ValueError(f"the {self.kind} channel {self.name} needs a url")
        if url:
            _check_address(self.name, url)
        if self.kind == "pagerduty" and not self.token.get_secret_value():
            raise ValueError(f"the channel {self.name} needs the integration's routing key as token")
        if self.kind == "email":
            if not self.smtp_host or not self.to:
                raise ValueError(f"the channel {self.name} needs smtp_host and to")
            if any(not _MAIL_ADDRESS.fullmatch(address) for address in (self.sender, *self.to)):
                raise ValueError(f"the channel {self.name} names a mail address that cannot be one")
            if self.smtp_user and self.smtp_security == "none" and not _is_near(self.smtp_host):
                raise ValueError(
                    f"the channel {self.name} would send a password in the clear: use starttls or tls"
                )
        return self


class Settings(BaseSettings):
    """Everything a user may decide. Each description is what the README's table shows."""

    model_config = SettingsConfigDict(
        env_prefix="HEADWATER_",
        toml_file="headwater.toml",
        extra="forbid",
        frozen=True,
        env_ignore_empty=True,
    )

    bootstrap_servers: str = Field("127.0.0.1:9092", description="Kafka brokers, comma separated")
    store: SecretStr = Field(
        SecretStr(f"embedded:{DEFAULT_DATA_DIR}"),
        description="`embedded:DIR`, or `http(s)://user:password@host:8123/database`",
    )
    group_id: str = Field(
        "headwater", description="Consumer group of the collectors; the same name shares the work"
    )
    start: Literal["earliest", "latest"] = Field(
        "earliest",
        description="Where to begin on topics that exist at the first start; later topics are always read whole",
    )
    include_topics: str = Field(".*", description="Regular expression that a topic must match in full")
    exclude_topics: str = Field(
        r"__.*|_schemas|connect-(configs|offsets|status)|.*-(changelog|repartition)|.*\.checkpoints\.internal",
        description="Regular expression; a topic that matches in full is not read",
    )
    session_timeout_ms: int = Field(
        10_000,
        ge=3_000,
        le=300_000,
        description="After this silence of a collector its partitions go to others",
    )
    security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = Field(
        "PLAINTEXT", description="As in Kafka"
    )
    sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = Field(
        "PLAIN", description="As in Kafka"
    )
    sasl_username: str = Field("", description="User name for SASL")
    sasl_password: SecretStr = Field(SecretStr(""), description="Password for SASL")
    ssl_cafile: Path | None = Field(
        None, description="CA certificates (PEM) that sign the brokers' certificates"
    )
    ssl_certfile: Path | None = Field(None, description="Our certificate (PEM), where brokers ask for one")
    ssl_keyfile: Path | None = Field(None, description="Key of our certificate (PEM)")
    batch_rows_max: int = Field(44_000, ge=1, le=1_000_000, description="Rows with which a write is due")
    batch_bytes_max: int = Field(
        32 * 2**20, ge=2**20, description="Bytes of records with which a write is due"
    )
    batch_age_ms_max: int = Field(
        1_000, ge=10, le=30_000, description="How long a record waits for its write"
    )
    header_value_bytes_max: int = Field(
        2**20, ge=16, description="A longer header value is cut to this and the event says so"
    )
    headers_max: int = Field(
        10_000, ge=1, description="Headers kept per record; the event says that there were more"
    )
    redact_headers: str = Field(
        r"(?i).*(authorization|cookie|password|secret|token|api[-_]?key).*",
        description="Values of headers whose name matches in full are masked before they leave the process",
    )
    topic_roles: dict[str, Literal["dead letter", "retry", "main"]] = Field(
        default_factory=dict,
        description="Topic pattern to what it holds (`dead letter`, `retry`, `main`), where Headwater sees it wrong",
    )
    redact_exceptions: str = Field(
        r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+|(?i:password|passwd|pwd|secret|token|api[-_]?key)\s*[=:]\s*\S+",
        description="What matches is masked in exception messages and stack traces before they are shown or grouped",
    )
    redrive_enabled: bool = Field(
        False,
        description="Allow `headwater redrive run` to send dead letters back. Nothing else ever writes to Kafka",
    )
    redrive_strip_headers: str = Field(
        r"kafka_dlt-.*|kafka_original-.*|kafka_(key-)?exception-.*|retry_topic-.*|x-original-(topic|partition|offset|"
        r"timestamp|timestamp-type)|x-exception-.*|__(connect|streams|dlq)\.errors\..*|dead-letter-.*|"
        r"delayed-retry-.*|wolverine-kafka-retry-.*|springDeserializerException.*",
        description="Headers whose name matches in full are left off a redriven record: what the failure had added",
    )
    shapes: bool = Field(True, description="Read the structure (paths and types, no values) of JSON payloads")
    registry_url: str = Field(
        "", description="Schema registry with the Confluent REST interface; empty = there is none. Only asked"
    )
    registry_user: str = Field("", description="User name at the schema registry")
    registry_password: SecretStr = Field(SecretStr(""), description="Password at the schema registry")
    registry_ca: Path | None = Field(
        None, description="CA certificates (PEM) that sign the schema registry's certificate"
    )
    producers: dict[str, str] = Field(
        default_factory=dict,
        description="Topic pattern to producing service, for topics whose records do not name their producer",
    )
    headers: list[DeclaredHeader] = Field(
        default_factory=list,
        description="Headers of your own and what they mean; tried before all others",
    )
    flows: dict[str, str] = Field(
        default_factory=dict,
        description="Name of a flow to the pattern of its topics; incidents are counted by it",
    )
    teams: dict[str, str] = Field(
        default_factory=dict,
        description="Team to the pattern of its services and topics; incidents are counted by it",
    )
    slos: list[Objective] = Field(
        default_factory=list,
        description="Objectives: `name`, `objective` (0.999), `topic`, `consumer_group`, `window_days` (28)",
    )
    rules: list[RuleOverride] = Field(
        default_factory=list,
        description="Other values of the rules for incidents: `kind`, `topic` pattern, `values`",
    )
    alerts: list[AlertChannel] = Field(
        default_factory=list,
        description="Who is told of incidents: `name`, `kind` (webhook, slack, pagerduty, email) and where; "
        "see [Alerts](#alerts)",
    )
    dashboard_url: str = Field(
        "http://127.0.0.1:8501",
        pattern=r"^https?://[^\s\"'<>]+$",
        description="Where people reach the dashboard: links in reports and alerts begin with it",
    )
    dashboard_host: str = Field("127.0.0.1", description="Where the dashboard listens")
    dashboard_port: int = Field(8501, ge=0, le=65535, description="Port of the dashboard; 0 picks a free one")
    http_host: str = Field("127.0.0.1", description="Where spans, deployments and acknowledgements are taken")
    http_port: int = Field(4318, ge=0, le=65535, description="Port of that; 0 picks a free one")
    http_token: SecretStr = Field(
        SecretStr(""), description="Bearer token that whoever sends there must show; none = everybody may"
    )

    @field_validator(
        "include_topics", "exclude_topics", "redact_headers", "redact_exceptions", "redrive_strip_headers"
    )
    @classmethod
    def _is_a_pattern(cls, value: str) -> str:
        return _checked_pattern(value)

    @field_validator("flows", "teams")
    @classmethod
    def _are_patterns(cls, value: dict[str, str]) -> dict[str, str]:
        return {name: _checked_pattern(pattern) for name, pattern in value.items()}

    @field_validator("alerts")
    @classmethod
    def _names_differ(cls, value: list[AlertChannel]) -> list[AlertChannel]:
        if len({channel.name for channel in value}) < len(value):
            raise ValueError("two channels have the same name")
        return value

    @field_validator("registry_url")
    @classmethod
    def _is_an_address(cls, value: str) -> str:
        if value and not re.fullmatch(r"https?://[^/@\s]+(/[^\s]*)?", value):
            raise ValueError("write http(s)://host:port/path; user and password have settings of their own")
        return value

    @model_validator(mode="after")
    def _declared_headers_are_legible(self) -> Self:
        for declared in self.headers:
            if re.fullmatch(self.redact_headers, declared.key):
                raise ValueError(
                    f"headers declares {declared.key}, whose values redact_headers masks before they are read: "
                    "change one of the two"
                )
        return self

    def producer_of(self, topic: str) -> str | None:
        """Return the service that is declared to write to `topic`; the first pattern that matches in full counts."""
        return next(
            (service for pattern, service in self.producers.items() if re.fullmatch(pattern, topic)), None
        )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - the signature is pydantic's
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Order the sources: flags (init), environment, headwater.toml in the current folder."""
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)


def _is_near(host: str) -> bool:
    """Return whether `host` is this machine or an address of a private network."""
    try:
        return ipaddress.ip_address(host).is_private
    except ValueError:
        return host == "localhost"


def _check_address(name: str, url: str) -> None:
    """Refuse what is no address of a receiver; secrets in it travel encrypted unless the receiver is near."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise ValueError(f"the url of the channel {name} cannot be read") from None
    if parts.scheme not in ("http", "https") or not host or parts.fragment:
        raise ValueError(f"the url of the channel {name} has to be https://host/…")
    if parts.username or parts.password:
        raise ValueError(f"the url of the channel {name} names a user: write `token` instead")
    if parts.scheme == "http" and not _is_near(host):
        raise ValueError(
            f"the url of the channel {name} has to be https: what is sent there names your topics"
        )


def _checked_pattern(value: str) -> str:
    try:
        re.compile(value)
    except re.error as error:
        raise ValueError(f"not a regular expression: {error}") from None
    return value


def load(**flags: Any) -> Settings:
    """Return the settings with `flags` (None = not given) on top. Raises SettingsError with a sentence per mistake."""
    try:
        return Settings(**{name: value for name, value in flags.items() if value is not None})
    except ValidationError as error:
        raise SettingsError("\n".join(_sentence(mistake) for mistake in error.errors())) from None


def _sentence(mistake: Any) -> str:
    name = ".".join(str(part) for part in mistake["loc"])
    if not name:  # about several settings at once
        return f"The settings cannot be used: {mistake['msg'].removeprefix('Value error, ')}."
    if mistake["type"] == "extra_forbidden":
        return f"There is no setting called {name}. `headwater --help` and the README list them."
    return (
        f"The setting {name} (HEADWATER_{str(mistake['loc'][0]).upper()}) cannot be used: {mistake['msg']}."
    )
