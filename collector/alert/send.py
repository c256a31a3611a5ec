"""Sends one alert. Whoever receives it has it when this returns; every error says what to do and holds no secret."""

import smtplib
import ssl
from contextlib import suppress
from dataclasses import dataclass

import urllib3

from collector.alert.channels import Alert, Call, call_for, mail_for
from collector.settings import AlertChannel

TIMEOUT_S = 10.0
_RETRY_AFTER_S_MAX = 3_600.0
_AGAIN = frozenset({408, 425, 429})


@dataclass(frozen=True)
class SendError(Exception):
    """It was not acknowledged. `lasting` = trying again soon will hardly help; `after_s` is what the receiver asked."""

    reason: str
    lasting: bool = False
    after_s: float | None = None

    def __str__(self) -> str:
        return self.reason


def send(channel: AlertChannel, alert: Alert) -> None:
    """Tell `alert` to `channel`. Raises SendError. PagerDuty takes the token in the body, not as a header."""
    if channel.kind == "email":
        _mail(channel, alert)
        return
    call = call_for(channel, alert)
    if channel.kind == "pagerduty":
        call.headers.pop("Authorization", None)
    _post(call)


def _post(call: Call) -> None:
    # No redirects: an alert goes where the settings say and nowhere else. No retries: the outbox has its own.
    timeout = urllib3.Timeout(total=TIMEOUT_S)
    try:
        with urllib3.PoolManager(retries=False, timeout=timeout) as pool:
            # The status says that it was taken. A body that is cut off afterwards must not have it sent once more.
            answer = pool.request(
                "POST", call.url, body=call.body, headers=call.headers, redirect=False, preload_content=False
            )
            answer.close()
    except urllib3.exceptions.NewConnectionError as error:  # to urllib3 it is a kind of timeout
        raise SendError(f"it cannot be reached ({_kind(error)})") from None
    except urllib3.exceptions.TimeoutError:
        raise SendError(f"no answer within {TIMEOUT_S:.0f} s") from None
    except (urllib3.exceptions.HTTPError, OSError, ValueError) as error:
        raise SendError(f"it cannot be reached ({_kind(error)})") from None
    if 200 <= answer.status < 300:
        return
    lasting = 300 <= answer.status < 500 and answer.status not in _AGAIN
    raise SendError(f"it answered {answer.status}", lasting, _seconds(answer.headers.get("Retry-After")))


def _mail(channel: AlertChannel, alert: Alert) -> None:
    message = mail_for(channel, alert)
    secure = ssl.create_default_context()
    port = channel.smtp_port or {"tls": 465, "starttls": 587, "none": 25}[channel.smtp_security]
    try:
        if channel.smtp_security == "tls":
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                channel.smtp_host, port, timeout=TIMEOUT_S, context=secure
            )
        else:
            server = smtplib.SMTP(channel.smtp_host, port, timeout=TIMEOUT_S)
        try:
            if channel.smtp_security == "starttls":
                server.starttls(context=secure)
            if channel.smtp_user:
                server.login(channel.smtp_user, channel.token.get_secret_value())
            # Where only some recipients are refused it counts as sent: again would tell the others twice.
            server.send_message(message)
        except BaseException:
            server.close()
            raise
    except smtplib.SMTPAuthenticationError:
        raise SendError("the mail server refuses user and password", lasting=True) from None
    except smtplib.SMTPResponseException as error:
        raise SendError(f"the mail server answered {error.smtp_code}", error.smtp_code >= 500) from None
    except smtplib.SMTPRecipientsRefused:
        raise SendError("the mail server refuses every recipient", lasting=True) from None
    except TimeoutError:
        raise SendError(f"no answer within {TIMEOUT_S:.0f} s") from None
    except (smtplib.SMTPException, OSError) as error:
        raise SendError(f"the mail server cannot be used ({_kind(error)})") from None
    # It was taken: however the server says goodbye, it must not be sent once more.
    with suppress(smtplib.SMTPException, OSError):
        server.quit()


def _seconds(said: str | None) -> float | None:
    try:
        return min(max(float(said or ""), 0.0), _RETRY_AFTER_S_MAX)
    except ValueError:
        return None


def _kind(error: BaseException) -> str:
    """Return the class of an error: its text may hold the address, and the address a secret."""
    return type(error).__name__
