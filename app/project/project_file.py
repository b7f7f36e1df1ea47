"""The file of a project: a database of SQLite with the analyses of one clip and what the user has noted about it.

Every change is a transaction: after a kill at any moment the file has all changes up to the last whole one.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from zlib import crc32

import msgspec

from app.core.errors import StanceError
from app.core.message import foreign
from app.core.people import FramePoses
from app.project.pose_blocks import PoseBlock, encode_block
from app.project.run_info import RunInfo

APPLICATION_ID = 0x53544E43
"""What SQLite's header says about whose file it is: "STNC"."""
FORMAT = 1
"""Version of the file's format; newer ones are refused."""
WAIT_S = 10.0
"""Longest wait for another process that writes the file, in seconds."""
BEGIN_S = 2.0
"""Longest wait for another process that has made the file and not yet written its tables, in seconds."""
MAX_BLOCK_BYTES = 200_000_000
MAX_RUNS = 4
"""Number of analyses without edits that are kept of the same networks: those with the settings used last."""
SAVED = "saved"
"""The key of where the user has saved the project, in the file of the clip in the data folder."""
SCHEMA = (
    "CREATE TABLE meta (key TEXT PRIMARY KEY, value BLOB NOT NULL)",
    "CREATE TABLE analyses (id INTEGER PRIMARY KEY, key TEXT UNIQUE NOT NULL, networks TEXT NOT NULL, "
    "info BLOB NOT NULL, edits BLOB NOT NULL DEFAULT '', checked BLOB NOT NULL DEFAULT '', "
    "complete INTEGER NOT NULL DEFAULT 0, used_s REAL NOT NULL)",
    "CREATE TABLE blocks (analysis INTEGER NOT NULL, first INTEGER NOT NULL, frames INTEGER NOT NULL, "
    "data BLOB NOT NULL, crc INTEGER NOT NULL)",
    "CREATE INDEX blocks_of ON blocks (analysis, first)",
    "CREATE TABLE answers (networks TEXT NOT NULL, data BLOB NOT NULL, crc INTEGER NOT NULL)",
    "CREATE INDEX answers_of ON answers (networks)",
)


@dataclass(frozen=True, slots=True)
class KeptRun:
    """An analysis in the file: its ``key``, what it was made with, and how many ``frames`` it has.

    ``complete``: of the whole part of the clip. ``used_s`` is when it was last used, in seconds since 1970.
    """

    number: int
    key: str
    info: RunInfo
    frames: int
    complete: bool
    used_s: float


class ProjectFile:
    """The open file of a project; used by one thread, inside ``open_project``.

    All methods raise StanceError if the file is damaged or cannot be written.
    """

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self.path = path
        self._connection = connection

    # What belongs to the clip.

    def value(self, key: str) -> bytes | None:
        """The value that was stored under ``key``; None if there is none."""
        row = self._connection.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return None if row is None else bytes(row[0])

    def set_value(self, key: str, value: bytes) -> None:
        """Store ``value`` under ``key``."""
        self._connection.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, value))

    def delete_value(self, key: str) -> None:
        """Remove the value that was stored under ``key``, if there is one."""
        self._connection.execute("DELETE FROM meta WHERE key = ?", (key,))

    @property
    def has_own(self) -> bool:
        """Whether it has something that the user has made, which cannot be computed again."""
        (own,) = self._connection.execute(
            "SELECT EXISTS (SELECT 1 FROM meta WHERE key != ?) OR EXISTS (SELECT 1 FROM analyses WHERE edits != '')",
            (SAVED,),
        ).fetchone()
        return bool(own)

    # Analyses.

    def runs(self) -> list[KeptRun]:
        """All analyses, the one used last first; those of an unknown kind are left out."""
        rows = self._connection.execute(
            "SELECT id, key, info, (SELECT COALESCE(SUM(frames), 0) FROM blocks WHERE analysis = id), complete, used_s "
            "FROM analyses ORDER BY used_s DESC, id DESC"
        )
        found = []
        for number, key, info, frames, complete, used_s in rows:
            if (known := _decoded(info)) is not None:
                found.append(KeptRun(number, key, known, frames, bool(complete), used_s))
        return found

    def begin_run(self, key: str, networks: str, info: RunInfo) -> int:
        """Begin the analysis ``key`` again, without frames; its edits stay. Returns its number.

        Of the analyses of the same ``networks`` the unfinished ones and all but the last few are removed, except those
        with edits.
        """
        execute = self._connection.execute
        execute(
            "INSERT INTO analyses (key, networks, info, used_s) VALUES (?, ?, ?, ?) "
            "ON CONFLICT (key) DO UPDATE SET info = excluded.info, used_s = excluded.used_s, complete = 0",
            (key, networks, msgspec.json.encode(info), time.time()),
        )
        (number,) = execute("SELECT id FROM analyses WHERE key = ?", (key,)).fetchone()
        execute("DELETE FROM blocks WHERE analysis = ?", (number,))
        others = execute(
            "SELECT id, complete FROM analyses WHERE networks = ? AND id != ? AND edits = '' ORDER BY used_s DESC",
            (networks, number),
        ).fetchall()
        whole = [other for other, complete in others if complete]
        for other, complete in others:
            if not complete or other in whole[MAX_RUNS - 1 :]:
                self.delete_run(other)
        return int(number)

    def add_frames(self, number: int, frames: Sequence[FramePoses], keypoints: int) -> None:
        """Add further ``frames``, whose people have that many ``keypoints``, to analysis ``number``."""
        data = encode_block(frames, keypoints)
        row = (number, frames[0].index, len(frames), data, crc32(data))
        self._connection.execute("INSERT INTO blocks VALUES (?, ?, ?, ?, ?)", row)

    def frame_count(self, number: int) -> int:
        """The number of frames that are kept of analysis ``number``."""
        row = self._connection.execute("SELECT COALESCE(SUM(frames), 0) FROM blocks WHERE analysis = ?", (number,))
        return int(row.fetchone()[0])

    def end_run(self, number: int, checked: bytes = b"") -> None:
        """Note that analysis ``number`` has all its frames; ``checked`` is what was read from the pictures."""
        self._connection.execute("UPDATE analyses SET complete = 1, checked = ? WHERE id = ?", (checked, number))

    def use_run(self, key: str) -> None:
        """Note that the analysis ``key`` is used now, if the file can be written."""
        with suppress(sqlite3.OperationalError):
            self._connection.execute("UPDATE analyses SET used_s = ? WHERE key = ?", (time.time(), key))

    def delete_run(self, number: int) -> None:
        """Remove analysis ``number`` with its edits."""
        self._connection.execute("DELETE FROM blocks WHERE analysis = ?", (number,))
        self._connection.execute("DELETE FROM analyses WHERE id = ?", (number,))

    def frames(self, run: KeptRun) -> list[FramePoses]:
        """The frames of the analysis ``run``."""
        return [poses for block in self.blocks(run) for poses in block.frames()]

    def blocks(self, run: KeptRun) -> list[PoseBlock]:
        """The frames likewise, in parts that are checked already; they can be used when the file is closed."""
        number, keypoints = run.number, len(run.info.skeleton.names)
        rows = self._connection.execute("SELECT data, crc FROM blocks WHERE analysis = ? ORDER BY first", (number,))
        try:
            return [PoseBlock(_checked(data, crc), keypoints) for data, crc in rows]
        except ValueError:
            raise damaged(self.path) from None

    def checked(self, number: int) -> bytes:
        """What was read from the pictures of analysis ``number``; empty if that is not known."""
        row = self._connection.execute("SELECT checked FROM analyses WHERE id = ?", (number,)).fetchone()
        return b"" if row is None else _as_bytes(row[0])

    def edits(self, key: str) -> bytes:
        """What the user has changed in the people of the analysis ``key``, as it was stored; empty if nothing."""
        row = self._connection.execute("SELECT edits FROM analyses WHERE key = ?", (key,)).fetchone()
        return b"" if row is None else _as_bytes(row[0])

    def set_edits(self, key: str, edits: bytes) -> None:
        """Store what the user has changed in the people of the analysis ``key``."""
        self._connection.execute("UPDATE analyses SET edits = ? WHERE key = ?", (edits.decode(), key))

    # Answers of networks.

    def add_answers(self, networks: str, data: bytes) -> None:
        """Add answers of the networks with this key."""
        self._connection.execute("INSERT INTO answers VALUES (?, ?, ?)", (networks, data, crc32(data)))

    def answers(self, networks: str) -> Iterator[bytes]:
        """All answers of the networks with this key, as they were added; damaged ones are left out."""
        for data, crc in self._connection.execute("SELECT data, crc FROM answers WHERE networks = ?", (networks,)):
            if isinstance(data, bytes) and crc32(data) == crc:
                yield data

    def delete_answers(self, networks: str) -> None:
        """Remove the answers of the networks with this key."""
        self._connection.execute("DELETE FROM answers WHERE networks = ?", (networks,))

    def drop_results(self) -> None:
        """Remove all frames and answers, which can be computed again; what the user has made stays."""
        for statement in ("DELETE FROM blocks", "DELETE FROM answers", "UPDATE analyses SET complete = 0"):
            self._connection.execute(statement)
        self._connection.commit()
        self._connection.execute("VACUUM")


@contextmanager
def open_project(path: Path, *, create: bool = False) -> Iterator[ProjectFile]:
    """The project in ``path``, for changes that are written together at the end; ``create`` makes a missing one.

    Raises StanceError if it cannot be read or written, is damaged, no project, or of a newer version.
    """
    try:
        with closing(_connect(path, create)) as connection:
            _check(path, connection, create)
            with connection:
                yield ProjectFile(path, connection)
    except sqlite3.Error as error:
        raise _explained(path, error) from None


def copy_project(path: Path, into: Path) -> None:
    """Copy the project in ``path`` to the new file ``into``, also while it is used. Raises StanceError."""
    with open_project(path) as project, closing(sqlite3.connect(into)) as copy:
        project._connection.backup(copy)


def damaged(path: Path) -> StanceError:
    """The error for a file that is no whole project."""
    return StanceError("The project {path} is damaged: wanted a file that Stance has written.", path=path)


def _connect(path: Path, create: bool) -> sqlite3.Connection:
    mode = "rwc" if create else "rw"
    try:
        with path.open("rb"):
            pass
    except FileNotFoundError:
        if not create:
            raise StanceError("The project {path} does not exist: wanted a .stance file.", path=path) from None
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StanceError(
            "The project {path} cannot be read: {reason}.", path=path, reason=foreign(error.strerror or error)
        ) from None
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode={mode}", timeout=WAIT_S, uri=True)
    connection.execute("PRAGMA trusted_schema = OFF")
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, MAX_BLOCK_BYTES)
    return connection


def _check(path: Path, connection: sqlite3.Connection, create: bool) -> None:
    """Raise StanceError unless the file is a project; a new file becomes one."""
    application, version, tables = _head(connection)
    deadline_s = time.monotonic() + BEGIN_S
    while not create and not (tables or application) and time.monotonic() < deadline_s:
        time.sleep(0.02)
        application, version, tables = _head(connection)
    if create and not tables and not application:
        with connection:
            connection.execute("BEGIN IMMEDIATE")
            (tables,) = connection.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()
            for statement in SCHEMA if not tables else ():
                connection.execute(statement)
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version = {FORMAT}")
        return
    if application != APPLICATION_ID:
        raise damaged(path)
    if version > FORMAT:
        raise StanceError(
            "The project {path} has format {found}, of a newer version of Stance: wanted format {wanted} or older.",
            path=path,
            found=version,
            wanted=FORMAT,
        )
    statements = {row[0] for row in connection.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL")}
    if statements != set(SCHEMA):
        raise damaged(path)


def _head(connection: sqlite3.Connection) -> tuple[int, int, int]:
    """Whose file it is, its format and its number of tables, all at one moment: another process may be making it."""
    connection.execute("BEGIN")
    try:
        application, version, tables = (
            connection.execute(statement).fetchone()[0]
            for statement in (
                "PRAGMA application_id",
                "PRAGMA user_version",
                "SELECT COUNT(*) FROM sqlite_master",
            )
        )
    finally:
        connection.rollback()
    return application, version, tables


def _explained(path: Path, error: sqlite3.Error) -> StanceError:
    if isinstance(error, sqlite3.OperationalError):
        return StanceError(
            "The project {path} cannot be read or written: {reason}.", path=path, reason=foreign(str(error))
        )
    return damaged(path)


def _checked(data: object, crc: object) -> bytes:
    """``data``. Raises ValueError if it is damaged."""
    if not isinstance(data, bytes) or crc32(data) != crc:
        raise ValueError("the block is damaged")
    return data


def _decoded(info: object) -> RunInfo | None:
    try:
        return msgspec.json.decode(_as_bytes(info), type=RunInfo)
    except (msgspec.MsgspecError, ValueError, RecursionError, StanceError):
        return None


def _as_bytes(value: object) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode()
