"""baresip, a phone that others wrote: run without a sound card, told what to do over its control socket."""

import glob
import json
import os
import shutil
import socket
import subprocess
import threading
import time

from audio import read_wav, tone, write_wav
from box import free_port, secret

MODULES = next(
    iter(glob.glob("/usr/lib/baresip/modules") + glob.glob("/usr/lib/*/baresip/modules")), "/usr/lib/baresip/modules"
)

CONFIG = """poll_method epoll
sip_listen 127.0.0.1:{sip}
sip_transports udp,tcp
call_local_timeout 60
call_max_calls 4
audio_player aufile,{folder}/played.wav
audio_source aufile,{folder}/tone.wav
audio_alert aufile,{folder}/alert.wav
audio_level no
ausrc_srate 8000
auplay_srate 8000
ausrc_channels 1
auplay_channels 1
rtp_ports {rtp}-{rtp_end}
rtcp_mux no
jitter_buffer_delay 1-5
module_path {modules}
module g711.so
module aufile.so
module sndfile.so
module_tmp account.so
module_app menu.so
module_app ctrl_tcp.so
{more}ctrl_tcp_listen 127.0.0.1:{control}
snd_path {folder}
"""

WATCHING = """module_app contact.so
module_app presence.so
module_app mwi.so
"""

_rtp = 12000 + os.getpid() % 500 * 4


class Baresip:
    """One phone. It plays a tone and records what it hears. `watches` names extensions whose presence it shows, and
    has it show its messages."""

    def __init__(self, world, number, hertz, transport="udp", answer="auto", watches=()):
        global _rtp
        self.number, self.hertz = number, hertz
        self.folder = os.path.join(world.folder, f"baresip-{number}-{len(world.others)}")
        os.makedirs(self.folder)
        self.sip, self.control = free_port(), free_port()
        rtp, _rtp = _rtp, _rtp + 40
        write_wav(os.path.join(self.folder, "tone.wav"), tone(hertz, 120))
        self._write(
            "config",
            CONFIG.format(
                sip=self.sip, rtp=rtp, rtp_end=rtp + 38, modules=MODULES, control=self.control, folder=self.folder,
                more=WATCHING if watches else "",
            ),
        )
        account = f"<sip:{number}@{world.box.server()};transport={transport}>;auth_pass={secret(number)};answermode={answer};regint=60;audio_codecs=pcmu\n"
        self._write("accounts", account)
        server = world.box.server()
        self._write("contacts", "".join(f'"{n}" <sip:{n}@{server}>;presence=p2p\n' for n in watches))
        self.log = open(os.path.join(self.folder, "log"), "wb")
        self.process = subprocess.Popen(
            ["baresip", "-f", self.folder], stdout=self.log, stderr=self.log, stdin=subprocess.DEVNULL, cwd=self.folder
        )
        self.events = []
        self.answers = {}
        self.socket = self._connect()
        threading.Thread(target=self._listen, daemon=True).start()
        world.others.append(self)

    def _write(self, name, text):
        with open(os.path.join(self.folder, name), "w", encoding="utf-8") as file:
            file.write(text)

    def _connect(self):
        until = time.monotonic() + 5
        while True:
            try:
                return socket.create_connection(("127.0.0.1", self.control), 1)
            except OSError:
                if time.monotonic() > until or self.process.poll() is not None:
                    raise RuntimeError(f"baresip {self.number} does not run:\n{self.said()[-1500:]}") from None
                time.sleep(0.05)

    def _listen(self):
        """Netstrings of JSON: events and answers."""
        buffer = b""
        self.socket.settimeout(None)
        while True:
            try:
                data = self.socket.recv(65535)
            except OSError:
                return
            if not data:
                return
            buffer += data
            while b":" in buffer:
                length, _, rest = buffer.partition(b":")
                if len(rest) < int(length) + 1:
                    break
                said = json.loads(rest[: int(length)])
                buffer = rest[int(length) + 1 :]
                if said.get("event"):
                    self.events.append(said)
                else:
                    self.answers[said.get("token")] = said

    def tell(self, command, params=""):
        """Runs a command of its menu."""
        token = f"t{time.monotonic_ns()}"
        text = json.dumps({"command": command, "params": params, "token": token}).encode()
        self.socket.sendall(b"%d:%s," % (len(text), text))
        until = time.monotonic() + 3
        while time.monotonic() < until:
            if token in self.answers:
                return self.answers[token]
            time.sleep(0.01)
        return None

    def wait(self, kind, seconds=6.0, since=0):
        """Waits for an event of that type, such as CALL_ESTABLISHED."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if any(event.get("type") == kind for event in self.events[since:]):
                return True
            time.sleep(0.02)
        return False

    def registered(self, seconds=20.0):
        """Whether it has registered. Read from its log: the event may come before there is anybody to hear it."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if "200 OK" in self.said():
                return True
            time.sleep(0.05)
        return False

    def said(self):
        with open(os.path.join(self.folder, "log"), encoding="utf-8", errors="replace") as file:
            return file.read()

    def heard(self):
        """(samples, rate) of each recording of what came in, oldest first."""
        files = sorted(glob.glob(os.path.join(self.folder, "dump-*-dec.wav")), key=os.path.getmtime)
        return [read_wav(file) for file in files]

    def close(self):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(3)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.socket.close()
        self.log.close()


def installed():
    return shutil.which("baresip") is not None
