"""Read the topics that settings and folders name into one set."""

from collections.abc import Sequence
from pathlib import Path

from newsbeam.errors import ConfigError
from newsbeam.settings import TopicsSettings
from newsbeam.topics.calibration import calibration_for, read_calibration
from newsbeam.topics.topic import find_topics, load_topic, of_pack
from newsbeam.topics.topicset import ActiveTopic, TopicSet


def load_topics(packs: Sequence[str], folders: Sequence[Path]) -> TopicSet:
    """Read the topics of packs and folders; a folder's topic replaces a pack's of that name.

    Raises:
        ConfigError: no such pack, or a file is wrong (with the place in the query).
    """
    return TopicSet(
        [
            ActiveTopic(
                load_topic(path), path, calibration_for(path, folders), own=_own(path, folders)
            )
            for path in find_topics(packs, folders)
        ]
    )


def _own(path: Path, folders: Sequence[Path]) -> Path | None:
    apart = of_pack(path) and folders and not of_pack(folders[0] / path.name)
    return folders[0] / path.parent.name / path.name if apart else None


def configured_topics(topics: TopicsSettings, home: str) -> TopicSet:
    """Read the topics that the settings name.

    Args:
        topics: the table of the settings.
        home: folder at which its paths start.

    Raises:
        ConfigError: as :func:`load_topics`; or there is no such folder.  Only the default one may
            be missing.
    """
    return load_topics(topics.packs, _folders(topics, home))


def check_topics(topics: TopicsSettings, home: str) -> None:
    """Read an operator's own topic files and use none: a wrong one is told before any work is done.

    The packs are tested with newsbeam, and reading them takes a quarter of a second.

    Args:
        topics: the table of the settings.
        home: folder at which its paths start.

    Raises:
        ConfigError: as :func:`configured_topics`.
    """
    folders = _folders(topics, home)
    find_topics(topics.packs, ())
    for path in find_topics((), folders):
        load_topic(path)
        read_calibration(path)


def _folders(topics: TopicsSettings, home: str) -> list[Path]:
    folders = []
    for name in topics.folders:
        if (folder := Path(home, name)).is_dir():
            folders.append(folder)
        elif name not in TopicsSettings().folders:
            raise ConfigError("topics.folders", f"there is no folder {folder}")
    return folders
