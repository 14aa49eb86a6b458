"""Syncs on disks that are too small, and looks at what is left of the workbook.

    python benchmarks/full_disk.py --times 40 --seed 1

Each time the demo's workbook, in which people worked for a day, lies on a little disk
in memory (tmpfs) of another size, and is synced there by a process of its own. It must
then be, byte for byte, as before and the answer one sentence, or as after; and nothing
else may lie there. Needs Linux, and the right to mount: root, or user namespaces.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import tempfile
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.kill import NAME, sync, workbook_after_a_day
from sheetcrm.problems import SheetCrmError
from sheetcrm.workbooks.excel.reading import read_snapshot

__all__ = ["main"]


def on_a_disk_of(kilobytes: int, before: bytes, now: datetime, folder: Path) -> tuple[str, str]:
    """How a sync ended on a disk of that size, and what was wrong afterwards ("" for nothing)."""
    mount = ["mount", "-t", "tmpfs", "-o", f"size={kilobytes}k", "tmpfs", str(folder)]
    subprocess.run(mount, check=True, capture_output=True)
    try:
        path = folder / NAME
        path.write_bytes(before)
        try:
            sync(path, now)
            said = "done"
        except SheetCrmError as error:
            said = error.key
        left = path.read_bytes()
        strays = [file.name for file in folder.rglob("*") if file.name.endswith(".tmp")]
        if strays:
            return said, f"left {strays}"
        if said != "done" and left != before:
            return said, "changed, though it said that nothing was written"
        if said == "done" and left == before:
            return said, "unchanged, though it said that all was done"
        read_snapshot(left, NAME)
        return said, ""
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def main() -> None:
    """Sync, look, count; exit code 1 where anything was wrong."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--times", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    if os.geteuid() != 0:
        command = ["unshare", "--user", "--map-root-user", "--mount", sys.executable, *sys.argv]
        sys.exit(subprocess.run(command, check=False).returncode)
    chance = random.Random(args.seed)
    now = datetime.now(UTC) + timedelta(days=1)
    ends: Counter[str] = Counter()
    bad = 0
    with tempfile.TemporaryDirectory() as name:
        before = workbook_after_a_day(Path(name))
        disk = Path(name) / "disk"
        disk.mkdir()
        smallest = len(before) // 1024 + 8
        for number in range(args.times):
            kilobytes = chance.randint(smallest, 4 * smallest)
            end, wrong = on_a_disk_of(kilobytes, before, now, disk)
            ends[end] += 1
            if wrong:
                bad += 1
                print(f"disk {number}, {kilobytes} kB, {end}: {wrong}")
    print(f"{len(before) / 1000:.0f} kB on disks of {smallest} to {4 * smallest} kB\n")
    for end, count in ends.most_common():
        print(f"{end:<44}{count:>5}")
    print(f"\n{args.times} disks, {bad} left a workbook that was neither as before nor as after, or a passing file")
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
