"""Everything an operator can set: POSTIL_… in the environment or in a .env file. docs/settings.md lists it."""

import json
import os
from ipaddress import ip_network
from pathlib import Path
from typing import Any

from pydantic import BaseModel, Field, field_validator

PREFIX = "postil_"


class Settings(BaseModel):
    """Read once at start. Every field has its line in docs/settings.md, held by a test.

    What is given here goes before what the environment says, and that before the file. ValidationError.
    """

    data: Path = Field(Path("postil-data"), description="The folder of the SQLite file and its backups.")
    database_url: str = Field("", description="Another database; empty for the SQLite file in the data folder.")
    database_seconds: float = Field(20.0, gt=0, description="When a line to PostgreSQL that stalls is given up.")
    bus: str = Field("", description="What carries hints between processes; empty: memory://, or what workers need.")
    url: str = Field("http://127.0.0.1:8000", description="Where readers' browsers reach this service.")
    host: str = Field("127.0.0.1", description="The address to listen on.")
    port: int = Field(8000, ge=0, le=65535, description="The port to listen on; 0 takes a free one.")
    workers: int = Field(1, ge=1, le=64, description="Processes that serve; about as many as there are cores.")
    trusted_proxies: list[str] = Field([], description="Networks whose X-Forwarded-For is believed, as JSON.")
    fetch_networks: list[str] = Field([], description="Networks of pages to fetch that are not public, as JSON.")
    site_key: str = Field("", repr=False, description="The site's key, that `postil publish` signs with.")
    rate_limits: bool = Field(True, description="Whether floods are turned away. Off only for load tests.")
    metrics_token: str = Field("", repr=False, description="Who bears it may read /metrics; empty: nobody.")
    most_sockets: int = Field(10_000, ge=1, description="Sockets open at once; about 25 KB of memory each.")
    most_sockets_per_network: int = Field(200, ge=1, description="Sockets at once from one address or /64.")
    presence: bool = Field(True, description="Whether pages may ask how many read and write at the moment.")
    edge_seconds: int = Field(0, ge=0, le=5, description="How long a cache in between may answer public reads itself.")
    sweep_seconds: float = Field(30.0, gt=0, description="How often watched pages are compared with the database.")

    def __init__(self, _env_file: Path | None = Path(".env"), **given: Any) -> None:
        super().__init__(**{**_told(_env_file), **given})

    @field_validator("trusted_proxies", "fetch_networks", mode="before")
    @classmethod
    def _from_json(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value)
        except ValueError as error:
            raise ValueError('Write a list as JSON, such as ["10.1.2.0/24"]') from error

    @field_validator("url")
    @classmethod
    def _without_slash(cls, value: str) -> str:
        return value.rstrip("/")

    @field_validator("fetch_networks")
    @classmethod
    def _networks(cls, value: list[str]) -> list[str]:
        return [str(ip_network(name.strip())) for name in value]

    @property
    def database(self) -> str:
        return self.database_url or f"sqlite:///{self.data / 'postil.db'}"


def _told(file: Path | None) -> dict[str, str]:
    """What the file and the environment say of ours, whose names are of either case."""
    said = {**_written(file), **os.environ}
    return {name.lower().removeprefix(PREFIX): text for name, text in said.items() if name.lower().startswith(PREFIX)}


def _written(file: Path | None) -> dict[str, str]:
    if file is None or not file.is_file():
        return {}
    from dotenv import dotenv_values  # few have a file, and a start need not wait for its reader

    return {name: text for name, text in dotenv_values(file, encoding="utf-8").items() if text is not None}
