"""Private PostgreSQL and Redis servers on free ports, from Debian's packages: started when a test first asks, stopped
with the tests. No service of the machine is touched.

A server's life hangs on ours: should this process be killed, the kernel ends it.
"""

import atexit
import os
import pwd
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from functools import cache
from pathlib import Path
from typing import IO

import psycopg
import redis
from tests import left_out

MEMORY = "/dev/shm" if os.path.isdir("/dev/shm") else None
PATIENCE = 20.0
# What a database loses in a power cut is not what most tests are about, and forcing every commit to disk costs time.
# A server that is killed loses nothing all the same: what it has written is the kernel's.
HASTY = ("fsync=off", "full_page_writes=off")


def free_port() -> int:
    """A port that is still free in a moment: none of those that the system gives to whoever connects somewhere."""
    while True:
        port = random.randrange(20_000, 32_000)
        with closing(socket.socket()) as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def _as_user(folder: Path) -> list[str]:
    """What stands before a command that must not run as root, which then owns `folder`."""
    alone = ["setpriv", "--pdeathsig", "KILL"]
    if os.getuid() != 0:
        return alone
    user = next((each for each in pwd.getpwall() if each.pw_name == "postgres"), None) or pwd.getpwnam("nobody")
    os.chown(folder, user.pw_uid, user.pw_gid)
    return [*alone, f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]


class Server:
    """A server's process, which a test may stop, kill and start again at the same port."""

    def __init__(self, kind: str, parent: str | None = MEMORY) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix=f"postil-{kind}-", dir=parent))
        self.port = free_port()
        self.process: subprocess.Popen[bytes] | None = None
        self.log: IO[bytes] = (self.folder / "log").open("ab")
        atexit.register(self.end)

    def command(self) -> list[str]:
        raise NotImplementedError

    def answers(self) -> bool:
        raise NotImplementedError

    def start(self) -> None:
        self.process = _starter().submit(self._begin).result()
        deadline = time.monotonic() + PATIENCE
        while not self.answers():
            said = (self.folder / "log").read_text()[-2000:]
            assert self.process.poll() is None and time.monotonic() < deadline, said
            time.sleep(0.02)

    def _begin(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(self.command(), stdout=self.log, stderr=self.log, cwd=self.folder)

    def stop(self, how: signal.Signals) -> None:
        if self.process is not None:
            self.process.send_signal(how)
            self.process.wait(PATIENCE)
            self.process = None

    def end(self) -> None:
        self.stop(signal.SIGKILL)
        self.log.close()
        shutil.rmtree(self.folder, ignore_errors=True)


class PostgreSQL(Server):
    """One cluster; a database in it for each test, made from a template."""

    def __init__(self, settings: Sequence[str] = HASTY, parent: str | None = MEMORY) -> None:
        """`parent`: where its folder is made; None is the disk for what is temporary."""
        self.binaries = Path(left_out.program("postgresql")).parent
        super().__init__("postgres", parent)
        self.settings = settings
        self.user = _as_user(self.folder)
        self.data = self.folder / "data"
        initdb = [str(self.binaries / "initdb"), "-D", str(self.data), "-U", "postil", "-A", "trust", "--no-sync"]
        made = [*self.user, *initdb, "-E", "UTF8", "--locale=C.UTF-8"]
        subprocess.run(made, check=True, stdout=self.log, stderr=self.log, cwd=self.folder)
        self.start()

    def command(self) -> list[str]:
        settings = [*self.settings, f"port={self.port}", "listen_addresses=127.0.0.1", "max_connections=200"]
        settings += ["unix_socket_directories=", "shared_buffers=32MB", "log_min_messages=fatal"]
        told = [word for setting in settings for word in ("-c", setting)]
        return [*self.user, str(self.binaries / "postgres"), "-D", str(self.data), *told]

    def answers(self) -> bool:
        try:
            self.run("SELECT 1")
        except psycopg.OperationalError:
            return False
        return True

    def url(self, name: str, port: int | None = None) -> str:
        """As POSTIL_DATABASE_URL has it; `port`: of something that stands in between."""
        return f"postgresql+psycopg://postil@127.0.0.1:{port or self.port}/{name}"

    def run(self, *statements: str) -> None:
        """Outside of any transaction, in no test's database."""
        where = f"postgresql://postil@127.0.0.1:{self.port}/postgres"
        with psycopg.connect(where, autocommit=True, connect_timeout=5) as connection:
            for statement in statements:
                connection.execute(statement.encode())

    def crash(self) -> None:
        """As a power cut ends it, but for the disk."""
        self.stop(signal.SIGQUIT)

    def restart(self) -> None:
        self.crash()
        self.start()


class Redis(Server):
    def __init__(self) -> None:
        self.binary = left_out.program("redis-server")
        super().__init__("redis")
        self.start()

    def command(self) -> list[str]:
        alone = ["setpriv", "--pdeathsig", "KILL"]
        return [*alone, self.binary, "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--dir", "."]

    def answers(self) -> bool:
        with redis.Redis(port=self.port, socket_connect_timeout=5) as client:
            try:
                return bool(client.ping())
            except redis.ConnectionError:
                return False

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def crash(self) -> None:
        self.stop(signal.SIGKILL)

    def restart(self) -> None:
        self.crash()
        self.start()


@cache
def _starter() -> ThreadPoolExecutor:
    """The thread that starts servers: the kernel ends them with the thread that did, so it must be one that stays."""
    return ThreadPoolExecutor(1)


@cache
def postgresql() -> PostgreSQL:
    """The server that this run's tests share, each in a database of its own."""
    return PostgreSQL()


@cache
def redis_server() -> Redis:
    return Redis()
