"""Starting under bad conditions: a clear sentence, a distinct exit status, nothing lost."""

import os
import socket
import subprocess
import time

from box import BoxError, config_text
from world import check, equal


def refuses(world, args, words, timeout=20):
    """Runs `strowger run …`, which must end by itself with a sentence that holds one of the words; its status."""
    done = subprocess.run(
        [world.box.binary, "run", *args], capture_output=True, text=True, timeout=timeout, check=False
    )
    said = done.stderr + done.stdout
    check(done.returncode not in (0, 101) and done.returncode > 0, f"status {done.returncode}: {said[-600:]}")
    check(any(word in said.lower() for word in words), f"says nothing of {words}: {said[-600:]}")
    check("panicked" not in said, f"a panic: {said[-600:]}")
    return done.returncode


def addresses(box):
    return ["--data", box.data, "--sip", "127.0.0.1:0", "--web", "127.0.0.1:0"]


def case_first_start(world):
    """A first start makes its data folder, prints the password once and is ready within 10 s; OPTIONS is answered."""
    box = world.start()
    check(box.started_in < 10, f"ready after {box.started_in:.1f} s")
    check("password" in box.output().lower(), "no one-time password is printed")
    equal(world.phone("101", registered=False).options(), 200, "OPTIONS")
    first = box.output()
    equal(box.stop(), 0, "exit status after SIGTERM")
    box.start()
    check("password" not in box.output()[len(first) :].lower(), "the password is printed again")


def case_demo_stays_at_home(world):
    """--demo does not listen beyond loopback."""
    box = world.make()
    refuses(world, ["--demo", "--data", box.data, "--sip", "0.0.0.0:0", "--web", "127.0.0.1:0"], ["loopback", "demo"])


def case_busy_port(world):
    """A port in use is named; UDP and TCP of SIP and the web's alike, with one status of their own."""
    box = world.make(config=config_text(["101"]))
    statuses = set()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp, socket.socket() as tcp:
        udp.bind(("127.0.0.1", 0))
        tcp.bind(("127.0.0.1", 0))
        tcp.listen()
        for option, port in (
            ("--sip", udp.getsockname()[1]),
            ("--sip", tcp.getsockname()[1]),
            ("--web", tcp.getsockname()[1]),
        ):
            args = ["--data", box.data, "--sip", "127.0.0.1:0", "--web", "127.0.0.1:0"]
            args[args.index(option) + 1] = f"127.0.0.1:{port}"
            statuses.add(refuses(world, args, ["in use", "busy"]))
    equal(len(statuses), 1, f"different statuses {statuses} for the same trouble")
    box.start()  # and nothing was harmed


def case_second_copy(world):
    """A second copy on the same data folder is refused while the first runs, and does it no harm."""
    box = world.start()
    refuses(world, addresses(box), ["lock", "in use", "running", "another"])
    equal(world.phone("101").options(), 200, "OPTIONS to the first")


def case_read_only_folder(world):
    """A data folder that cannot be written."""
    box = world.make(config=config_text(["101"]))
    if os.geteuid() == 0:
        # The superuser writes where it pleases, except to a file in the way and to /proc.
        refuses(world, ["--data", "/proc/strowger", "--sip", "127.0.0.1:0", "--web", "127.0.0.1:0"], ["/proc/strowger"])
        blocked = os.path.join(box.folder, "file")
        with open(blocked, "w", encoding="utf-8"):
            pass
        refuses(
            world,
            ["--data", os.path.join(blocked, "data"), "--sip", "127.0.0.1:0", "--web", "127.0.0.1:0"],
            ["director", "folder"],
        )
        return
    os.chmod(box.data, 0o500)
    try:
        refuses(world, addresses(box), ["permission", "read-only", "denied"])
    finally:
        os.chmod(box.data, 0o700)


def case_bad_configuration(world):
    """Every error at once, with line; nothing is changed; `run --config` refuses with its own status."""
    box = world.make(config=config_text(["101"]))
    bad = os.path.join(box.folder, "bad.toml")
    with open(bad, "w", encoding="utf-8") as file:
        file.write(
            '[sip]\nring_time_s = "soon"\nringtime = 5\n\n[[extension]]\nnumber = "1x"\nname = "A"\nsecret = "x"\n'
        )
    done = box.command("config", "check", bad, check=False)
    check(done.returncode not in (0, 101), f"config check: status {done.returncode}")
    said = done.stderr + done.stdout
    for needle in ("ring_time_s", "ringtime", "number"):
        check(needle in said, f"says nothing of {needle}: {said}")
    before = box.command("config", "export", "--data", box.data).stdout
    check(
        box.command("config", "import", bad, "--data", box.data, check=False).returncode != 0, "a bad file was imported"
    )
    equal(
        box.command("config", "export", "--data", box.data).stdout, before, "the configuration after a refused import"
    )
    refuses(world, [*addresses(box), "--config", bad], ["ring_time_s", "line"])


def case_bad_arguments(world):
    """Nonsense on the command line: usage, status 2."""
    box = world.make()
    equal(refuses(world, ["--sip", "nowhere", "--data", box.data], ["sip"]), 2, "status")
    equal(refuses(world, ["--no-such-thing"], ["usage", "unexpected"]), 2, "status")


def newest_journal(box):
    files = []
    for folder, _, names in os.walk(box.data):
        files += [os.path.join(folder, name) for name in names if "journal" in os.path.join(folder, name)]
    files = [f for f in files if os.path.getsize(f) > 0 and "lock" not in os.path.basename(f)]
    check(bool(files), f"no journal under {box.data}")
    return max(files, key=lambda f: (os.path.getmtime(f), f))


def case_damaged_tail(world):
    """Half a record at the end of the journal, as a power cut leaves it: dropped with a word, all before is there."""
    box = world.start()
    a = world.phone("101")
    world.phone("102")
    call = a.call("102")
    equal(call.status, 200, "the call")
    call.bye()
    time.sleep(0.3)
    box.kill()
    with open(newest_journal(box), "ab") as file:
        file.write(os.urandom(77))
    box.start()
    again = world.phone("103", registered=True)
    call = again.call("102")
    check(call.status != 480, "the registration of before is gone")


def case_damaged_middle(world):
    """Damage amid acknowledged records is not passed over in silence: a clear refusal, or all else and a warning."""
    box = world.start()
    for number in ("101", "102", "103", "104"):
        world.phone(number)
    equal(box.stop(), 0, "exit status")
    path = newest_journal(box)
    with open(path, "r+b") as file:
        middle = os.path.getsize(path) // 2
        file.seek(middle)
        octets = file.read(16)
        file.seek(middle)
        file.write(bytes(o ^ 0xFF for o in octets))
    said = len(box.output())
    try:
        box.start()
    except BoxError as error:
        check("panicked" not in str(error), f"a panic: {error}")
        check(
            any(word in str(error).lower() for word in ("damaged", "corrupt", "checksum")),
            f"not a clear sentence: {error}",
        )
        return
    check(
        any(word in box.output()[said:].lower() for word in ("damage", "corrupt", "checksum")),
        "it starts and says nothing of the damage",
    )
