#!/usr/bin/env python3
"""The browser test: a demo box, phones in Python, and the system's Chromium driven by playwright-core.

    tests/browser/run.py --binary target/release/strowger --out /tmp/screenshots

`steps.js` says what is done; it asks this program for phones. Prints `N passed, M failed` in the end.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../peers"))

from box import Box  # noqa: E402
from pages import one_time_password  # noqa: E402
from phone import Phone  # noqa: E402

STEPS_S = 300


class Desk:
    """Does with phones what the browser's steps ask for."""

    def __init__(self, box):
        self.box, self.phones, self.call = box, {}, None

    def phone(self, number, password=None):
        phone = self.phones.get(number)
        if phone is None:
            phone = self.phones[number] = Phone(self.box.sip, number, password=password)
            status = phone.register()
            if status != 200:
                raise RuntimeError(f"REGISTER of {number}: {status}")
        return phone

    def do(self, verb, *words):
        if verb == "register":
            self.phone(*words)
        elif verb == "call":
            caller, called = words
            self.phone(called)
            self.call = self.phone(caller).call(called)
            if self.call.status != 200:
                raise RuntimeError(f"the call: {self.call.status}")
        elif verb == "hang-up":
            self.call.bye()
        elif verb == "ended":
            if not self.call.wait(self.call.ended, 3):
                raise RuntimeError("the phone was not hung up on")
        else:
            raise RuntimeError("what?")

    def close(self):
        for phone in self.phones.values():
            phone.close()


def install():
    """playwright-core as the lock file says, once."""
    if not os.path.isdir(os.path.join(HERE, "node_modules", "playwright-core")):
        subprocess.run(["npm", "ci", "--silent", "--no-audit", "--no-fund"], cwd=HERE, check=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", default=os.path.join(HERE, "../../target/release/strowger"))
    parser.add_argument("--out", default=os.path.join(tempfile.gettempdir(), "strowger-browser"))
    options = parser.parse_args()
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if not chromium:
        print("no Chromium: apt-get install chromium\n0 passed, 1 failed")
        return 1
    install()
    folder = tempfile.mkdtemp(prefix="strowger-browser-")
    box = Box(options.binary, folder).start()
    desk = Desk(box)
    environment = dict(
        os.environ,
        URL=box.web.rstrip("/"),
        PASSWORD=one_time_password(box.output()),
        OUT=os.path.abspath(options.out),
        CHROMIUM=chromium,
    )
    steps = subprocess.Popen(
        ["timeout", str(STEPS_S), "node", "steps.js"],
        cwd=HERE,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        for line in steps.stdout:
            if not line.startswith("? "):
                print(line, end="", flush=True)
                continue
            try:
                desk.do(*line[2:].split())
                answer = "ok"
            except Exception as error:  # noqa: BLE001 - the step that asked fails with these words
                answer = f"failed: {error!r}"
            steps.stdin.write(answer + "\n")
            steps.stdin.flush()
        status = steps.wait()
        if not box.alive():
            print(f"the program ended: {box.output()[-1500:]}\n0 passed, 1 failed")
            status = 1
    finally:
        steps.kill()
        desk.close()
        box.kill()
    if status == 0:
        shutil.rmtree(folder, ignore_errors=True)
    else:
        print(f"log of the program: {box.log}; pictures: {options.out}")
    return status


if __name__ == "__main__":
    sys.exit(main())
