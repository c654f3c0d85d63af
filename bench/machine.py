"""Where it was measured, and what else went on there meanwhile."""

import os
import platform
import resource
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

TICKS = os.sysconf("SC_CLK_TCK")
# With so much of a core taken by others, or by the machine below this one, figures on the wall say little.
NOISY_CORES, NOISY_STEAL = 0.2, 0.02


def describe() -> dict[str, Any]:
    return {
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
    }


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    return next((line.partition(": ")[2] for line in lines if line.startswith("model name")), platform.machine())


@dataclass(frozen=True)
class Noise:
    """Of the time that was measured: cores that others kept busy, and the share that the host took away."""

    others: float
    stolen: float

    @property
    def is_loud(self) -> bool:
        return self.others > NOISY_CORES or self.stolen > NOISY_STEAL

    def __str__(self) -> str:
        return f"other processes kept {self.others:.1f} cores busy, and {self.stolen:.0%} was stolen by the host"


class Ear:
    """Listens from its making until heard(). What has been waited for is ours; ask when all of it has been."""

    def __init__(self) -> None:
        self.began, self.busy, self.stolen, self.ours = time.monotonic(), *_machine(), _ours()

    def heard(self) -> Noise:
        busy, stolen = _machine()
        took, cores = time.monotonic() - self.began, os.cpu_count() or 1
        others = (busy - self.busy - (_ours() - self.ours)) / took
        return Noise(max(others, 0.0), (stolen - self.stolen) / took / cores)


def _machine() -> tuple[float, float]:
    """Seconds that all cores were busy, and that the host gave to somebody else."""
    user, nice, system, _idle, _wait, irq, soft, steal, *_ = [
        int(field) / TICKS for field in Path("/proc/stat").read_text().splitlines()[0].split()[1:]
    ]
    return user + nice + system + irq + soft, steal


def _ours() -> float:
    used = [resource.getrusage(whose) for whose in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)
