"""Syncs a Google Sheet through every fault of the way to Google, through kills, and two at once.

    python benchmarks/google_faults.py --kills 200 --seed 1 --jobs 2

Each time the real command is run on an emulator of Google. Whatever went wrong, one
more undisturbed run must leave the spreadsheet as an undisturbed run leaves it:
every cell, format, note, mark and rule of every tab. The clock stands still, and
pauses between tries take no time.
"""

from __future__ import annotations

import argparse
import contextlib
import random
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.google_rig import Arrival, Rig, Scene, is_write, scenes
from sheetcrm.workbooks.google.client import PATIENCE_SECONDS
from tests.sheets_server.app import Call
from tests.sheets_server.faults import AFTER, BEFORE
from tests.sheets_server.server import SERVICE_ACCOUNT

__all__ = ["KINDS", "Trial", "after", "blind", "killed", "main", "tried", "trials", "two_at_once"]

KINDS = sorted(BEFORE | AFTER)
LATE = (1.05, 2.5)
"""In time limits: late calls are carried out before or after the command has looked whether they were."""
SHORT_PATIENCE_SECONDS = 40.0
"""With faults that never end."""
EXPECTED = {"401": {0, 77}}
"""Exit codes of a fault that ends; 0 alone where none are said. A token that is refused again and again stays so."""


@dataclass(frozen=True)
class Trial:
    """Which calls of a scene fail, and how."""

    scene: str
    kind: str
    nth: int = 1
    method: str = ""
    times: int | None = 1
    late: float = 0.0
    """In time limits."""

    def __str__(self) -> str:
        times = "for ever" if self.times is None else f"{self.times} ×"
        return f"{self.scene}: {self.kind} {times} from {self.method or 'call'} {self.nth}, {self.late} time limits"


# ---------------------------------------------------------------- faults


def trials(of: Iterable[Scene]) -> Iterator[Trial]:
    """Each call fails in each way: once, three times in a row, for ever; whatever is called, or its sort only."""
    for scene in of:
        for kind in KINDS:
            for late in LATE if kind.startswith("slow") else (0.0,):
                for times in (1, 3, None):
                    yield Trial(scene.name, kind, 1, "token", times, late)
                    for at, reads in enumerate(scene.reads):
                        yield Trial(scene.name, kind, at + 1, "", times, late)
                        if times != 1:
                            nth = scene.reads[: at + 1].count(reads)
                            yield Trial(scene.name, kind, nth, "read" if reads else "write", times, late)


def tried(rig: Rig, scene: Scene, trial: Trial) -> tuple[int, list[str]]:
    """The exit code of a run through that fault, and what was wrong with it or after it."""
    rig.put(scene)
    limit = max(0.6, scene.call_seconds * 6) if trial.late else 60.0
    rig.wait_for(limit, SHORT_PATIENCE_SECONDS if trial.times is None else PATIENCE_SECONDS)
    rig.server.faults.add(trial.kind, trial.method, nth=trial.nth, times=trial.times, seconds=trial.late * limit)
    try:
        code, complaint = rig.run(*scene.arguments)
    except Exception as error:
        return -1, [f"{type(error).__name__}: {error}"]
    wrong = []
    if "Traceback" in complaint or code not in _allowed(trial) or (code and not complaint.strip()):
        wrong.append(f"exit code {code}: {complaint.strip()[-300:]}")
    wrong += blind(rig.arrivals)
    rig.server.faults.clear()
    rig.wait_for(60.0)
    return code, [*wrong, *after(rig, scene)]


def _allowed(trial: Trial) -> set[int]:
    codes = EXPECTED.get(trial.kind, {0})
    if trial.times is None:
        # What lands in spite of all is seen to have landed.
        return codes | {69}
    return codes


def blind(arrivals: Iterable[Arrival]) -> Iterator[str]:
    """Writes that were sent again though nobody had looked whether they landed."""
    open_: set[str] = set()
    for arrival in arrivals:
        if arrival.heard and not arrival.writes:
            open_.clear()
        if arrival.writes and arrival.content in open_:
            yield "a write of unknown outcome was sent again without a look"
        if arrival.writes and not arrival.heard:
            open_.add(arrival.content)


def after(rig: Rig, scene: Scene) -> Iterator[str]:
    """What is wrong once it ran undisturbed."""
    code, complaint = rig.run(*scene.arguments)
    if code:
        yield f"the next run ends with {code}: {complaint.strip()[-300:]}"
    state = rig.state()
    wrong = [key for key in scene.wanted.keys() | state.keys() if scene.wanted.get(key) != state.get(key)]
    if wrong:
        told = [
            f"{key}: {scene.wanted.get(key)!s:.200} is {state.get(key)!s:.200}" for key in sorted(wrong, key=str)[:6]
        ]
        yield f"{len(wrong)} things are not as they should be: " + "\n      ".join(["", *told])
    if rig.server.errors:
        yield f"the emulator: {rig.server.errors.pop()[-300:]}"
        rig.server.errors.clear()


# ---------------------------------------------------------------- kills


def killed(rig: Rig, scene: Scene, rng: random.Random) -> tuple[str, list[str]]:
    """When the process was killed, and what was wrong once the job ran again."""
    rig.put(scene)
    if rng.random() < 0.5:
        moment = rng.uniform(0, scene.seconds)
        process = rig.process(scene)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(moment)
        process.kill()
        _end(process)
        told = f"anywhere, after {len(rig.arrivals)} calls"
    else:
        phase = rng.choice(("before_call", "after_commit", "after_call"))
        nth = 1 + rng.randrange(scene.commits if phase == "after_commit" else len(scene.reads))
        seen: Counter[str] = Counter()
        started = threading.Event()
        deed = rig.server.before_call

        def kill(call: Call) -> None:
            seen[phase] += 1
            if seen[phase] == nth:
                started.wait()
                process.kill()
                process.wait()

        def first_the_deed(call: Call) -> None:
            if deed:
                deed(call)
            if phase == "before_call":
                kill(call)

        rig.server.before_call = first_the_deed
        if phase != "before_call":
            setattr(rig.server, phase, kill)
        process = rig.process(scene)
        started.set()
        _end(process)
        told = f"{phase.replace('_', ' ')} {nth}" if seen[phase] >= nth else "not at all, it was done before"
        rig.server.before_call = deed
        rig.server.after_commit = rig.server.after_call = None
    rig.quiet()
    return told, list(after(rig, scene))


def _end(process: subprocess.Popen[bytes]) -> bytes:
    return process.communicate()[1]


# ---------------------------------------------------------------- two at once


def two_at_once(rig: Rig, scene: Scene, meet: str) -> tuple[str, list[str]]:
    """What two processes came to, and what was wrong. `meet` says where each waits for the other."""
    rig.put(scene)
    barrier = threading.Barrier(2)
    deed = rig.server.before_call

    def hook(call: Call) -> None:
        wanted = call.reads if meet == "read" else is_write(call) if meet == "write" else False
        if wanted and not barrier.broken and call.caller == SERVICE_ACCOUNT:
            with contextlib.suppress(threading.BrokenBarrierError):
                barrier.wait(30)
                barrier.abort()
        if deed:  # when both have read, or the one would see what the other must not
            deed(call)

    rig.server.before_call = hook
    both = [rig.process(scene), rig.process(scene)]
    said = [_end(process).decode() for process in both]
    rig.quiet()
    rig.server.before_call = deed
    # With a person between them, the slower one may find the sheet changed three times.
    allowed = (0, 75) if scene.deed else (0,)
    ended = [(process.returncode, text[-300:]) for process, text in zip(both, said, strict=True)]
    wrong = [f"exit code {code}: {text}" for code, text in ended if code not in allowed]
    landed = sum(is_write(call) and call.committed for call in rig.server.journal)
    refused = sum(is_write(call) and call.status == 400 for call in rig.server.journal)
    wrong += list(after(rig, scene))
    codes = " and ".join(str(code) for code in sorted(code for code, _ in ended))
    return f"{landed} writes landed, {refused} refused, exit codes {codes}", wrong


# ---------------------------------------------------------------- the campaign


@dataclass
class Found:
    """What one worker found."""

    tried: Counter[str] = field(default_factory=Counter)
    codes: Counter[str] = field(default_factory=Counter)
    bad: list[str] = field(default_factory=list)

    def add(self, other: Found) -> None:
        """Both together."""
        self.tried += other.tried
        self.codes += other.codes
        self.bad += other.bad


def worker(number: int, jobs: int, kills: int, twice: int, seed: int, only: tuple[str, ...], share: float) -> Found:
    """One worker's part of everything."""
    found = Found()
    rng = random.Random(seed * 1000 + number)

    def note(what: str, name: str, wrong: Sequence[str]) -> None:
        found.tried[what] += 1
        if found.tried.total() % 50 == 0:
            print(f"worker {number}: {found.tried.total()} runs, {len(found.bad)} bad", file=sys.stderr, flush=True)
        if wrong:
            found.bad.append(f"{name}\n    " + "\n    ".join(wrong))
            print(found.bad[-1], file=sys.stderr, flush=True)

    with Rig() as rig:
        known = scenes(rig, seed, only)
        for at, trial in enumerate(trials(known.values())):
            # `init` takes ten times as long as a sync.
            if at % jobs != number or rng.random() >= share / (4 if trial.scene == "init" else 1):
                continue
            code, wrong = tried(rig, known[trial.scene], trial)
            times = "for ever" if trial.times is None else f"{trial.times} in a row"
            found.codes[f"a fault {times}: exit code {code}"] += 1
            note(f"faults: {trial.kind}", str(trial), wrong)
        for scene in known.values():
            rig.put(scene)
            began = time.monotonic()
            _end(rig.process(scene))
            scene.seconds = time.monotonic() - began
        order = list(known.values())
        for at in range(number, kills, jobs):
            scene = order[at // jobs % len(order)]
            moment, wrong = killed(rig, scene, rng)
            note(f"kills: {scene.name}", f"{scene.name}: killed {moment} (kill {at})", wrong)
            found.codes[f"killed {moment}"] += 1
        for at in range(number, twice, jobs):
            scene = order[at // jobs % len(order)]
            meet = "write" if scene.deed else ("write", "read", "")[at % 3]
            came, wrong = two_at_once(rig, scene, meet)
            note(f"two at once: {scene.name}", f"{scene.name}: two at once, met at {meet or 'no call'}, {came}", wrong)
            found.codes[f"two at once: {came}"] += 1
    return found


def main() -> None:
    """Try, look, count; exit code 1 where anything was wrong."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--twice", type=int, default=20, help="how often two run at once")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument(
        "--share", type=float, default=1.0, help="of the faults, by chance; of those in init, a quarter"
    )
    parser.add_argument("--only", action="append", default=[], help="a scene by its name")
    given = parser.parse_args()
    began, all_ = time.monotonic(), Found()
    common = (given.jobs, given.kills, given.twice, given.seed, tuple(given.only), given.share)
    with ProcessPoolExecutor(given.jobs) as pool:
        for found in pool.map(worker, range(given.jobs), *([value] * given.jobs for value in common)):
            all_.add(found)
    for name, times in sorted(all_.tried.items()):
        print(f"{name:<44}{times:>6}")
    print()
    for name, times in sorted(all_.codes.items()):
        print(f"{name:<44}{times:>6}")
    print(f"\n{all_.tried.total()} runs in {time.monotonic() - began:.0f} s, {len(all_.bad)} of them bad")
    sys.exit(1 if all_.bad else 0)


if __name__ == "__main__":
    main()
