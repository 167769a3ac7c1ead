"""Settings that more than one service reads, from the environment (and from files for secrets).

Every name begins with LOTSE_, so LOTSE_DATABASE_DSN sets `DatabaseSettings.dsn`. There is no default password. A secret
is also read from the file that its name with _FILE tells (LOTSE_DATABASE_DSN_FILE); the file goes before the variable.
"""

import os
from pathlib import Path
from typing import Annotated, Any, Literal, Self, get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, Field, SecretStr, ValidationError, model_validator
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict
from pydantic_settings import SettingsError as UnreadableSettingError

from lotse_shared.tls import CaFile, show


class SettingsError(SystemExit):
    """Settings are missing or wrong. Ends the program with one line that names each variable and its fault."""


class _SecretFiles(PydanticBaseSettingsSource):
    """Secrets from files, as container engines hand them over: an environment is seen by whoever may inspect it."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        """Give the file's text without the blanks at its ends, None where no file is named."""
        is_secret = SecretStr in (field.annotation, *get_args(field.annotation))
        variable = f"{self.config.get('env_prefix', '')}{field_name}_FILE".upper()
        path = os.environ.get(variable) if is_secret else None
        if not path:
            return None, field_name, False
        try:
            return Path(path).read_text(encoding="utf-8").strip(), field_name, False
        except (OSError, UnicodeDecodeError) as error:
            message = f"{variable}: {path} cannot be read: {error}"
            raise SettingsError(message) from None

    def __call__(self) -> dict[str, Any]:
        """Give the secrets that files hold."""
        fields = self.settings_cls.model_fields
        values = {name: self.get_field_value(field, name)[0] for name, field in fields.items()}
        return {name: value for name, value in values.items() if value is not None}


class Settings(BaseSettings):
    """Settings from the environment. The name of each variable is the class's `env_prefix` and the field's name.

    Raises
    ------
    SettingsError
        When one is missing or wrong.
    """

    def __init__(self, **values: Any) -> None:  # noqa: ANN401 - pydantic's own signature
        try:
            super().__init__(**values)
        except ValidationError as error:
            raise SettingsError("; ".join(self._fault(each["loc"], each["msg"]) for each in error.errors())) from None
        except UnreadableSettingError as error:  # what is to be JSON is none
            message = f"{self.model_config.get('env_prefix', '')}*: {error}: {error.__cause__}"
            raise SettingsError(message) from None
        except RecursionError:
            message = f"{self.model_config.get('env_prefix', '')}*: JSON is nested too deep"
            raise SettingsError(message) from None

    @classmethod
    def settings_customise_sources(  # noqa: D102 - pydantic's own hook
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        del dotenv_settings, file_secret_settings
        return init_settings, _SecretFiles(settings_cls), env_settings

    @classmethod
    def _fault(cls, location: tuple[str | int, ...], message: str) -> str:
        """Name the variable, what is wrong with it, and what it should hold where its description tells."""
        name, *inside = map(str, location or ("*",))
        field = cls.model_fields.get(name)
        meaning = f" ({field.description})" if field is not None and field.description else ""
        where = f" {'.'.join(inside)}:" if inside else ""
        return f"{cls.model_config.get('env_prefix', '')}{name}".upper() + f":{where} {message}{meaning}"


def _existing_zone(name: str) -> str:
    try:
        return ZoneInfo(name).key
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:  # OSError: a folder of zones
        message = f"there is no time zone {name!r}; one is called Europe/Berlin"
        raise ValueError(message) from error


TimeZoneName = Annotated[str, AfterValidator(_existing_zone)]
"""The IANA name of a time zone that exists here."""


class DatabaseSettings(Settings):
    """Where PostgreSQL is (`LOTSE_DATABASE_*`)."""

    model_config = SettingsConfigDict(env_prefix="LOTSE_DATABASE_")

    dsn: SecretStr = Field(description="postgresql://user:password@host:port/database")
    pool_size: int = Field(default=4, ge=1, le=100)
    command_timeout_s: float = Field(default=30.0, gt=0)


class BrokerSettings(Settings):
    """Where the MQTT broker is (`LOTSE_BROKER_*`)."""

    model_config = SettingsConfigDict(env_prefix="LOTSE_BROKER_")

    host: str = "127.0.0.1"
    port: int = Field(default=1883, ge=1, le=65535)
    username: str | None = None
    password: SecretStr | None = None
    keepalive_s: int = Field(default=30, ge=5, le=3600)
    silence_s: float = Field(
        default=6,
        ge=2,
        le=3600,
        description="how long the broker may be silent, asked or not, before we connect anew",
    )
    tls: bool = Field(default=False, description="speak TLS; the broker's certificate must name LOTSE_BROKER_HOST")
    tls_ca: CaFile | None = Field(default=None, description="PEM file of CAs to trust; left out: those of the system")

    @model_validator(mode="after")
    def _a_ca_is_for_tls(self) -> Self:
        if self.tls_ca is not None and not self.tls:
            message = "tls_ca without tls would be of no use: set LOTSE_BROKER_TLS=true"
            raise ValueError(message)
        return self


class HttpSettings(Settings):
    """Where a service listens (`LOTSE_HTTP_*`). Loopback unless told otherwise."""

    model_config = SettingsConfigDict(env_prefix="LOTSE_HTTP_")

    host: str = "127.0.0.1"
    port: int = Field(ge=0, le=65535)
    tls_cert: Path | None = Field(default=None, description="PEM file of our certificate: then we speak HTTPS")
    tls_key: Path | None = Field(default=None, description="PEM file of its private key, which has no password")

    @model_validator(mode="after")
    def _certificate_and_key_fit(self) -> Self:
        if (self.tls_cert is None) != (self.tls_key is None):
            message = "tls_cert and tls_key belong together: set both, or none"
            raise ValueError(message)
        if self.tls_cert is not None and self.tls_key is not None:
            try:
                show(self.tls_cert, self.tls_key)
            except OSError as error:
                message = f"tls_cert {self.tls_cert} and tls_key {self.tls_key} cannot be used: {error}"
                raise ValueError(message) from error
        return self


class LogSettings(Settings):
    """What is logged, and how (`LOTSE_LOG_*`)."""

    model_config = SettingsConfigDict(env_prefix="LOTSE_LOG_")

    format: Literal["auto", "json", "text"] = Field(default="auto", description="auto: text on a terminal, else JSON")
    level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        default="INFO", description="DEBUG: a line for every request and every batch, too"
    )


class ClockSettings(Settings):
    """Which clock decides what `now` is (`LOTSE_CLOCK`): the wall's, or that of the data (watermarks)."""

    model_config = SettingsConfigDict(env_prefix="LOTSE_")

    clock: Literal["wall", "data"] = "wall"
