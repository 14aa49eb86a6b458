"""Makes very many offers in one sync: how long it takes, how much memory, and whether it says how far it is.

    python benchmarks/many_offers.py --offers 1000

The sync runs in a process of its own; the memory is what that process had at most.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import sheetcrm
from sheetcrm.demo.desk import Desk
from sheetcrm.demo.venues import ExcelVenue
from sheetcrm.sync import init
from sheetcrm.tables import Cell

__all__ = ["main", "office", "sync"]

ROOT = Path(__file__).resolve().parents[1]
LIMIT_MB = 300
LINES = 3


def office(path: Path, offers: int) -> None:
    """A workbook in which so many opportunities wait for an offer of three lines."""
    init(path, "en")
    with ExcelVenue(path).at_work() as screen:
        desk = Desk(screen, "en", date.today(), {})
        desk.type("lists", 1, {"owner": "Ana Pop"})
        who, lines = desk.columns("opportunities"), desk.columns("offer_lines")
        for place in range(1, offers + 1):
            typed: dict[str, Cell] = {
                "company": f"Client {place} SRL", "email": f"office{place}@client{place}.example", "owner": "Ana Pop",
                "source": "Website", "stage": "Needs analysis", "interested_in": "pumps", "currency": "EUR",
                "value": 100 + place, "offer": "prepare",
            }  # fmt: skip
            for field, cell in typed.items():
                screen.put(desk.title("opportunities"), place, who[field], cell)
            for line in range(LINES):
                said: dict[str, Cell] = {"record": typed["company"], "product": f"Pump {line}", "quantity": line + 1}
                said |= {"description": "with a cable of three metres", "unit_price": 19.99 + place}
                for field, cell in said.items():
                    screen.put(desk.title("offer_lines"), (place - 1) * LINES + line + 1, lines[field], cell)


def sync(path: Path) -> tuple[int, int, float, float]:
    """Sync in this process: steps told while offers were made, megabytes at most, seconds, those of the processor."""
    told = []
    began = time.perf_counter()
    sheetcrm.open(path).sync(progress=lambda step, done, total: told.append((step, done, total)))
    seconds = time.perf_counter() - began
    steps = [done for step, done, _ in told if step == "offers"]
    assert steps == sorted(set(steps)), "the progress goes back"
    return len(steps), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024, seconds, time.process_time()


def main() -> None:
    """Lay out, sync twice, count; exit code 1 where it took more memory than it may."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--offers", type=int, default=1000)
    parser.add_argument("--sync", type=Path, help="sync that workbook, and say what it took")
    args = parser.parse_args()
    if args.sync:
        print(*sync(args.sync))
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "sheetcrm.toml").write_text('[offers]\npdf = "no"\n', "utf-8")
        path = folder / "crm.xlsx"
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "SHEETCRM_CONFIG": str(folder / "sheetcrm.toml")}
        office(path, args.offers)
        worst = 0
        for what in ("made", "looked at again"):
            command = [sys.executable, __file__, "--sync", str(path)]
            said = subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout.split()
            steps, megabytes, seconds, busy = int(said[0]), int(said[1]), float(said[2]), float(said[3])
            worst = max(worst, megabytes)
            took = f"{seconds:.1f} s ({busy:.1f} s of the processor), at most {megabytes} MB"
            print(f"{args.offers} offers {what}: {took}, progress told {steps} times")
        files = list((folder / "offers").rglob("*.xlsx"))
        print(f"{len(files)} files, {sum(file.stat().st_size for file in files) / 1e6:.1f} MB")
    sys.exit(1 if worst > LIMIT_MB or len(files) != args.offers else 0)


if __name__ == "__main__":
    main()
