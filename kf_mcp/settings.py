"""What the owner can set: one prefix, `KASHFLOW_`, one place.

Settings come from the environment, then from a `.env` file in the user's configuration folder (or the one that `--env-file`
names). A `.env` in the working directory is never read: assistants start servers inside cloned repositories, and a hostile
one could redirect the address and collect the password.
"""

import ipaddress
import re
from datetime import date
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlsplit

from dotenv import dotenv_values
from platformdirs import user_config_path, user_data_path
from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_core import PydanticUndefined
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict

from kf_mcp.errors import BadSettings

APPLICATION: Final = "kf-mcp"
PREFIX: Final = "KASHFLOW_"
KASHFLOW_HOST: Final = "securedwebapp.com"
KASHFLOW_URL: Final = f"https://{KASHFLOW_HOST}/api/service.asmx"
ADDRESS: Final = re.compile(
    r"(?P<scheme>https?)://(?P<host>\[[0-9a-f:.]+\]|[a-z0-9-]+(?:\.[a-z0-9-]+)*)(?::(?P<port>[0-9]{1,5}))?(?:/[!-\[\]-~]*)?",
    re.IGNORECASE | re.ASCII,
)
"""How an address is written, so strictly that no two readers of addresses see another host in it."""
LAST_PORT: Final = 65_535
LONGEST_HOST: Final = 253

CREDENTIALS: Final = frozenset({f"{PREFIX}USERNAME", f"{PREFIX}PASSWORD", f"{PREFIX}DATABASE_URL"})
"""What must not be seen, nor be inherited by other programs."""

Confirm = Literal["person", "either", "model"]
LogLevel = Literal["DEBUG", "INFO", "WARNING", "ERROR"]


class Settings(BaseSettings):
    """Everything the owner can set; each field is the environment variable `KASHFLOW_<NAME>`."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, extra="ignore", frozen=True, hide_input_in_errors=True, env_ignore_empty=True
    )

    username: SecretStr = Field(
        SecretStr(""), description="The KashFlow user name. Without it and the password the demo company opens."
    )
    password: SecretStr = Field(SecretStr(""), description="The KashFlow password, or the API's own if one is set.")
    url: str = Field(KASHFLOW_URL, description="Where the service is. Https, or plain http on this computer only.")
    allowed_host: str = Field(
        "", description="A host other than KashFlow's that may be used; counts only where the password is set."
    )
    timeout: float = Field(30.0, gt=0, le=600, description="Seconds to wait for one answer.")
    read_only: bool = Field(False, description="true leaves every writing tool out of the list.")
    confirm: Confirm | None = Field(
        None,
        description="Who confirms a write: person (default), either (default in the demo), "
        "model (no person is asked; for automation).",
    )
    open_browser: bool | None = Field(
        None,
        description="Whether the page on which a person approves a write opens by itself in the browser. "
        "Unset: where there is a desktop.",
    )
    toolsets: Annotated[frozenset[str], NoDecode] = Field(
        frozenset({"core"}), description="Which groups of tools are offered, separated by commas; `all` for every one."
    )
    max_amount: Decimal | None = Field(
        None, gt=0, description="Largest gross amount of one write, in pounds. Unset: no limit."
    )
    daily_limit: Decimal | None = Field(
        None, gt=0, description="Largest sum of all writes of one day (UK), gross, in pounds. Unset: no limit."
    )
    locked_before: date | None = Field(None, description="Nothing dated before this day is written (yyyy-mm-dd).")
    vat_periods: Annotated[tuple[tuple[date, date], ...], NoDecode] = Field(
        (),
        description="The company's VAT periods, first/last day with commas between: "
        "2026-01-01/2026-03-31, 2026-04-01/2026-06-30. KashFlow lists none; blank: none is known.",
    )
    sales_nominal: int | None = Field(None, description="The nominal code used for invoice lines that name none.")
    attach_from: Path | None = Field(
        None,
        description="The one folder from which files may be attached to invoices and purchases; a full path. "
        "Unset: no file is attached.",
    )
    data_dir: Path = Field(
        default_factory=lambda: user_data_path(APPLICATION, appauthor=False),
        description="Where the audit trail and its key are kept. Unset: the user's data folder.",
    )
    cache_dir: Path | None = Field(
        None, description="Where the list of customers is kept between starts; personal data. Unset: in memory only."
    )
    database_url: SecretStr = Field(
        SecretStr(""),
        description="A database for the trail other than SQLite in the data folder, such as postgresql+psycopg://user@host/name; "
        "install its driver (psycopg) beside kf-mcp.",
    )
    log_level: LogLevel = Field("WARNING", description="How much goes to standard error: DEBUG, INFO, WARNING, ERROR.")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 - pydantic-settings passes all of these by name
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments first, then the environment, then the `.env` file that was named."""
        return init_settings, env_settings, dotenv_settings

    @field_validator("toolsets", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        return frozenset(word.strip() for word in value.split(",") if word.strip()) if isinstance(value, str) else value

    @field_validator("vat_periods", mode="before")
    @classmethod
    def _periods(cls, value: Any) -> Any:
        return _vat_periods(value) if isinstance(value, str) else value

    @field_validator(
        "confirm",
        "open_browser",
        "max_amount",
        "daily_limit",
        "locked_before",
        "sales_nominal",
        "attach_from",
        mode="before",
    )
    @classmethod
    def _blank_is_unset(cls, value: Any) -> Any:
        return None if value == "" else value

    @field_validator("attach_from")
    @classmethod
    def _full_path(cls, value: Path | None) -> Path | None:
        """A folder beside the working directory would be another one wherever an assistant starts the server."""
        folder = value.expanduser() if value is not None else None
        if folder is not None and not folder.is_absolute():
            raise ValueError("write the whole path of the folder, from its beginning")
        return folder

    @model_validator(mode="after")
    def _both_credentials_or_none(self) -> "Settings":
        if bool(self.username.get_secret_value()) != bool(self.password.get_secret_value()):
            missing = "KASHFLOW_PASSWORD" if self.username.get_secret_value() else "KASHFLOW_USERNAME"
            raise ValueError(f"{missing} is not set but its partner is; set both, or neither for the demo company")
        return self

    @property
    def is_demo(self) -> bool:
        """Whether no credentials are set, so that the demo company opens."""
        return not self.username.get_secret_value()

    @property
    def confirmed_by(self) -> Confirm:
        """Who confirms a write: what was set, else a person on a real account, either in the demo."""
        return self.confirm or ("either" if self.is_demo else "person")

    @property
    def account(self) -> str:
        """The account that a write belongs to: address and user name (never the password), however they are spelt."""
        if self.is_demo:
            return "demo"
        parts = urlsplit(self.url)
        host = (parts.hostname or "").lower()
        host = "this computer" if is_loopback(host) else host
        return f"{host}:{parts.port or ''}{parts.path.rstrip('/').lower()} {self.username.get_secret_value().strip().casefold()}"


def load(env_file: Path | None = None) -> Settings:
    """Read the settings.

    Raises BadSettings when a value is wrong, when one credential is set without the other, or when the address is neither
    KashFlow's nor this computer's and the source that holds the password does not allow it.
    """
    if env_file is not None and not env_file.is_file():
        raise BadSettings(f"There is no file {str(env_file)!r}.", "Check --env-file.")
    file = env_file or user_config_path(APPLICATION, appauthor=False) / ".env"
    try:
        settings = Settings(_env_file=file if file.is_file() else None)
    except ValidationError as error:
        raise BadSettings(_what_is_wrong(error), "Correct it and start again.") from None
    except (OSError, UnicodeError):
        raise BadSettings(
            f"The settings file {str(file)!r} cannot be read.", "Save it as UTF-8 text that this user may read."
        ) from None
    _check_address(settings, file)
    return settings


def forget_credentials() -> None:
    """Take the credentials out of the environment: what is started from here on, such as a browser, must not inherit them."""
    import os  # noqa: PLC0415 - the environment is read in this module and nowhere else

    for name in [known for known in os.environ if known.upper() in CREDENTIALS]:
        del os.environ[name]


def _what_is_wrong(error: ValidationError) -> str:
    """One sentence for each wrong setting; never the value, which may be a secret."""
    problems = []
    for found in error.errors(include_url=False, include_input=False, include_context=False):
        name = f"{PREFIX}{str(found['loc'][0]).upper()}: " if found["loc"] else ""
        problems.append(f"{name}{found['msg'].removeprefix('Value error, ')}.")
    return " ".join(problems)


def _vat_periods(text: str) -> tuple[tuple[date, date], ...]:
    """Periods from text such as 2026-01-01/2026-03-31, 2026-04-01/2026-06-30, in their order."""
    found = []
    for part in filter(None, (part.strip() for part in text.split(","))):
        first, _, last = part.partition("/")
        try:
            period = date.fromisoformat(first.strip()), date.fromisoformat(last.strip())
        except ValueError:
            raise ValueError("write each period as its first and last day, as in 2026-01-01/2026-03-31") from None
        if period[0] > period[1]:
            raise ValueError("a period's first day is after its last")
        found.append(period)
    found.sort()
    if any(later[0] <= earlier[1] for earlier, later in pairwise(found)):
        raise ValueError("two periods overlap")
    return tuple(found)


def is_loopback(host: str) -> bool:
    """Whether this host is the computer itself."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _is_host(host: str) -> bool:
    """Whether every reader takes this for a host: what stands in brackets is an IPv6 address to them, or an error."""
    if not host.startswith("["):
        return len(host) <= LONGEST_HOST
    try:
        ipaddress.IPv6Address(host.strip("[]"))
    except ValueError:
        return False
    return True


def _check_address(settings: Settings, file: Path) -> None:
    """Refuse an address that could collect the password."""
    found = ADDRESS.fullmatch(settings.url)
    if "@" in settings.url.partition("://")[2].partition("/")[0]:
        raise BadSettings("KASHFLOW_URL holds a user name or password.", "Set KASHFLOW_USERNAME and KASHFLOW_PASSWORD.")
    if found is None or int(found["port"] or 0) > LAST_PORT or not _is_host(found["host"]):
        raise BadSettings("KASHFLOW_URL is not an address.", f"KashFlow's own is {KASHFLOW_URL}.")
    host = found["host"].strip("[]").lower()
    if found["scheme"].lower() == "http" and not is_loopback(host):
        raise BadSettings("KASHFLOW_URL is plain http.", "Use https; plain http is for this computer only.")
    if host == KASHFLOW_HOST or is_loopback(host) or host == _host_allowed_beside_the_password(file):
        return
    raise BadSettings(
        f"KASHFLOW_URL points to {host!r}, which is not KashFlow.",
        "If that is meant, set KASHFLOW_ALLOWED_HOST to it in the same place where KASHFLOW_PASSWORD is set.",
    )


def _host_allowed_beside_the_password(file: Path) -> str:
    """The allowed host, read only from the source that the password comes from."""
    import os  # noqa: PLC0415 - the environment is read here and nowhere else

    sources = (dict(os.environ), dict(dotenv_values(file)) if file.is_file() else {})
    for source in sources:
        values = {name.upper(): value or "" for name, value in source.items()}
        if values.get(f"{PREFIX}PASSWORD"):
            return values.get(f"{PREFIX}ALLOWED_HOST", "").lower()
    return ""


def example() -> str:
    """The text of `.env.example`: every setting, what it is for, commented out."""
    lines = [
        "# Settings of kf_mcp. Copy to the configuration folder that `kf-mcp --version` names, or name the file",
        "# with --env-file. Without KASHFLOW_USERNAME and KASHFLOW_PASSWORD the demo company opens.",
    ]
    for name, field in Settings.model_fields.items():
        default = field.get_default()
        shown = "" if default in (None, (), PydanticUndefined) or isinstance(default, SecretStr) else default
        if isinstance(shown, frozenset):
            shown = ",".join(sorted(shown))
        if isinstance(shown, bool):
            shown = str(shown).lower()
        lines += ["", f"# {field.description}", f"#{PREFIX}{name.upper()}={shown}"]
    return "\n".join(lines) + "\n"
