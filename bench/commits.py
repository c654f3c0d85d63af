"""Raw commits: one row each into a table of its own, as durably as a post. And a disk on which one takes its time.

python -m bench.commits FOLDER SECONDS      each one's milliseconds, as JSON
"""

import asyncio
import json
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from bench.data import SOURCE
from bench.load import Measured
from bench.processes import ROOT, move
from bench.waiting import PATIENCE, within

# What an fsync takes beside its own time, in microseconds. With it a commit takes about half a millisecond, as on the
# machine on which peers were measured: 1,200 posts a second were to be 0.65 of what its disk took.
DELAY = 200


def slowly() -> tuple[str, ...]:
    """What to put before a command, so that its disk is such a one; nothing where strace is missing, or may not."""
    strace = shutil.which("strace")
    if (
        strace is None
        or subprocess.run([strace, "-qq", "-o", "/dev/null", "true"], stderr=subprocess.DEVNULL).returncode
    ):
        return ()
    # As the child of what it slows down, which so keeps its own number, and ends as it would.
    how = ("-D", "-qq", "-f", "--seccomp-bpf", "-o", "/dev/null", "-e", "trace=fdatasync")
    return (strace, *how, "-e", f"inject=fdatasync:delay_exit={DELAY}")


async def commits(folder: Path, seconds: float, before: Sequence[str] = ()) -> Measured:
    """As many as the disk of `folder` takes; `before`: slowly()."""
    command = (*before, sys.executable, "-m", "bench.commits", str(folder), str(seconds))
    async with within(seconds + PATIENCE, "raw commits"):
        process = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdout=subprocess.PIPE, preexec_fn=move)
        latencies, took, cpu = json.loads((await process.communicate())[0])
    return Measured(len(latencies), took, cpu, sorted(latencies))


def main(folder: str, seconds: str) -> None:
    latencies = []
    with closing(sqlite3.connect(Path(folder) / "floor.db", isolation_level=None)) as database:
        for pragma in ("journal_mode = wal", "synchronous = full"):
            database.execute(f"PRAGMA {pragma}")
        database.execute("CREATE TABLE IF NOT EXISTS floor (id INTEGER PRIMARY KEY, body TEXT)")
        cpu, start = time.process_time(), time.perf_counter()
        while (began := time.perf_counter()) < start + float(seconds):
            database.execute("INSERT INTO floor (body) VALUES (?)", (SOURCE,))
            latencies.append((time.perf_counter() - began) * 1000)
    print(json.dumps([latencies, time.perf_counter() - start, time.process_time() - cpu]))


if __name__ == "__main__":
    main(*sys.argv[1:])
