"""Makes servers to be killed: it imports the service once and forks one for each line it reads.

    python -m tests.crash.nursery DATABASE_URL LISTENING_FD

A line in: start one. A line out: its process id. Each server is a process of its own, with its own connections to
the database, run by postil.serving as `postil serve` runs it; only the second that the imports take is saved.
The listening socket is inherited, so clients of a dead server wait for the next one.
"""

import asyncio
import os
import signal
import socket
import sys

from postil.serving import serve
from postil.settings import Settings


def main(database: str, descriptor: int) -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the killed
    for _ in sys.stdin:
        child = os.fork()
        if child == 0:
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            _serve(database, descriptor)
        print(child, flush=True)


def _serve(database: str, descriptor: int) -> None:
    listening = socket.socket(fileno=os.dup(descriptor))
    url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    settings = Settings(database_url=database, url=url, rate_limits=False, _env_file=None)
    try:
        asyncio.run(serve(settings, listening=listening))
    finally:
        os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
