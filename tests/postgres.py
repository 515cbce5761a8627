"""A real PostgreSQL for the tests, and throw-away databases in it.

Taken in this order: the server at DEPOT_TEST_POSTGRES_URL; one that answers on 127.0.0.1:5432 without a
password; one that is started here in a temporary folder, installed with apt-get first where that is
needed and allowed. Where none of these works, NoPostgresError says why.
"""

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from pwd import getpwnam
from secrets import token_hex
from tempfile import TemporaryDirectory

import psycopg
from sqlalchemy import make_url
from sqlalchemy.engine import URL

_STANDARD_PORT = 5432
_START_TIMEOUT_S = 60.0


class NoPostgresError(Exception):
    """There is no server, and none could be started."""


@contextmanager
def server() -> Iterator[URL]:
    """The URL of a maintenance database on a running server; the user may create databases."""
    given = os.environ.get("DEPOT_TEST_POSTGRES_URL")
    if given:
        url = make_url(given).set(drivername="postgresql")
        if not _answers(url):
            raise NoPostgresError("nothing answers at DEPOT_TEST_POSTGRES_URL")
        yield url
        return
    running = next(filter(_answers, _standard_urls()), None)
    if running is not None:
        yield running
        return
    with _private_server() as url:
        yield url


@contextmanager
def database(maintenance: URL) -> Iterator[str]:
    """The URL of a new empty database, dropped at the end with whoever is still connected."""
    name = f"depot_test_{token_hex(6)}"
    _execute(maintenance, f"CREATE DATABASE {name}")
    try:
        yield maintenance.set(database=name).render_as_string(hide_password=False)
    finally:
        _execute(maintenance, f"DROP DATABASE {name} WITH (FORCE)")


def _standard_urls() -> list[URL]:
    return [_url(user, _STANDARD_PORT) for user in ("postgres", "root")]


def _url(user: str, port: int) -> URL:
    return URL.create("postgresql", username=user, host="127.0.0.1", port=port, database="postgres")


def _connect(url: URL) -> psycopg.Connection:
    return psycopg.connect(url.render_as_string(hide_password=False), autocommit=True, connect_timeout=5)


def _answers(url: URL) -> bool:
    try:
        _connect(url).close()
    except psycopg.OperationalError:
        return False
    return True


def _execute(url: URL, statement: str) -> None:
    with closing(_connect(url)) as connection:
        connection.execute(statement.encode())


@contextmanager
def _private_server() -> Iterator[URL]:
    programs = _programs()
    with TemporaryDirectory(prefix="depot-postgres-") as folder:
        user, group = _unprivileged(folder)
        initdb = f"{programs}/initdb -D {folder}/data -U postgres -A trust -E UTF8 --no-sync".split()
        subprocess.run(initdb, check=True, capture_output=True, cwd=folder, user=user, group=group)
        port, log = _free_port(), Path(folder, "log")
        # without fsync: these tests kill clients, never the server
        command = f"{programs}/postgres -D {folder}/data -p {port} -k {folder} -h 127.0.0.1 -F".split()
        with log.open("wb") as output:
            process = subprocess.Popen(command, cwd=folder, stderr=output, user=user, group=group)
        try:
            yield _started(process, _url("postgres", port), log)
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(_START_TIMEOUT_S)


def _started(process: subprocess.Popen[bytes], url: URL, log: Path) -> URL:
    give_up_at = time.monotonic() + _START_TIMEOUT_S
    while time.monotonic() < give_up_at and process.poll() is None:
        if _answers(url):
            return url
        time.sleep(0.1)
    raise NoPostgresError(f"PostgreSQL did not start: {log.read_text(errors='replace')[-2000:]}")


def _programs() -> Path:
    """The folder of initdb and postgres, after an installation if need be."""
    found = _find_programs()
    if found is None and os.geteuid() == 0 and shutil.which("apt-get"):
        _install()
        found = _find_programs()
    if found is None:
        raise NoPostgresError("PostgreSQL is not running on the standard port and not installed")
    return found


def _find_programs() -> Path | None:
    packaged = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    newest_last = sorted(packaged, key=lambda path: int(path.parts[4].split(".")[0]))
    on_path = shutil.which("initdb")
    found = [*([Path(on_path).resolve()] if on_path else []), *newest_last]
    return found[-1].parent if found else None


def _install() -> None:
    patient = ["apt-get", "-qq", "-o", "DPkg::Lock::Timeout=300"]
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for arguments in (["update"], ["install", "-y", "--no-install-recommends", "postgresql"]):
        done = subprocess.run([*patient, *arguments], env=environment, capture_output=True, check=False)
        if done.returncode != 0:
            raise NoPostgresError(f"PostgreSQL cannot be installed: {done.stderr.decode()[-2000:]}")


def _unprivileged(folder: str) -> tuple[int | None, int | None]:
    """PostgreSQL refuses to run as root: then the folder and the programs are another user's."""
    if os.geteuid() != 0:
        return None, None
    user = getpwnam("nobody")
    os.chown(folder, user.pw_uid, user.pw_gid)
    return user.pw_uid, user.pw_gid


def _free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
