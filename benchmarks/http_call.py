"""A plan over HTTP: the service in processes of its own on the loopback, one client that stays connected."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import httpx

LOOPBACK = "127.0.0.1"
STARTED_WITHIN_S = 60.0
ANSWERED_WITHIN_S = 120.0
LOOK_EVERY_S = 0.05


def http_call_ms(text: bytes, repeat: int) -> float:
    """Median time from sending a request's bytes to having the whole answer; the first call is not counted.

    Wall clock, because two processes work on it.
    """
    with _service() as url, httpx.Client(base_url=url, timeout=ANSWERED_WITHIN_S) as client:
        return median([_call_ms(client, text) for _ in range(repeat + 1)][1:])


def _call_ms(client: httpx.Client, text: bytes) -> float:
    begin = time.perf_counter()
    answer = client.post("/v1/plans", content=text, headers={"content-type": "application/json"})
    spent_ms = (time.perf_counter() - begin) * 1000.0
    answer.raise_for_status()
    return spent_ms


@contextmanager
def _service() -> Iterator[str]:
    """The base URL of `depot serve` with an empty store; it stops at the end."""
    port = _free_port()
    with TemporaryDirectory() as folder:
        environment = os.environ | {"DEPOT_DATABASE_URL": f"sqlite:///{Path(folder, 'depot.db')}"}
        environment |= {"DEPOT_LOG_LEVEL": "error", "DEPOT_API_KEYS": ""}
        command = [sys.executable, "-c", "from api.cli import main; main()", "serve", "--port", str(port)]
        process = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)
        try:
            url = f"http://{LOOPBACK}:{port}"
            _wait_until_ready(url, process)
            yield url
        finally:
            process.terminate()
            process.wait()


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind((LOOPBACK, 0))
        port: int = listener.getsockname()[1]
        return port


def _wait_until_ready(url: str, process: "subprocess.Popen[bytes]") -> None:
    end = time.monotonic() + STARTED_WITHIN_S
    while time.monotonic() < end and process.poll() is None:
        try:
            if httpx.get(f"{url}/readyz").is_success:
                return
        except httpx.TransportError:
            pass
        time.sleep(LOOK_EVERY_S)
    raise RuntimeError("the service did not start")
