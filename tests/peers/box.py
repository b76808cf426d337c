"""The program under test: started on free ports with a data folder of its own, watched, stopped."""

import os
import re
import signal
import socket
import subprocess
import time

READY_S = 20.0
STOP_S = 15.0


class BoxError(Exception):
    """The program did not do what its contract says."""


def secret(number):
    """The SIP secret of a demo extension."""
    return f"demo-{number}-secret"


def config_text(extensions, sip="", more=""):
    """A configuration with these extension numbers, demo secrets and the given lines of `[sip]`."""
    rows = [f"[sip]\n{sip}\n"] if sip else []
    for number in extensions:
        rows.append(f'[[extension]]\nnumber = "{number}"\nname = "Phone {number}"\nsecret = "{secret(number)}"\n')
    return "\n".join(rows) + more


class Box:
    """One run after another of the program on one data folder."""

    def __init__(self, binary, folder, config=None, args=()):
        self.binary = os.path.abspath(binary)
        self.folder = folder
        self.data = os.path.join(self.folder, "data")
        self.log = os.path.join(self.folder, "log")
        self.args = list(args)
        self.demo = config is None
        self.process = None
        self.sip = self.sips = self.web = None
        self.started_in = None
        self.wanted_up = False
        if config is not None:
            path = os.path.join(self.folder, "import.toml")
            with open(path, "w", encoding="utf-8") as file:
                file.write(config)
            self.command("config", "import", path, "--data", self.data)

    def command(self, *args, check=True, timeout=60):
        """Runs a sub-command; its completed process."""
        done = subprocess.run([self.binary, *args], capture_output=True, text=True, timeout=timeout, check=False)
        if check and done.returncode != 0:
            raise BoxError(f"strowger {' '.join(args)}: status {done.returncode}: {done.stderr.strip()[-800:]}")
        return done

    def start(self, sip="127.0.0.1:0", web="127.0.0.1:0", rtp=None, timeout=READY_S, sips=None):
        """Starts it and waits for its ready line."""
        args = [self.binary, "run", "--data", self.data, "--sip", sip, "--web", web, *self.args]
        if sips:
            args += ["--sips", sips]
        if self.demo:
            args.append("--demo")
        args += ["--rtp", rtp or free_rtp_range()]
        began = time.monotonic()
        with open(self.log, "ab") as log:
            mark = log.tell()
            self.process = subprocess.Popen(args, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        while True:
            with open(self.log, "rb") as log:
                log.seek(mark)
                text = log.read().decode("utf-8", "replace")
            ready = re.search(r"^ready sip=(\S+) web=(\S+)(?: .*)?$", text, re.M)
            if ready:
                break
            if self.process.poll() is not None:
                raise BoxError(f"ended with status {self.process.returncode} before it was ready:\n{text[-2000:]}")
            if time.monotonic() - began > timeout:
                self.kill()
                raise BoxError(f"not ready after {timeout:.0f} s:\n{text[-2000:]}")
            time.sleep(0.005)
        self.started_in = time.monotonic() - began
        self.wanted_up = True
        host, port = ready.group(1).rsplit(":", 1)
        self.sip = (host.strip("[]"), int(port))
        self.web = ready.group(2)
        secured = re.search(r" sips=(\S+):(\d+)", ready.group(0))
        self.sips = (secured.group(1).strip("[]"), int(secured.group(2))) if secured else None
        return self

    def output(self):
        """All it has printed so far."""
        with open(self.log, encoding="utf-8", errors="replace") as file:
            return file.read()

    def alive(self):
        return self.process is not None and self.process.poll() is None

    def kill(self):
        """As a power cut would: no chance to say good-bye."""
        self.wanted_up = False
        if self.alive():
            self.process.send_signal(signal.SIGKILL)
            self.process.wait(STOP_S)

    def stop(self):
        """Asks it to end; the exit status."""
        self.wanted_up = False
        if self.alive():
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(STOP_S)
            except subprocess.TimeoutExpired as late:
                self.kill()
                raise BoxError(f"still running {STOP_S:.0f} s after SIGTERM") from late
        return self.process.returncode if self.process else None

    def server(self):
        """HOST:PORT for SIP."""
        return f"{self.sip[0]}:{self.sip[1]}"

    def memory_kb(self):
        """Resident set now."""
        with open(f"/proc/{self.process.pid}/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") // 1024

    def cpu_s(self):
        """User and system time so far."""
        with open(f"/proc/{self.process.pid}/stat", encoding="ascii") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


_next_rtp = 10000 + (os.getpid() * 400) % 20000


def free_rtp_range(ports=400):
    """LOW-HIGH for RTP, another one for each box of this run."""
    global _next_rtp
    low, _next_rtp = _next_rtp, _next_rtp + ports
    if _next_rtp > 32000:  # above lie the ports that the system hands out by itself
        _next_rtp = 10000
    return f"{low}-{low + ports - 1}"


def free_port(ip="127.0.0.1"):
    """A port that nobody uses for UDP or TCP now."""
    for _ in range(64):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp, socket.socket() as tcp:
            udp.bind((ip, 0))
            port = udp.getsockname()[1]
            try:
                tcp.bind((ip, port))
            except OSError:
                continue
            # Below 10000 and above 61000 SIPp and the kernel's own choices meet less often.
            return port
    raise BoxError("no free port")
