"""The registry client against an HTTP server: what it sends, what it keeps, and what it makes of trouble."""

import base64
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import IPv4Address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from collector.registry.client import BYTES_MAX, UNKNOWN_S, RegistryClient, RegistryUnavailableError

GUID = "89791762-2336-4186-9674-299b90a802e2"


@dataclass
class Fake:
    """Answers by path; keeps what was asked."""

    url: str = ""
    answers: dict[str, tuple[int, bytes]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    authorization: list[str | None] = field(default_factory=list)


@contextmanager
def serving(tls: ssl.SSLContext | None = None) -> Iterator[Fake]:
    fake = Fake()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            fake.asked.append(self.path)
            fake.authorization.append(self.headers["Authorization"])
            status, body = fake.answers.get(self.path, (404, b'{"error_code": 40403}'))
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            with suppress(OSError):  # it may have heard enough
                self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    fake.url = f"http{'s' if tls else ''}://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield fake
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def fake() -> Iterator[Fake]:
    with serving() as found:
        yield found


def test_a_schema_is_asked_for_once_and_where_it_stands_is_told(fake: Fake) -> None:
    fake.answers = {
        "/schemas/ids/7": (200, b'{"schema": "{}", "schemaType": "JSON"}'),
        "/schemas/ids/7/versions": (200, b'[{"subject": "orders-value", "version": 2}]'),
        "/subjects/orders-value/versions": (200, b"[1, 2, 3]"),
        "/config/orders-value?defaultToGlobal=true": (200, b'{"compatibilityLevel": "FULL"}'),
    }
    client = RegistryClient(fake.url + "/")

    for _ in range(2):
        found, (place,) = client.schema("confluent:7"), client.versions("confluent:7")

    assert found
    assert (found.format, found.definition) == ("JSON", "{}")
    assert (place.subject, place.version, place.latest, place.level) == ("orders-value", 2, 3, "FULL")
    assert len(fake.asked) == len(set(fake.asked)) == 4
    client.close()


def test_an_unknown_id_is_asked_for_again_after_a_while(fake: Fake) -> None:
    now = [0.0]
    client = RegistryClient(fake.url, clock=lambda: now[0])

    assert [client.schema("confluent:9") for _ in range(3)] == [None] * 3
    now[0] += UNKNOWN_S + 1
    fake.answers["/schemas/ids/9"] = (200, b'{"schema": "\\"string\\""}')

    found = client.schema("confluent:9")
    assert found
    assert found.format == "AVRO"
    assert len(fake.asked) == 2


def test_guids_are_asked_for_and_other_ids_are_not(fake: Fake) -> None:
    fake.answers[f"/schemas/guids/{GUID}"] = (200, b'{"schema": "syntax", "schemaType": "PROTOBUF"}')
    client = RegistryClient(fake.url)

    found = client.schema(f"confluent:{GUID.upper()}")
    others = [client.schema(name) for name in ("", "uri:https://x", "confluent:../admin", "apicurio:7")]

    assert found
    assert found.format == "PROTOBUF"
    assert others == [None] * 4
    assert fake.asked == [f"/schemas/guids/{GUID}"]


def test_name_and_password_are_sent_and_a_refusal_does_not_tell_them(fake: Fake) -> None:
    fake.answers["/schemas/ids/7"] = (401, b"{}")
    client = RegistryClient(fake.url, user="ada", password="se:cret")

    with pytest.raises(RegistryUnavailableError, match="registry_user") as error:
        client.schema("confluent:7")

    assert fake.authorization == ["Basic " + base64.b64encode(b"ada:se:cret").decode()]
    assert "se:cret" not in str(error.value)


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (500, b"{}", "answers 500"),
        (302, b"", "answers 302"),
        (200, b"<html>", "does not answer as one"),
        (200, b'"' + b"x" * BYTES_MAX + b'"', "more than 4 MiB"),
    ],
)
def test_what_is_no_registry_is_told_in_a_sentence(fake: Fake, status: int, body: bytes, said: str) -> None:
    fake.answers["/schemas/ids/7"] = (status, body)

    with pytest.raises(RegistryUnavailableError, match=said):
        RegistryClient(fake.url).schema("confluent:7")


def test_nobody_there_is_told_in_a_sentence() -> None:
    with serving() as gone:
        pass

    with pytest.raises(RegistryUnavailableError, match=r"127\.0\.0\.1 does not answer"):
        RegistryClient(gone.url).schema("confluent:7")


def test_a_certificate_counts_only_where_its_authority_is_given(tmp_path: Path) -> None:
    certificate, context = self_signed(tmp_path)
    with serving(context) as fake:
        fake.answers["/schemas/ids/7"] = (200, b'{"schema": "\\"int\\""}')

        with pytest.raises(RegistryUnavailableError, match="does not answer"):
            RegistryClient(fake.url).schema("confluent:7")
        assert RegistryClient(fake.url, ca=certificate).schema("confluent:7")

    with pytest.raises(RegistryUnavailableError, match="registry_ca"):
        RegistryClient(fake.url, ca=tmp_path / "missing.pem")


def self_signed(folder: Path) -> tuple[Path, ssl.SSLContext]:
    """Return a certificate for 127.0.0.1 in a file, and the context of a server that has it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "registry")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate, private = folder / "ca.pem", folder / "key.pem"
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, private)
    return certificate, context
