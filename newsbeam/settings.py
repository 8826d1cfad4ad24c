"""Settings: one TOML file, read once, into frozen dataclasses.

Every table of the file is one dataclass below; every key is one field, with its type, its default
and a docstring that says what it is for (``docs/settings.md`` is made from them).  Unknown keys,
wrong types and missing files are :class:`~newsbeam.errors.ConfigError`, naming file, key and cure.
Secrets are not settings: they come from the environment (:data:`SECRETS`).
"""

import difflib
import hashlib
import json
import re
import tomllib
import types
import typing
from collections.abc import Mapping
from dataclasses import MISSING, asdict, dataclass, field, fields, is_dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar

from newsbeam.alerts.settings import AlertsSettings, WatchSettings
from newsbeam.bounds import Amount, AtLeastOne, Bounds, Count, Port, Positive
from newsbeam.errors import ConfigError, reason_of

SECRETS = (
    "SLACK_BOT_TOKEN",
    "SLACK_APP_TOKEN",
    "SLACK_WEBHOOK_URL",
    "NEWSBEAM_WEBHOOK_SECRET",
    "NEWSBEAM_APPRISE_URLS",
)
"""Environment variables that may hold a secret; never in the file, never in a log."""


def _check_file(path: str) -> None:
    if Path(path).name in ("", ".."):
        raise ValueError(f"`path` must name a file; it is {path!r}")


@dataclass(frozen=True, slots=True)
class StoreSettings:
    """Where the truth is kept."""

    path: str = "newsroom/store.duckdb"
    """The writer's DuckDB file, relative to the settings file.  Analysts never open this one."""
    staging: str = "newsroom/staging"
    """Folder for Parquet files on their way into the store; shared by the workers of a cluster."""

    def __post_init__(self) -> None:
        _check_file(self.path)


@dataclass(frozen=True, slots=True)
class FeedsSettings:
    """What is polled."""

    opml: tuple[str, ...] = ("feeds.opml",)
    """OPML files with the feeds, relative to the settings file."""
    urls: tuple[str, ...] = ()
    """More feeds, by URL."""


@dataclass(frozen=True, slots=True)
class FetchSettings:
    """How we ask other people's servers."""

    contact: str = ""
    """URL or e-mail address of you, sent in the user agent: outlets should know whom to ask."""
    timeout_s: Positive = 20.0
    """Total time for one answer, seconds."""
    connect_timeout_s: Positive = 8.0
    """Time to reach a server, seconds."""
    max_feed_bytes: AtLeastOne = 30_000_000
    """Largest feed, after decompression."""
    max_page_bytes: AtLeastOne = 8_000_000
    """Largest page, after decompression."""
    max_redirects: Count = 5
    """Redirects followed for one answer."""
    concurrency: AtLeastOne = 64
    """Connections at once, all hosts together."""
    per_host: AtLeastOne = 2
    """Connections at once to one host."""
    min_gap_s: Amount = 0.5
    """Least time between two requests to one host, seconds; it grows when the host is slow."""
    allow_networks: tuple[str, ...] = ()
    """Private address ranges that may be fetched after all, as CIDR: ``["127.0.0.0/8"]``."""
    allow_ports: tuple[Port, ...] = (80, 443)
    """Ports that may be fetched; for an address in ``allow_networks`` every port may."""
    robots: bool = True
    """Honour robots.txt for pages."""
    hosts: dict[str, str] = field(default_factory=dict)
    """Where to connect for a host name instead of asking DNS, like a hosts file with a port:
    ``{ "harbour-courier.example" = "127.0.1.1:8123" }``.  The URL, the Host header and the outlet
    stay those of the name; the address must still be allowed (``allow_networks``)."""


@dataclass(frozen=True, slots=True)
class PollSettings:
    """When feeds are polled again."""

    default_interval_s: Amount = 900.0
    """First interval of a feed that we know nothing about, seconds."""
    min_interval_s: Amount = 60.0
    """Shortest interval, seconds."""
    max_interval_s: Amount = 86_400.0
    """Longest interval, seconds."""
    max_entry_age_days: Amount = 30.0
    """Entries dated longer ago than this are recorded and not fetched (``too_old``)."""

    def __post_init__(self) -> None:
        if self.min_interval_s > self.max_interval_s:
            raise ValueError("`min_interval_s` must not be more than `max_interval_s`")


@dataclass(frozen=True, slots=True)
class ExtractSettings:
    """How pages become articles."""

    workers: Count = 0
    """Processes that read pages; 0: one per core."""
    timeout_s: Positive = 10.0
    """A page that takes longer ends as ``extract_error``, seconds."""
    memory_mb: AtLeastOne = 300
    """Memory that one page may cost, MiB."""


@dataclass(frozen=True, slots=True)
class TopicsSettings:
    """What is watched for."""

    packs: tuple[str, ...] = ("ai",)
    """Topic packs that come with newsbeam."""
    folders: tuple[str, ...] = ("topics",)
    """Folders with your own topic files (``*.toml``), relative to the settings file."""


@dataclass(frozen=True, slots=True)
class StoriesSettings:
    """How articles are grouped into stories, and whose reports count."""

    owners: str = ""
    """Your own ownership table (TOML, see docs/stories.md), read after the one that comes with
    newsbeam, relative to the settings file."""
    window_days: Positive = 7.0
    """How long after its last article a story can still grow, days."""
    baseline_days: Positive = 28.0
    """A burst is measured against at most so many days before, days."""
    baseline_least_days: Amount = 7.0
    """With fewer days than this measured there is no baseline yet, and no burst."""


@dataclass(frozen=True, slots=True)
class ModelSettings:
    """The sentence-transformers model that gives texts their vectors."""

    name: str = "all-MiniLM-L6-v2"
    """The bundled model, or any sentence-transformers model by name or path."""
    precision: Literal["auto", "fp32", "bf16"] = "auto"
    """``auto`` takes bf16 where the processor computes in it (about twice as fast), else fp32."""
    batch: AtLeastOne = 32
    """Texts per batch; the bundled model takes each text by itself."""
    threads: Count = 0
    """Threads for the model; 0: one per core, for the bundled model at most 8."""


@dataclass(frozen=True, slots=True)
class RunSettings:
    """How the graph is run."""

    runner: str = "FnApiRunner"
    """Beam runner.  The embedded one is pinned (docs/decisions/0002)."""
    options: tuple[str, ...] = ()
    """Flags for Beam: ``["--job_endpoint=localhost:8099", "--environment_type=LOOPBACK"]``."""


@dataclass(frozen=True, slots=True)
class PublishSettings:
    """The read-only database for analysts and the dashboard (docs/analysts.md)."""

    path: str = "newsroom/published/news.duckdb"
    """What analysts open, relative to the settings file; its data lies in a folder beside it."""
    every_s: Amount = 10.0
    """Publish after a commit, but not more often than this, seconds."""
    keep_s: Amount = 3600.0
    """How long replaced data files stay for whoever is copying the folder, seconds.  Files that an
    open reader needs stay as long as it is open, however long that is."""
    storage_version: str = "v1.2.0"
    """DuckDB storage format: clients from this version on can open the publication."""
    text: bool = True
    """Publish the articles' full texts."""
    search: bool = True
    """Publish the index for full-text search."""

    def __post_init__(self) -> None:
        _check_file(self.path)
        if not re.fullmatch(r"v\d+\.\d+\.\d+", self.storage_version):
            raise ValueError(
                f"`storage_version` must be like `v1.2.0`; it is {self.storage_version!r}"
            )


@dataclass(frozen=True, slots=True)
class RetentionSettings:
    """What `newsbeam store prune` may forget; 0 keeps for good."""

    text_days: Count = 0
    """Days after which article texts are emptied; headline, lead, mentions and stories stay."""
    ledger_days: Count = 0
    """Days after which ledger rows, polls and failures go."""
    entry_days: Count = 0
    """Days after which the summaries of entries are emptied; their ids stay, so nothing returns."""


@dataclass(frozen=True, slots=True)
class DashboardSettings:
    """The dashboard in the browser."""

    address: str = "127.0.0.1"
    """Address it listens on.  Keep it local; docs/analysts.md shows a proxy with sign-in."""
    port: Port = 8501
    """Port it listens on."""
    days: AtLeastOne = 30
    """Days that pages show until another range is chosen."""
    refresh_s: Count = 30
    """How often an open page looks for a new publication, seconds."""
    labels: bool = True
    """Show buttons that ask people whether an article is about its topic.  The dashboard itself
    writes no database: it leaves the answers for the next run to take up."""


@dataclass(frozen=True, slots=True)
class WebSubSettings:
    """Feeds that push: `watch` listens for the hubs that they offer (docs/connectors/websub.md)."""

    callback: str = ""
    """Public URL under which hubs reach ``listen``; empty: no subscriptions."""
    listen: str = "127.0.0.1:8471"
    """Address and port of the callback server; put a reverse proxy with TLS before it."""
    lease_days: Positive = 5.0
    """How long a subscription shall last; hubs may shorten it; it is renewed in time."""


@dataclass(frozen=True, slots=True)
class Settings:
    """All tables of ``newsbeam.toml``."""

    store: StoreSettings = field(default_factory=StoreSettings)
    feeds: FeedsSettings = field(default_factory=FeedsSettings)
    fetch: FetchSettings = field(default_factory=FetchSettings)
    poll: PollSettings = field(default_factory=PollSettings)
    extract: ExtractSettings = field(default_factory=ExtractSettings)
    topics: TopicsSettings = field(default_factory=TopicsSettings)
    stories: StoriesSettings = field(default_factory=StoriesSettings)
    model: ModelSettings = field(default_factory=ModelSettings)
    run: RunSettings = field(default_factory=RunSettings)
    publish: PublishSettings = field(default_factory=PublishSettings)
    retention: RetentionSettings = field(default_factory=RetentionSettings)
    dashboard: DashboardSettings = field(default_factory=DashboardSettings)
    alerts: AlertsSettings = field(default_factory=AlertsSettings)
    watch: WatchSettings = field(default_factory=WatchSettings)
    websub: WebSubSettings = field(default_factory=WebSubSettings)
    home: str = "."
    """Folder of the settings file: relative paths start here.  Not a key of the file."""

    def path(self, relative: str) -> Path:
        """Return a path of the settings, taken from the folder of the settings file."""
        return Path(self.home, relative)

    def hash(self) -> str:
        """Return 12 hexadecimal digits that change when any setting does (not with the folder)."""
        plain = {k: v for k, v in asdict(self).items() if k != "home"}
        return hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()[:12]


def load_settings(path: Path | None) -> Settings:
    """Read the settings file; None gives the defaults.

    Raises:
        ConfigError: no such file, not TOML, an unknown key, or a value of the wrong type.
    """
    if path is None:
        return Settings()
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise ConfigError(
            str(path), "no such file; `newsbeam init` writes one, `--config FILE` names another"
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(str(path), f"cannot be read: {reason_of(error)}") from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(str(path), f"not valid TOML: {error}") from error
    if "home" in raw:
        raise ConfigError(f"{path}: home", "unknown key")
    return read_table(Settings, {**raw, "home": str(path.parent)}, str(path))


T = TypeVar("T")


def read_table(cls: type[T], raw: Mapping[str, Any], file: str, prefix: str = "") -> T:
    """Make a dataclass from a TOML table, strictly.

    Args:
        cls: a dataclass; its field types say what is allowed.
        raw: the table.
        file: named in errors.
        prefix: dotted key of the table, named in errors.

    Raises:
        ConfigError: an unknown or missing key, or a value of the wrong type.
    """
    hints = typing.get_type_hints(cls, include_extras=True)
    known = {f.name: f for f in fields(cls)}  # type: ignore[arg-type]
    for key in raw:
        if key not in known:
            close = difflib.get_close_matches(key, known, 1)
            others = ", ".join(name for name in known if name != "home")
            cure = f"did you mean `{close[0]}`?" if close else f"known keys: {others}"
            raise ConfigError(f"{file}: {prefix}{key}", f"unknown key; {cure}")
    values = {key: _value(hints[key], value, file, f"{prefix}{key}") for key, value in raw.items()}
    for name, item in known.items():
        if name not in values and item.default is MISSING and item.default_factory is MISSING:
            raise ConfigError(f"{file}: {prefix}{name}", "this key is required")
    try:
        return cls(**values)
    except ValueError as error:  # a dataclass may check its own values in __post_init__
        where = f"{file}: {prefix.rstrip('.')}" if prefix else file
        raise ConfigError(where, str(error)) from error


def _value(kind: Any, value: Any, file: str, key: str) -> Any:
    origin, args = typing.get_origin(kind), typing.get_args(kind)
    if origin is typing.Annotated:
        number, bounds = _value(args[0], value, file, key), args[1]
        if isinstance(bounds, Bounds) and number not in bounds:
            raise ConfigError(f"{file}: {key}", f"must be {bounds.words()}; it is {value!r}")
        return number
    if origin in (types.UnionType, typing.Union):
        options = [a for a in args if a is not type(None)]
        return _value(options[0], value, file, key)
    if origin is Literal:
        if value not in args:
            raise ConfigError(
                f"{file}: {key}", f"must be one of {', '.join(map(str, args))}; it is {value!r}"
            )
        return value
    if origin is tuple:
        if not isinstance(value, list):
            raise ConfigError(f"{file}: {key}", f"must be a list, like [{value!r}]")
        return tuple(_value(args[0], v, file, f"{key}[{i}]") for i, v in enumerate(value))
    if origin is dict:
        if not isinstance(value, dict):
            raise ConfigError(f"{file}: {key}", f"must be a table [{key}]")
        return {k: _value(args[1], v, file, f"{key}.{k}") for k, v in value.items()}
    if is_dataclass(kind):
        if not isinstance(value, dict):
            raise ConfigError(f"{file}: {key}", f"must be a table [{key}]")
        return read_table(kind, value, file, f"{key}.")  # type: ignore[arg-type]
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        words = {
            str: "text in quotes",
            int: "a whole number",
            float: "a number",
            bool: "true or false",
        }
        raise ConfigError(
            f"{file}: {key}", f"must be {words.get(kind, kind.__name__)}; it is {value!r}"
        )
    return value
