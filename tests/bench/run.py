#!/usr/bin/env python3
"""What a registration, a call and a packet of audio cost.

    tests/bench/run.py --binary target/release/strowger [--short] [part …]

Parts: start register fill calls hold rtp tls return decisions lamps audio. The last only when named: it takes some minutes and drives the audio
plane alone (src/plane/examples/audio_cost), with real-time priority where that is allowed. One JSON object a line, a
table in the end. CPU is the user and system time of the program's process divided by the units done, which stays true
on a shared machine; times and rates do not. Nothing is judged: only what could not be measured counts as failed.
"""

import argparse
import csv
import json
import os
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
sys.path.insert(0, os.path.join(HERE, "../peers"))

import sipp  # noqa: E402
from box import Box, free_port  # noqa: E402
from phone import Message, digest, token  # noqa: E402
from switchboard import Switchboard  # noqa: E402

FIRST, CALLER, CALLED = 10000, 10000, 15000
PASSWORD = "bench-{}-secret"
PARTS = ["start", "register", "fill", "calls", "hold", "rtp", "tls", "return", "decisions", "lamps"]
NAMED = ["audio"]


class Bench:
    """One run: the box, the figures."""

    def __init__(self, options):
        self.options = options
        self.folder = tempfile.mkdtemp(prefix="strowger-bench-")
        self.count = options.extensions
        self.box = None
        self.rows = []
        self.failed = 0

    def show(self, **figures):
        print(json.dumps(figures), flush=True)

    def row(self, what, value, unit):
        self.rows.append((what, value, unit))

    def fresh(self, name, extensions):
        """A box of its own on an empty folder."""
        folder = os.path.join(self.folder, name)
        os.makedirs(folder)
        text = ["[sip]\ncalls_max = 2500\nring_time_s = 60\n"]
        for number in range(FIRST, FIRST + extensions):
            text.append(
                f'[[extension]]\nnumber = "{number}"\nname = "Phone {number}"\nsecret = "{PASSWORD.format(number)}"\n'
            )
        self.box = Box(self.options.binary, folder, config="\n".join(text))
        return self.box

    def start(self, box):
        return box.start(sip="127.0.0.1:0", rtp="20000-31999", timeout=60)

    # Parts

    def part_start(self):
        box = self.fresh("start-few", 10)
        self.start(box)
        time.sleep(1)
        few = box.memory_kb()
        box.stop()
        box = self.fresh("start-many", self.count)
        port, web = free_port(), free_port()
        times, firsts = [], []
        for _ in range(2 if self.options.short else 5):
            process, first, ready = first_answer(box, port, web)
            times.append(ready)
            firsts.append(first)
            process.terminate()
            process.wait(20)
        self.start(box)
        time.sleep(1)
        many = box.memory_kb()
        box.stop()
        figures = dict(
            ready_ms=round(min(times)),
            first_options_ms=round(min(firsts)),
            rss_few_mb=few / 1024,
            rss_many_mb=many / 1024,
        )
        self.show(kind="start", extensions=self.count, **{k: round(v, 1) for k, v in figures.items()})
        self.row(f"first OPTIONS answered, {self.count} extensions", round(min(firsts)), "ms")
        self.row("memory idle, 10 extensions", round(few / 1024, 1), "MB")
        self.row(f"memory idle, {self.count} extensions", round(many / 1024, 1), "MB")

    def part_register(self):
        box = self.start(self.fresh("register", self.count))
        best = None
        for rate in self.options.register_rates:
            done = self.load("register", registration(), rate, self.options.seconds, users(self.count))
            best = done if done["clean"] else best
            if not done["clean"]:
                break
        box.stop()
        if best:
            self.row("registration (401 and 200)", best["cpu_us_per_unit"], "µs CPU")
            self.row("registrations a second, cleanly", best["rate"], "1/s")
        else:
            self.failed += 1

    def part_fill(self):
        box = self.start(self.fresh("fill", self.count))
        time.sleep(0.5)
        before = box.memory_kb()
        count = min(self.count, 2000 if self.options.short else self.count)
        done = self.load("fill", registration(), 1000, count / 1000, users(count))
        time.sleep(1)
        straight = box.memory_kb()
        # Transactions are remembered for 32 s.
        time.sleep(1 if self.options.short else 36)
        after = box.memory_kb()
        per = (after - before) / max(done["ok"], 1)
        self.show(
            kind="memory",
            registrations=done["ok"],
            rss_before_kb=before,
            rss_straight_kb=straight,
            rss_after_kb=after,
            kb_per_registration=round(per, 2),
        )
        self.row(
            "memory a registration" + (" (transactions included)" if self.options.short else ""), round(per, 2), "KB"
        )
        box.stop()

    def part_calls(self):
        box = self.start(self.fresh("calls", self.count))
        best = None
        for rate in self.options.call_rates:
            done = self.load_calls(box, rate, self.options.seconds, 0)
            best = done if done["clean"] else best
            if not done["clean"]:
                break
        box.stop()
        if best:
            self.row("call INVITE to BYE, two legs", best["cpu_us_per_unit"], "µs CPU")
            self.row("calls a second, cleanly", best["rate"], "1/s")
        else:
            self.failed += 1

    def part_hold(self):
        box = self.start(self.fresh("hold", self.count))
        n = 200 if self.options.short else 1000
        # Once before, so that what is allocated once and kept does not count as a call's.
        self.load_calls(box, 50, 1, 0)
        time.sleep(2)
        before = box.memory_kb()
        rate, hold = 100, 4000 if self.options.short else 12000
        done = self.load_calls(box, rate, n / rate, hold, sample=lambda: box.memory_kb())
        peak = max(done.pop("samples"), default=before)
        back, waited = box.memory_kb(), 0
        while back > before * 1.05 and waited < (5 if self.options.short else 60):
            time.sleep(1)
            waited += 1
            back = box.memory_kb()
        per = (peak - before) / max(min(n, done["ok"]), 1)
        self.show(
            kind="hold",
            calls=done["ok"],
            rss_before_kb=before,
            rss_peak_kb=peak,
            rss_back_kb=back,
            back_after_s=waited,
            kb_per_call=round(per, 1),
        )
        self.row("memory a call", round(per, 1), "KB")
        self.row(
            f"of it kept {waited} s after the last", round(max(back - before, 0) / max(done["ok"], 1), 1), "KB a call"
        )
        box.stop()

    def part_rtp(self):
        for n in self.options.rtp_calls:
            box = self.start(self.fresh(f"rtp-{n}", 2 * n + 10 if n < 5000 else self.count))
            media_a, media_b = ("127.0.0.2", 40000), ("127.0.0.3", 40000)
            board = Switchboard(box.sip, PASSWORD, media_a, media_b)
            try:
                called = FIRST + n
                good = sum(board.register(str(called + i)) for i in range(n))
                up = sum(board.set_up(str(FIRST + i), str(called + i)) for i in range(n))
                if up < n:
                    self.show(
                        kind="rtp", error=f"{good} registered, {up} of {n} calls up, {board.lost} answers missing"
                    )
                if up == 0:
                    self.failed += 1
                    continue
                command = [rtpload(), "--a", "%s:%d" % media_a, "--b", "%s:%d" % media_b, "--server", box.sip[0]]
                command += ["--seconds", str(self.options.rtp_seconds), "--pid", str(box.process.pid)]
                done = subprocess.run(
                    command, input=board.ports(), capture_output=True, text=True, check=True, timeout=120
                )
                print(done.stdout.strip(), flush=True)
                figures = json.loads(done.stdout)
                self.row(f"RTP packet, {up} calls", figures["cpu_us_per_packet"], "µs CPU")
                self.row(f"RTP lost, {up} calls", figures["loss_pct"], "%")
                board.hang_up()
            finally:
                board.close()
                box.stop()

    def part_tls(self):
        """Registrations over TLS, a connection each, their sessions resumed."""
        box = self.fresh("tls", 200)
        box.start(sip="127.0.0.1:0", sips="127.0.0.1:0", rtp="20000-31999", timeout=60)
        seconds = 3 if self.options.short else 10
        for resumed in (False, True):
            cpu = box.cpu_s()
            done = registrations_over_tls(box.sips, seconds, resumed)
            used = box.cpu_s() - cpu
            per_cpu_s = done / max(used, 0.01)
            how = "resumed" if resumed else "full handshake"
            self.show(kind="tls", how=how, registrations=done, cpu_s=round(used, 2), per_cpu_s=round(per_cpu_s))
            self.row(f"registrations over TLS, {how}", round(per_cpu_s), "per CPU second")
        box.stop()

    def part_return(self):
        """All phones register anew after a power cut, while calls are made."""
        count = 1000 if self.options.short else self.count
        box = self.start(self.fresh("return", self.count))
        self.load("fill", registration(), 1000, count / 1000, users(count))
        server = box.server()
        box.kill()
        box.start(sip=server, rtp="20000-31999", timeout=60)
        calls = {}
        rate, seconds = (250, 4) if self.options.short else (500, 20)
        caller = threading.Thread(target=lambda: calls.update(self.load_calls(box, 20, seconds, 0)))
        caller.start()
        time.sleep(3)
        done = self.load("return", registration(), rate, count / rate, users(count))
        caller.join()
        self.show(kind="return", registered=done["ok"], failed=done["failed"], calls=calls.get("ok"), lost=calls.get("failed"))
        self.row(f"{count} phones back after a cut", round(done["wall_s"], 1), "s")
        self.row("calls lost meanwhile", calls.get("failed", "?"), f"of {calls.get('ok', 0) + calls.get('failed', 0)}")
        box.stop()

    def part_decisions(self):
        self.printed("decisions", [example("decision_cost", "dialplan")])

    def part_lamps(self):
        self.printed("lamps", [example("blf_watchers", "exchange")])

    def printed(self, kind, command):
        """What an example measures and prints."""
        done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
        if done.returncode != 0:
            raise RuntimeError(done.stderr.strip()[-400:])
        for line in done.stdout.strip().splitlines():
            self.show(kind=kind, line=line)

    def part_audio(self):
        command = [example("audio_cost"), "--rounds", "1" if self.options.short else "3", "--seconds", "3"]
        if subprocess.run(["chrt", "-f", "10", "true"], capture_output=True, check=False).returncode == 0:
            command = ["chrt", "-f", "10", *command]
        done = subprocess.run(command, capture_output=True, text=True, timeout=900, check=False)
        if done.returncode != 0:
            raise RuntimeError(done.stderr.strip()[-400:])
        for line in done.stdout.splitlines():
            what, value, unit, aim = line.split("\t")
            self.show(kind="audio", what=what, value=float(value), unit=unit, aim=aim)
            self.row(what, value, f"{unit:<12} {aim}".rstrip())

    # Load by SIPp

    def load_calls(self, box, rate, seconds, hold_ms, sample=None):
        """Calls between callers and registered phones, all with SIPp."""
        phones = min(self.count // 2, 500)
        port = free_port("127.0.0.3")
        called = rows("called.csv", self.folder, [f"{CALLED + i};{credentials(CALLED + i)}" for i in range(phones)])
        first = sippcommand(box, self.folder, "contacts", registration(), "127.0.0.3", port, called, phones, 500)
        subprocess.run(
            first, cwd=self.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=120, check=False
        )
        answer = sippcommand(box, self.folder, "answer", answering(), "127.0.0.3", port, None, None, None)
        uas = subprocess.Popen(answer, cwd=self.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(0.4)
        pairs = [f"{CALLER + i};{credentials(CALLER + i)};{CALLED + i}" for i in range(phones)]
        try:
            return self.load(
                "calls" if not hold_ms else "hold",
                calling(hold_ms),
                rate,
                seconds,
                rows("calls.csv", self.folder, pairs),
                sample,
                hold_ms,
            )
        finally:
            uas.kill()
            uas.wait()

    def load(self, kind, steps, rate, seconds, source, sample=None, hold_ms=0):
        box, n = self.box, int(rate * seconds)
        if isinstance(source, list):
            source = rows(f"{kind}.csv", self.folder, source)
        statistics = os.path.join(self.folder, f"{kind}-{rate}-{token(2)}.csv")
        command = sippcommand(box, self.folder, kind, steps, "127.0.0.2", free_port("127.0.0.2"), source, n, rate)
        command += ["-trace_stat", "-stf", statistics, "-fd", "1", "-timeout", str(int(seconds * 3 + 60))]
        samples, cpu, began = [], box.cpu_s(), time.monotonic()
        process = subprocess.Popen(command, cwd=self.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while process.poll() is None:
            time.sleep(0.1)
            if sample:
                samples.append(sample())
        wall = time.monotonic() - began
        time.sleep(1)  # what is still done for the last
        used = box.cpu_s() - cpu
        with open(statistics, encoding="utf-8") as file:
            last = list(csv.DictReader(file, delimiter=";"))[-1]
        ok, bad, again = int(last["SuccessfulCall(C)"]), int(last["FailedCall(C)"]), int(last["Retransmissions(C)"])
        reached = ok / max(wall - hold_ms / 1000, 0.1)
        clean = bad == 0 and again <= ok * 0.001 and reached >= 0.85 * rate
        done = dict(
            kind=kind,
            rate=rate,
            ok=ok,
            failed=bad,
            retransmitted=again,
            wall_s=round(wall, 2),
            cpu_us_per_unit=round(used / max(ok, 1) * 1e6, 1),
            cpu_pct=round(used / wall * 100, 1),
            rss_kb=box.memory_kb(),
            clean=clean,
        )
        self.show(**done)
        if sample:
            done["samples"] = samples
        return done


def registrations_over_tls(server, seconds, resumed):
    """REGISTERs over connections of their own, from four threads; how many were answered 200."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    done, until = [], time.monotonic() + seconds

    def one(number, session):
        with socket.create_connection(server, 5) as plain:
            with context.wrap_socket(plain, session=session) as secured:
                challenge = None
                for cseq in (1, 2):
                    secured.sendall(register_text(server, secured.getsockname(), number, cseq, challenge))
                    answer = Message(read_message(secured))
                    challenge = answer.get("www-authenticate")
                return answer.status == 200, secured.session

    def many(number):
        session, good = None, 0
        while time.monotonic() < until:
            ok, latest = one(number, session)
            good += ok
            session = latest if resumed else None
        done.append(good)

    threads = [threading.Thread(target=many, args=(FIRST + n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(done)


def register_text(server, own, number, cseq, challenge):
    uri, me = f"sip:{server[0]}:{server[1]}", f"sip:{number}@{server[0]}:{server[1]}"
    rows = [
        f"REGISTER {uri} SIP/2.0",
        f"Via: SIP/2.0/TLS {own[0]}:{own[1]};branch=z9hG4bK{token()}",
        "Max-Forwards: 70",
        f"From: <{me}>;tag={token()}",
        f"To: <{me}>",
        f"Call-ID: {number}-{own[1]}",
        f"CSeq: {cseq} REGISTER",
        f"Contact: <sip:{number}@{own[0]}:{own[1]};transport=tls>",
        "Expires: 600",
    ]
    if challenge:
        rows.append("Authorization: " + digest(challenge, "REGISTER", uri, str(number), PASSWORD.format(number)))
    return ("\r\n".join(rows) + "\r\nContent-Length: 0\r\n\r\n").encode()


def read_message(secured):
    text = b""
    while b"\r\n\r\n" not in text:
        piece = secured.recv(4096)
        if not piece:
            raise RuntimeError("the connection ended")
        text += piece
    return text.decode()


def first_answer(box, port, web):
    """Starts the program and asks until it answers: (process, ms to the first answer, ms to its ready line)."""
    log = open(os.path.join(box.folder, "start.log"), "w+b")
    command = [
        box.binary,
        "run",
        "--data",
        box.data,
        "--sip",
        f"127.0.0.1:{port}",
        "--web",
        f"127.0.0.1:{web}",
        "--rtp",
        "20000-31999",
    ]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.2", 0))
        sock.settimeout(0.002)
        mine = sock.getsockname()[1]
        began = time.monotonic()
        process = subprocess.Popen(command, stdout=log, stderr=log)
        first = None
        while time.monotonic() - began < 60:
            text = (
                f"OPTIONS sip:127.0.0.1:{port} SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.2:{mine};branch=z9hG4bK{token(5)};rport\r\n"
                f"Max-Forwards: 70\r\nFrom: <sip:p@x>;tag=1\r\nTo: <sip:x>\r\nCall-ID: {token(5)}\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n"
            )
            try:
                sock.sendto(text.encode(), ("127.0.0.1", port))
                sock.recv(4096)
                first = (time.monotonic() - began) * 1000
                break
            except (TimeoutError, ConnectionError):
                continue
        ready = None
        while ready is None and time.monotonic() - began < 60:
            log.seek(0)
            if b"\nready " in b"\n" + log.read():
                ready = (time.monotonic() - began) * 1000
            else:
                time.sleep(0.002)
    log.close()
    if first is None or ready is None:
        process.kill()
        raise RuntimeError("it does not answer")
    return process, first, ready


def credentials(number):
    return f"[authentication username={number} password={PASSWORD.format(number)}]"


def users(count):
    return [f"{number};{credentials(number)}" for number in range(FIRST, FIRST + count)]


def rows(name, folder, lines):
    path = os.path.join(folder, name)
    with open(path, "w", encoding="utf-8") as file:
        file.write("SEQUENTIAL\n" + "\n".join(lines) + "\n")
    return path


def registration():
    return sipp.register("[field0]", expires=3600, credentials="[field1]\n")


def calling(hold_ms):
    steps = [
        *sipp.invite("[field2]", "[field0]", credentials="[field1]\n"),
        sipp.recv(180, optional=True),
        sipp.recv(200, route=True),
        sipp.ack(),
    ]
    return [*steps, *([sipp.pause(hold_ms)] if hold_ms else []), sipp.request("BYE"), sipp.recv(200)]


def answering():
    steps = [
        sipp.recv("INVITE", route=True),
        sipp.respond(180, "Ringing"),
        sipp.respond(200, "OK", body=sipp.sdp(port=42000), repeat=True),
    ]
    return [*steps, sipp.recv("ACK"), sipp.recv("BYE"), sipp.ok()]


def sippcommand(box, folder, name, steps, ip, port, source, count, rate):
    path = os.path.join(folder, f"{name}.xml")
    sipp.write(path, name, steps)
    command = ["sipp", box.server(), "-sf", path, "-i", ip, "-p", str(port), "-nostdin", "-timer_resol", "1"]
    command += ["-buff_size", "8388608", "-max_recv_loops", "100", "-max_sched_loops", "100", "-recv_timeout", "20000"]
    if source:
        command += ["-inf", source, "-m", str(count), "-r", str(rate), "-l", "5000"]
    return command


def example(name, crate="plane"):
    """An example of a crate, built where cargo builds."""
    root = os.path.join(HERE, "../..")
    command = ["cargo", "build", "--quiet", "--locked", "--release", "-p", crate, "--example", name]
    subprocess.run(command, cwd=root, check=True)
    target = os.environ.get("CARGO_TARGET_DIR") or os.path.join(root, "target")
    return os.path.join(target, "release/examples", name)


_built = None


def rtpload():
    """The generator, built where cargo builds."""
    global _built
    if _built is None:
        target = os.path.join(os.environ.get("CARGO_TARGET_DIR") or os.path.join(HERE, "../../target"), "bench")
        manifest = os.path.join(HERE, "rtpload/Cargo.toml")
        command = [
            "cargo",
            "build",
            "--quiet",
            "--locked",
            "--release",
            "--manifest-path",
            manifest,
            "--target-dir",
            target,
        ]
        subprocess.run(command, check=True)
        _built = os.path.join(target, "release/rtpload")
    return _built


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", default=os.path.join(HERE, "../../target/release/strowger"))
    parser.add_argument("--short", action="store_true", help="a minute instead of ten")
    parser.add_argument("--extensions", type=int, default=10000)
    parser.add_argument("parts", nargs="*", choices=[*PARTS, *NAMED, []], help="all but audio if none")
    options = parser.parse_args()
    short = options.short
    options.seconds = 3 if short else 6
    options.register_rates = [1000] if short else [500, 1000, 2000, 4000]
    options.call_rates = [100] if short else [50, 100, 200, 400, 800]
    options.rtp_calls = [100] if short else [100, 300, 600, 1000]
    options.rtp_seconds = 4 if short else 10
    bench, measured = Bench(options), 0
    try:
        for part in options.parts or PARTS:
            try:
                getattr(bench, f"part_{part}")()
                measured += 1
            except Exception as error:  # noqa: BLE001 - the other parts are still worth measuring
                bench.failed += 1
                bench.show(kind=part, error=repr(error)[:600])
            finally:
                if bench.box:
                    bench.box.kill()
    finally:
        shutil.rmtree(bench.folder, ignore_errors=True)
    print()
    for what, value, unit in bench.rows:
        print(f"{what:<58} {value:>10} {unit}")
    print(f"{measured} passed, {bench.failed} failed")
    return 1 if bench.failed else 0


if __name__ == "__main__":
    sys.exit(main())
