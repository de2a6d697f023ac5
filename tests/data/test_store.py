"""The store: one owner, nothing from outside, everything or nothing."""

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import duckdb
import pytest

from data.store import SCHEMA_VERSION, RowsRefused, Store, StoreError


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


@pytest.mark.parametrize("was_killed", [False, True])
def test_a_newer_store_stays_as_it_is(tmp_path, was_killed):
    """The schema of this program was written into a store of a newer one before its version was looked at."""
    path = tmp_path / "store.duckdb"
    Store(path).close()
    code = f"import duckdb, os; raw = duckdb.connect({str(path)!r}); raw.execute('drop table note'); "
    code += "raw.execute('update meta set schema_version = 99'); " + ("os._exit(0)" if was_killed else "raw.close()")
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
    before = {p.name: p.read_bytes() for p in tmp_path.glob("store.duckdb*")}
    assert len(before) == 1 + was_killed  # its log is not yet in it
    for _ in range(2):
        with pytest.raises(StoreError, match="newer"):
            Store(path)
    assert {p.name: p.read_bytes() for p in tmp_path.glob("store.duckdb*")} == before


def test_a_store_of_the_version_before_is_brought_forward(tmp_path):
    path = tmp_path / "store.duckdb"
    Store(path).close()
    with duckdb.connect(str(path)) as raw:
        raw.execute("alter table dataset drop column answer_key_hex")
        raw.execute("update meta set schema_version = 1")
        raw.execute("insert into dataset values ('d', 'old', 'local', 'k', now(), 1, false, false, '{}', 1, 1, 0)")
    store = Store(path)
    assert store.frame("datasets")["name"].tolist() == ["old"]
    with store.cursor() as cursor:
        assert cursor.execute("select answer_key_hex from dataset").fetchall() == [(None,)]
        assert cursor.execute("select schema_version from meta").fetchall() == [(SCHEMA_VERSION,)]
    store.close()


def test_another_database_is_left_alone(tmp_path):
    """Any DuckDB file named as the store got our tables."""
    path = tmp_path / "store.duckdb"
    with duckdb.connect(str(path)) as raw:
        raw.execute("create table theirs (x integer)")
    before = path.read_bytes()
    with pytest.raises(StoreError, match="no Tradespace store"):
        Store(path)
    assert path.read_bytes() == before
    duckdb.connect(str(path)).close()  # nobody holds it


def row_of(cursor, table: str, **given) -> None:
    """Insert a row in which only these columns and those that may not be NULL have a value."""
    needed = {name: 0 if "INT" in kind or kind.startswith("DEC") or kind == "BOOLEAN" else "x" for name, kind, null, *_ in
              cursor.execute(f"describe {table}").fetchall() if null == "NO"}  # fmt: skip
    if "created_at" in needed:
        needed["created_at"] = "2026-01-01"
    values = {**needed, **given}
    cursor.execute(f"insert into {table} ({', '.join(values)}) values ({', '.join('?' * len(values))})", list(values.values()))


def two_datasets() -> Store:
    store = Store()
    with store.transaction() as cursor:
        for number, name in enumerate("ab"):
            row_of(cursor, "dataset", dataset=name, content_key=name)
            row_of(cursor, "task", dataset=name)
            for attempt_id, configuration in enumerate((1, 2 + number)):
                row_of(cursor, "attempt", dataset=name, attempt_id=attempt_id, configuration=configuration, status="ok")
            row_of(cursor, "summary", dataset=name, configuration=4, n=1)
        for configuration in (1, 2, 3, 4):
            row_of(cursor, "configuration", configuration=configuration, knobs="{}")
    return store


def test_configurations_go_with_the_last_dataset_that_has_them():
    """Deleting every dataset left the names of all models ever tried in the store."""
    store = two_datasets()
    left = []
    for name in "ab":
        store.delete(name)
        with store.cursor() as cursor:
            left.append([c for (c,) in cursor.execute("select configuration from configuration order by 1").fetchall()])
    assert left == [[1, 3, 4], []]


def test_a_dataset_named_twice_counts_once():
    """`data=a,a` in a link doubled every n: intervals shrank by √2."""
    store = two_datasets()
    assert store.frame("cells", datasets=["a", "a", "b"]).equals(store.frame("cells", datasets=["a", "b"]))
    assert store.frame("cells", datasets=["a", "a"])["n_attempts"].sum() == 2


def test_one_import_cannot_be_there_twice():
    store = two_datasets()
    with pytest.raises(RowsRefused), store.transaction() as cursor:
        row_of(cursor, "dataset", dataset="c", content_key="a")
    with pytest.raises(RowsRefused), store.transaction() as cursor:
        row_of(cursor, "attempt", dataset="a", attempt_id=0, status="ok")


def test_files_on_their_way_in_lie_beside_the_store_and_leftovers_are_swept(tmp_path):
    """What a killed process left in the system's temporary folder stayed there for ever: copies of people's logs."""
    path = tmp_path / "store.duckdb"
    store = Store(path)
    with store.staging() as folder:
        assert folder.parent == tmp_path / "staging"
        assert folder.stat().st_mode & 0o077 == 0
        (folder / "log").write_text("x")
    assert list((tmp_path / "staging").iterdir()) == []
    for name, age_s in (("old", 7200), ("young", 60)):
        left = tmp_path / "staging" / name
        (left / "inside").mkdir(parents=True)
        os.utime(left, (time.time() - age_s,) * 2)
    store.close()
    Store(path).close()
    assert [p.name for p in (tmp_path / "staging").iterdir()] == ["young"]


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
