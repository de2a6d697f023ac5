"""The store: the only module that knows DuckDB. One owner process, a cursor for each call, bulk inserts, external access off."""

import os
import shutil
import tempfile
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

import duckdb
import pandas as pd
import platformdirs
import pyarrow as pa

Cursor = duckdb.DuckDBPyConnection
SCHEMA_VERSION = 2
_MIGRATIONS = {2: "alter table dataset add column if not exists answer_key_hex varchar"}
"""Version → what makes it of the one before."""
_LEFTOVER_S = 3600
"""Age at which a folder in `staging/` belongs to a process that was killed."""
_HERE = Path(__file__).parent


class StoreError(Exception):
    """The store cannot do what was asked; the text is one sentence for a person."""


class RowsRefused(StoreError):
    """Rows do not fit the data model; nothing was written."""


class StoreBusy(StoreError):
    """Another process holds the store."""


def home() -> Path:
    """Return the folder of everything Tradespace keeps: `TRADESPACE_HOME`, else the user's data folder."""
    given = os.environ.get("TRADESPACE_HOME")
    return Path(given) if given else platformdirs.user_data_path("tradespace", appauthor=False)


class Store:
    """A DuckDB database, in a file or (path None) in memory, opened for this process alone."""

    def __init__(self, path: Path | None = None, *, threads: int | None = None):
        self.path = path
        self._threads = threads
        self._writing = threading.Lock()
        self.changes = 0
        """Transactions of this process: what was read before may be another thing now if it has grown."""
        self._connection = self._open()
        self._sweep()

    @classmethod
    def at_home(cls) -> "Store":
        """Open the store in the user's data folder, made readable for its owner only."""
        folder = home()
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = folder / "store.duckdb"
        old = os.umask(0o077)
        try:
            return cls(path)
        finally:
            os.umask(old)

    def _open(self) -> duckdb.DuckDBPyConnection:
        try:
            connection = duckdb.connect(str(self.path) if self.path else ":memory:")
        except duckdb.IOException as error:
            raise _explained(error, self.path) from None
        except duckdb.Error as error:
            raise StoreError(f"{self.path} cannot be opened as a Tradespace store: {str(error).splitlines()[0]}") from None
        try:
            self._configure(connection)
            self._prepare(connection)
        except BaseException as error:
            connection.close()
            if isinstance(error, duckdb.Error):
                raise StoreError(f"{self.path} cannot be used as a Tradespace store: {str(error).splitlines()[0]}") from None
            raise
        return connection

    def _configure(self, connection: duckdb.DuckDBPyConnection) -> None:
        if self.path:
            connection.execute(f"set temp_directory = '{str(self.path.parent / 'spill').replace(chr(39), chr(39) * 2)}'")
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2
        connection.execute(f"set memory_limit = '{memory // 2**20} MiB'")
        if self._threads:
            connection.execute(f"set threads = {int(self._threads)}")
        for setting in (
            "set autoinstall_known_extensions = false",
            "set autoload_known_extensions = false",
            "set allow_community_extensions = false",
            "set enable_progress_bar = false",
            "set enable_external_access = false",
        ):
            connection.execute(setting)

    def _prepare(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Look before anything is written: a store of a newer program, or another database, stays as it is byte for byte."""
        tables = {name for (name,) in connection.execute("select table_name from duckdb_tables()").fetchall()}
        version = connection.execute("select max(schema_version) from meta").fetchone() if "meta" in tables else None
        if tables and not (version and version[0]):
            raise StoreError(f"{self.path} is a database, but no Tradespace store; nothing was changed in it.")
        if version and version[0] > SCHEMA_VERSION:
            connection.execute("pragma disable_checkpoint_on_shutdown")  # closing would otherwise write its log into its file
            raise StoreError(f"{self.path} was written by a newer Tradespace (schema {version[0]}); nothing was changed in it.")
        connection.begin()
        connection.execute((_HERE / "schema.sql").read_text())
        if version is None:
            connection.execute("insert into meta values (?, now() at time zone 'UTC')", [SCHEMA_VERSION])
        elif version[0] < SCHEMA_VERSION:
            for number in range(version[0] + 1, SCHEMA_VERSION + 1):
                connection.execute(_MIGRATIONS[number])
            connection.execute("update meta set schema_version = ?", [SCHEMA_VERSION])
        connection.commit()
        connection.execute("set lock_configuration = true")

    def _sweep(self) -> None:
        """Remove what killed processes left in `staging/`."""
        if self.path is None:
            return
        for folder in self.path.parent.glob("staging/*"):
            with suppress(OSError):  # gone, or another user's
                if time.time() - folder.stat().st_mtime > _LEFTOVER_S:
                    shutil.rmtree(folder, ignore_errors=True)

    @contextmanager
    def staging(self) -> Generator[Path]:
        """Give a folder for files on their way in, beside the store and for its owner only; it is removed afterwards."""
        beside = self.path.parent / "staging" if self.path else None
        try:
            if beside:
                beside.mkdir(mode=0o700, parents=True, exist_ok=True)
            folder = tempfile.TemporaryDirectory(prefix="tradespace-", dir=beside)
        except OSError as error:
            raise StoreError(f"No folder for files on their way in can be made: {error.strerror}.") from None
        with folder as name:
            yield Path(name)

    def close(self) -> None:
        """Write everything to the file and let other processes have it."""
        self._connection.close()

    @contextmanager
    def cursor(self) -> Generator[duckdb.DuckDBPyConnection]:
        """Give a cursor of its own: a connection shared by threads answers wrongly without a word."""
        try:
            cursor = self._connection.cursor()
        except duckdb.Error:
            self._reopen()
            cursor = self._connection.cursor()
        try:
            yield cursor
        except duckdb.FatalException:
            self._reopen()  # an error at commit leaves open whether it happened: ids and content keys tell
            raise StoreError("The disk is full or failing: the last change may be missing, everything before it is safe.") from None
        finally:
            cursor.close()

    def _reopen(self) -> None:
        if self.path is None:
            raise StoreError("The store in memory is lost.")
        self._connection.close()
        self._connection = self._open()

    def frame(self, query: str, **parameters) -> pd.DataFrame:
        """Run `data/queries/<query>.sql` and return its frame; `datasets=[…]` becomes the table `selection(dataset)`."""
        datasets = parameters.pop("datasets", None)
        with self.cursor() as cursor:
            if datasets is not None:
                cursor.register("selection", pa.table({"dataset": pa.array(list(dict.fromkeys(datasets)), pa.string())}))
            text = (_HERE / "queries" / f"{query}.sql").read_text()
            return cursor.execute(text, parameters or None).df()

    @contextmanager
    def transaction(self) -> Generator[duckdb.DuckDBPyConnection]:
        """Give the one writing cursor; everything done with it happens, or nothing."""
        with self._writing, self.cursor() as cursor:
            cursor.begin()
            try:
                yield cursor
                cursor.commit()
                self.changes += 1
            except BaseException as error:
                with suppress(duckdb.Error):  # the transaction may be gone already; the first error is the one to tell
                    cursor.rollback()
                first = str(error).partition("\n")[0][:160]
                if isinstance(error, duckdb.DataError | duckdb.IntegrityError):
                    raise RowsRefused(f"The rows do not fit the store: {first}") from None
                if isinstance(error, duckdb.Error) and not isinstance(error, duckdb.FatalException):
                    raise StoreError(f"The store could not take it: {first}") from None
                raise

    def rename(self, dataset: str, name: str) -> None:
        """Give a dataset another name."""
        with self.transaction() as cursor:
            cursor.execute("update dataset set name = ? where dataset = ?", [name, dataset])

    def delete(self, dataset: str) -> None:
        """Remove a dataset and everything that belongs to it alone: configurations that no other dataset has go with it."""
        with self.transaction() as cursor:
            for table in ("step", "attempt", "task", "summary", "problem", "note", "dataset_file", "dataset"):
                cursor.execute(f"delete from {table} where dataset = ?", [dataset])  # table names from the line above, no input
            cursor.execute("delete from configuration where configuration not in "
                           "(select configuration from attempt union select configuration from summary)")  # fmt: skip


def _explained(error: duckdb.IOException, path: Path | None) -> StoreError:
    text = str(error)
    if "lock" in text.lower():
        pid = text.split("(PID ")[1].split(")", maxsplit=1)[0] if "(PID " in text else None
        holder = f"process {pid}" if pid else "another process"
        return StoreBusy(f"The store {path} is held by {holder}: use that one, or set TRADESPACE_HOME to another folder.")
    return StoreError(f"The store {path} cannot be opened: {text.splitlines()[0]}")
