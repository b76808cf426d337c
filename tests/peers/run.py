#!/usr/bin/env python3
"""Real peers against the real program.

    tests/peers/run.py --binary target/release/strowger [--jobs 3] [--rounds 10] [case …]

Prints a line a case and, in the end, `N passed, M failed`; the exit status says whether any failed. A failed case
leaves its folder (messages, log of the program) and says where.
"""

import argparse
import concurrent.futures
import importlib
import os
import shutil
import sys
import time
import traceback

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)

from world import NotRun, World  # noqa: E402

FILES = [
    "start", "signalling", "phones", "malformed", "telephony", "trunks", "mail", "provisioning", "lamps",
    "audio", "sound", "secured", "strangers", "baresip", "soak", "crash",
]
# Cases of these files measure time or sound, or load the machine: one at a time.
ALONE = {
    "telephony", "trunks", "mail", "provisioning", "audio", "sound", "secured", "strangers", "baresip", "soak", "crash",
}


def cases():
    """(file, name, function) of every case."""
    found = []
    for file in FILES:
        module = importlib.import_module(f"cases.{file}")
        for name, function in vars(module).items():
            if name.startswith("case_"):
                found.append((file, name[5:].replace("_", "-"), function))
    return found


def run(options, file, name, function):
    """Whether it passed; None if what it needs is not here."""
    world = World(options, name)
    began, problem, lacking = time.monotonic(), None, None
    try:
        function(world)
        for box in world.boxes:
            if box.wanted_up and not box.alive():
                problem = f"the program ended with status {box.process.returncode}"
    except NotRun as reason:
        lacking = str(reason)
    except Exception as error:  # noqa: BLE001 - whatever it is, the case has failed and the next one runs
        problem = "".join(traceback.format_exception_only(error)).strip()
        if options.verbose:
            problem = traceback.format_exc()
    try:
        world.close()
    except Exception as error:  # noqa: BLE001
        problem = problem or f"clearing away: {error!r}"
    panics = [line for box in world.boxes for line in logged(box) if "panicked at" in line]
    if panics and not problem:
        problem = f"a panic in the log: {panics[0].strip()}"
    took = time.monotonic() - began
    if problem is None and lacking:
        shutil.rmtree(world.folder, ignore_errors=True)
        print(f"not run {file:<8} {name:<24} {lacking}", flush=True)
        return None
    if problem is None:
        shutil.rmtree(world.folder, ignore_errors=True)
        print(f"ok    {file:<10} {name:<24} {took:5.1f} s", flush=True)
        return True
    shown = problem if options.verbose else problem[:1500]
    print(f"FAIL  {file:<10} {name:<24} {took:5.1f} s  {shown}\n      see {world.folder}", flush=True)
    return False


def logged(box):
    try:
        with open(box.log, encoding="utf-8", errors="replace") as file:
            return file.readlines()
    except OSError:
        return []


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--binary", default=os.environ.get("STROWGER", os.path.join(HERE, "../../target/release/strowger"))
    )
    parser.add_argument("--jobs", type=int, default=3, help="cases at a time, where they do not measure")
    parser.add_argument("--rounds", type=int, default=10, help="kills in the crash cases")
    parser.add_argument("--calls", type=int, default=200, help="calls of the soak")
    parser.add_argument("--seed", type=int, default=int(time.time()), help="for the moments of the kills")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--verbose", action="store_true")
    parser.add_argument("cases", nargs="*", help="names or files; all if none")
    options = parser.parse_args()
    known = cases()
    if options.list:
        for file, name, function in known:
            print(f"{file:<10} {name:<24} {(function.__doc__ or '').strip().splitlines()[0]}")
        return 0
    wanted = [c for c in known if not options.cases or c[0] in options.cases or c[1] in options.cases]
    if not wanted:
        print(f"no such case: {' '.join(options.cases)}")
        return 2
    if not os.access(options.binary, os.X_OK):
        print(f"no program at {options.binary}: build it first (cargo build --release)")
        return 2
    together = [c for c in wanted if c[0] not in ALONE]
    with concurrent.futures.ThreadPoolExecutor(max(1, options.jobs)) as pool:
        results = list(pool.map(lambda c: run(options, *c), together))
    results += [run(options, *c) for c in wanted if c[0] in ALONE]
    failed, left_out = results.count(False), results.count(None)
    not_run = f"; {left_out} not run" if left_out else ""
    print(f"{results.count(True)} passed, {failed} failed{not_run}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
