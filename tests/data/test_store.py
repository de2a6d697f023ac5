"""The store: one owner, nothing from outside, everything or nothing."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import duckdb
import pytest

from data.store import Store, StoreError


def test_a_second_process_gets_one_sentence_with_the_pid(tmp_path, root):
    store = Store(tmp_path / "store.duckdb")
    try:
        code = "from data.store import Store, StoreBusy\nfrom pathlib import Path\n"
        code += f"try:\n Store(Path({str(store.path)!r}))\nexcept StoreBusy as e:\n print(e)"
        told = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True, timeout=60).stdout
    finally:
        store.close()
    assert f"process {os.getpid()}" in told
    assert told.count("\n") == 1


def test_a_file_that_is_no_store_is_refused_and_left_as_it_is(tmp_path):
    path = tmp_path / "store.duckdb"
    path.write_bytes(b"not a database" * 100)
    with pytest.raises(StoreError, match="cannot be opened"):
        Store(path)
    assert path.read_bytes() == b"not a database" * 100


def test_a_newer_schema_is_not_written(tmp_path):
    path = tmp_path / "store.duckdb"
    Store(path).close()
    with duckdb.connect(str(path)) as raw:
        raw.execute("update meta set schema_version = 99")
    with pytest.raises(StoreError, match="newer"):
        Store(path)


@pytest.mark.parametrize(
    "statement", ["select * from read_text('/etc/hostname')", "attach '/tmp/other.duckdb'", "set memory_limit = '1TB'", "install httpfs"]
)
def test_nothing_outside_can_be_reached(statement):
    with Store().cursor() as cursor, pytest.raises(duckdb.Error):
        cursor.execute(statement)


def test_a_failed_transaction_leaves_nothing():
    store = Store()

    def stop_halfway():
        with store.transaction() as cursor:
            cursor.execute("insert into note values ('d', 0, 'half')")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        stop_halfway()
    with store.cursor() as cursor:
        assert cursor.execute("select count(*) from note").fetchone() == (0,)


def test_threads_read_right_answers():
    """One connection shared by threads gave wrong numbers without an error; a cursor for each call does not."""
    store = Store()
    with store.transaction() as cursor:
        cursor.execute("insert into note select 'd', range, 'n' from range(1000)")
    answers, errors = [], []

    def read():
        try:
            for _ in range(30):
                with store.cursor() as cursor:
                    answers.append(cursor.execute("select sum(file_id) from note").fetchone()[0])
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
    assert set(answers) == {499_500}


def test_the_store_is_for_its_owner_only(tmp_path, monkeypatch):
    monkeypatch.setenv("TRADESPACE_HOME", str(tmp_path / "home"))
    Store.at_home().close()
    assert (tmp_path / "home").stat().st_mode & 0o077 == 0
    assert (tmp_path / "home" / "store.duckdb").stat().st_mode & 0o077 == 0


def test_every_query_says_what_it_returns():
    """Each file in data/queries begins with a comment that tells one row is what; selecting ones run on an empty store."""
    store = Store()
    folder = Path(__file__).parents[2] / "data" / "queries"
    for path in sorted(folder.glob("*.sql")):
        assert path.read_text().startswith("-- "), path.name
        if not path.name.startswith("load_") and "$dataset" not in path.read_text():
            assert store.frame(path.stem, datasets=["none"]).empty, path.name
