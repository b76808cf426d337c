"""How phones find the box, over a private network in a namespace of its own: DHCP with a real client, SIP PnP with a
phone in Python, the directory with OpenLDAP's search. Needs root and the kernel's namespaces."""

import os
import re
import shutil
import signal
import socket
import struct
import subprocess
import time

from box import config_text
from world import NotRun, check, equal

BOX, NETWORK, OTHER = "10.77.0.2", "10.77.0.", "10.77.0.9"
YEALINK, GIGASET, COMPUTER = "00:15:65:aa:bb:cc", "7c:2f:80:00:00:01", "52:54:00:12:34:56"
PASSWORD = "phones-only-42"


class Cable:
    """Two ends of a cable: the box's and the phone's, each in a namespace of its own."""

    def __init__(self, world, mac=YEALINK, address=None):
        if os.geteuid() != 0 or not shutil.which("ip"):
            raise NotRun("needs root and iproute2")
        self.world = world
        self.box, self.phone = f"sw{os.getpid()}b", f"sw{os.getpid()}p"
        world.others.append(self)
        for name in (self.box, self.phone):
            if self.run("ip", "netns", "add", name).returncode != 0:
                raise NotRun("the kernel gives no network namespaces here")
        made = self.run("ip", "link", "add", "lan", "netns", self.box, "type", "veth", "peer", "name", "lan", "netns", self.phone)
        if made.returncode != 0:
            raise NotRun("the kernel gives no virtual Ethernet here")
        self.inside(self.box, "ip", "addr", "add", f"{BOX}/24", "brd", "+", "dev", "lan")
        self.inside(self.phone, "ip", "link", "set", "lan", "address", mac)
        if address:
            self.inside(self.phone, "ip", "addr", "add", f"{address}/24", "brd", "+", "dev", "lan")
        for name in (self.box, self.phone):
            self.inside(name, "ip", "link", "set", "lo", "up")
            self.inside(name, "ip", "link", "set", "lan", "up")

    @staticmethod
    def run(*command, timeout=30):
        return subprocess.run(command, capture_output=True, text=True, timeout=timeout, check=False)

    def inside(self, namespace, *command, **more):
        return self.run("ip", "netns", "exec", namespace, *command, **more)

    def start(self, more):
        """The box at its end."""
        config = config_text(["101", "102"]) + "\n[provisioning]\nenabled = true\n" + more
        box = self.world.make(config=config)
        binary, box.binary = box.binary, os.path.join(box.folder, "in-namespace")
        with open(box.binary, "w", encoding="utf-8") as script:
            script.write(f'#!/bin/sh\nexec ip netns exec {self.box} "{binary}" "$@"\n')
        os.chmod(box.binary, 0o755)
        box.start(sip="0.0.0.0:5060", web=f"{BOX}:8443")
        return box

    def becomes(self, mac):
        """Another device at the phone's end."""
        self.inside(self.phone, "ip", "link", "set", "lan", "down")
        self.inside(self.phone, "ip", "addr", "flush", "dev", "lan")
        self.inside(self.phone, "ip", "link", "set", "lan", "address", mac)
        self.inside(self.phone, "ip", "link", "set", "lan", "up")

    def lease(self, vendor, tries=3, options=(), wanted=None):
        """udhcpc asks as this vendor class: what it was told, or None."""
        if not shutil.which("udhcpc"):
            raise NotRun("needs udhcpc")
        script = os.path.join(self.world.folder, f"told-{self.world.count()}.sh")
        with open(script, "w", encoding="utf-8") as file:
            file.write('#!/bin/sh\n[ "$1" = bound ] && env > "$0.env"\nexit 0\n')
        os.chmod(script, 0o755)
        command = ["udhcpc", "-i", "lan", "-f", "-q", "-n", "-t", str(tries), "-T", "1", "-V", vendor, "-s", script]
        for option in options:
            command += ["-O", str(option)]
        if wanted:
            command += ["-r", wanted]
        done = self.inside(self.phone, *command, timeout=30)
        self.said = done.stdout + done.stderr
        if not os.path.exists(script + ".env"):
            return None
        with open(script + ".env", encoding="utf-8", errors="replace") as file:
            return dict(line.rstrip("\n").split("=", 1) for line in file if "=" in line)

    def close(self):
        for box in self.world.boxes:
            box.kill()
        for name in (self.box, self.phone):
            self.run("ip", "netns", "del", name)


DHCP = f'dhcp = true\ndhcp_range = "{NETWORK}100-{NETWORK}101"\n'


def case_dhcp_phones_only(world):
    """A real DHCP client as a Yealink gets an address and the place of its files, as a computer it gets nothing."""
    cable = Cable(world)
    box = cable.start(DHCP)
    told = cable.lease("yealink", options=(66, 43, 100, 101))
    check(told is not None, f"the phone got nothing: {cable.said}\n{box.output()[-1500:]}")
    equal(told["ip"], NETWORK + "100", "the address")
    equal(told["subnet"], "255.255.255.0", "the network mask")
    equal(told["serverid"], BOX, "the server")
    equal(told["lease"], "3600", "the lease")
    # udhcpc shows a text that is no host name as `bad`, and options that it does not know in hexadecimal digits.
    check("tftp" in told, f"no option 66: {told}")
    equal(bytes.fromhex(told.get("opt43", "")).decode(), f"https://{BOX}:8443/prov/", "option 43")
    again = cable.lease("yealink", options=(66,))
    equal(again["ip"], told["ip"], "the address of the next start")
    cable.becomes(COMPUTER)
    check(cable.lease("MSFT 5.0") is None, "a computer was given an address")
    check(cable.lease("udhcp 1.35.0", options=(66, 150)) is None, "a computer was given an address")
    cable.becomes(GIGASET)
    told = cable.lease("Gigaset N670", options=(114,))
    equal(told["ip"], NETWORK + "101", "the second phone's address")
    equal(bytes.fromhex(told.get("opt114", "")).decode(), f"https://{BOX}:8443/prov/7c2f80000001.xml", "option 114")
    cable.becomes("00:04:13:00:00:01")
    check(cable.lease("snom320") is None, "a third address of two")
    # What was given is not given to another after a power cut.
    box.kill()
    box.start(sip="0.0.0.0:5060", web=f"{BOX}:8443")
    check(cable.lease("snom320") is None, "a lease was forgotten by a power cut")
    cable.becomes(YEALINK)
    equal(cable.lease("yealink")["ip"], NETWORK + "100", "the first phone's address after a power cut")


def case_dhcp_off_and_proxy(world):
    """Without DHCP in the configuration nobody is answered; without a range only who has an address already."""
    cable = Cable(world)
    box = cable.start("")
    check(cable.lease("yealink") is None, "DHCP is on by itself")
    box.stop()
    world.boxes.remove(box)
    cable.start("dhcp = true\n")
    check(cable.lease("yealink") is None, "an address without a range")
    cable.inside(cable.phone, "ip", "addr", "add", f"{OTHER}/24", "brd", "+", "dev", "lan")
    question = dhcp(8, YEALINK, OTHER, [(60, b"yealink"), (55, bytes([66, 43])), (12, b"x" * 60)])
    answer = ask(cable, question, 68, (BOX, 67))
    check(answer, "DHCPINFORM is not answered")
    check(f"https://{BOX}:8443/prov/".encode() in answer[0], "the place of the files is not told")
    check(len(answer) == 1 and len(answer[0]) <= 1.5 * len(question), "more than one answer, or a long one")
    equal(answer[0][16:20], bytes(4), "an address in the answer to DHCPINFORM")
    computer = dhcp(8, COMPUTER, OTHER, [(60, b"MSFT 5.0"), (55, bytes([66, 43]))])
    check(not ask(cable, computer, 68, (BOX, 67)), "a computer was answered")


def dhcp(kind, mac, client, options):
    """A DHCP packet of a client."""
    fixed = struct.pack("!BBBBIHH", 1, 1, 6, 0, 0x12345678, 0, 0) + socket.inet_aton(client) + bytes(12)
    fixed += bytes.fromhex(mac.replace(":", "")) + bytes(10) + bytes(192) + bytes([99, 130, 83, 99, 53, 1, kind])
    return fixed + b"".join(bytes([code, len(value)]) + value for code, value in options) + b"\xff"


ASK = """
import socket, sys
port, host, to, group = int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), sys.argv[4]
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("0.0.0.0" if port == 68 else group, port))
s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(group))
s.settimeout(1.5)
s.sendto(sys.stdin.buffer.read(), (host, to))
try:
    while True:
        data, source = s.recvfrom(4096)
        print(source[0], source[1], data.hex())
except TimeoutError:
    pass
"""


def ask(cable, datagram, port, to, source=OTHER):
    """Sends from the phone's end and returns what comes back there."""
    command = ["ip", "netns", "exec", cable.phone, "python3", "-c", ASK, str(port), to[0], str(to[1]), source]
    done = subprocess.run(command, input=datagram, capture_output=True, timeout=20, check=False)
    equal(done.returncode, 0, f"asking: {done.stderr.decode()}")
    rows = [row.split() for row in done.stdout.decode().splitlines()]
    cable.sources = {(row[0], int(row[1])) for row in rows}
    return [bytes.fromhex(row[2]) for row in rows]


def pnp_question(mac, event="ua-profile", method="SUBSCRIBE"):
    """As a Yealink asks the multicast group."""
    return (
        f"{method} sip:MAC%3a{mac}@224.0.1.75 SIP/2.0\r\n"
        f"Via: SIP/2.0/UDP {OTHER}:5060;branch=z9hG4bK1689216463\r\n"
        f"From: <sip:MAC%3a{mac}@224.0.1.75>;tag=1533224031\r\nTo: <sip:MAC%3a{mac}@224.0.1.75>\r\n"
        f"Call-ID: 0_3117582461@{OTHER}\r\nCSeq: 1 {method}\r\nContact: <sip:MAC%3a{mac}@{OTHER}:5060>\r\n"
        "Max-Forwards: 70\r\nUser-Agent: Yealink SIP-T46U 108.86.0.20\r\nExpires: 0\r\n"
        f'Event: {event};profile-type="device";vendor="Yealink";model="SIP-T46U";version="108.86.0.20"\r\n'
        "Accept: application/url\r\nContent-Length: 0\r\n\r\n"
    ).encode()


GROUP = ("224.0.1.75", 5060)


def case_pnp(world):
    """A phone asks the multicast group and is told one address; the box's own SIP port goes on beside it."""
    cable = Cable(world, address=OTHER)
    cable.start("pnp = true\n")
    question = pnp_question("001565aabbcc")
    answers = ask(cable, question, 5060, GROUP)
    equal(len(answers), 2, "answers")
    check(answers[0].startswith(b"SIP/2.0 200 "), f"the first is no 200: {answers[0][:60]}")
    check(answers[1].startswith(b"NOTIFY sip:MAC%3a001565aabbcc@"), f"the second is no NOTIFY: {answers[1][:60]}")
    equal(answers[1].split(b"\r\n\r\n", 1)[1], f"https://{BOX}:8443/prov/".encode(), "the address told")
    check(b"application/url" in answers[1] and b"terminated" in answers[1], "not the NOTIFY that phones expect")
    check(sum(map(len, answers)) <= 1.5 * len(question), "the answers are too long")
    equal(cable.sources, {(BOX, 5060)}, "where they came from")
    answers = ask(cable, pnp_question("7c2f80000001"), 5060, GROUP)
    equal(answers[1].split(b"\r\n\r\n", 1)[1], f"https://{BOX}:8443/prov/7c2f80000001.xml".encode(), "a Gigaset's address")
    equal(ask(cable, pnp_question("001565aabbcc", event="dialog"), 5060, GROUP), [], "answers to another event")
    equal(ask(cable, pnp_question("001565aabbcc", method="OPTIONS"), 5060, GROUP), [], "answers to OPTIONS")
    direct = ask(cable, pnp_question("001565aabbcc", method="OPTIONS"), 5060, (BOX, 5060))
    check(len(direct) == 1 and direct[0].startswith(b"SIP/2.0 "), f"the SIP port does not answer: {direct}")
    many = len(ask_many(cable, "000413aabbcc", 30))
    check(2 <= many <= 12, f"{many} answers to 30 questions of one phone")


def ask_many(cable, mac, count):
    """The same question so often at once."""
    script = ASK.replace("s.sendto(sys.stdin.buffer.read(), (host, to))", f"d = sys.stdin.buffer.read()\nfor n in range({count}): s.sendto(d, (host, to))")
    command = ["ip", "netns", "exec", cable.phone, "python3", "-c", script, "5060", GROUP[0], "5060", OTHER]
    done = subprocess.run(command, input=pnp_question(mac), capture_output=True, timeout=20, check=False)
    return done.stdout.decode().splitlines()


def case_directory_by_ldap(world):
    """OpenLDAP's search finds people by name and number, anonymously inside; a wrong password finds nothing."""
    if not shutil.which("ldapsearch"):
        raise NotRun("needs ldapsearch")
    cable = Cable(world, address=OTHER)
    cable.start(f'phone_password = "{PASSWORD}"\nldap = "{BOX}:3890"\n')
    url = f"ldap://{BOX}:3890"

    def search(*more, status=0):
        done = cable.inside(cable.phone, "ldapsearch", "-x", "-LLL", "-o", "nettimeout=5", "-H", url, "-b", "ou=phonebook", *more)
        equal(done.returncode, status, f"ldapsearch {more}: {done.stdout} {done.stderr}")
        return done.stdout

    found = search("(|(cn=*phone 1*)(sn=101))", "cn", "telephoneNumber")
    equal(sorted(re.findall(r"^telephoneNumber: (\S+)", found, re.M)), ["101", "102"], "by name")
    equal(re.findall(r"^cn: (.+)", search("(telephoneNumber=102)", "cn"), re.M), ["Phone 102"], "by number")
    equal(search("(&(objectClass=person)(!(cn=*)))"), "", "nobody")
    equal(search("(userPassword=*)"), "", "an attribute that there is not")
    check("demo-101-secret" not in search("(objectClass=*)", "*", "+"), "a secret in the directory")
    search("-D", "cn=phone", "-w", PASSWORD, "(cn=*)")
    search("-D", "cn=phone", "-w", "wrong", "(cn=*)", status=49)
    search("-z", "1", "(cn=*)", status=4)
    done = cable.inside(cable.phone, "ldapdelete", "-x", "-H", url, "telephoneNumber=101,ou=phonebook")
    equal(done.returncode, 53, "deleting")


ADMINISTRATOR = """
import json, sys, urllib.request
sys.path.insert(0, sys.argv[1])
from pages import Pages
class Box:
    web = sys.argv[2]
    output = staticmethod(sys.stdin.read)
pages = Pages(Box)
body = json.dumps({"model": "yealink", "lines": ["101"]}).encode()
request = urllib.request.Request(pages.url + "/api/v1/phones/" + sys.argv[3], body, {"content-type": "application/json"}, method="PUT")
with pages.opener.open(request, timeout=10) as answer:
    print(answer.status)
"""

FETCH = """
import ssl, sys, urllib.error, urllib.request
context = ssl.create_default_context()
context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
try:
    with urllib.request.urlopen(sys.argv[1], timeout=10, context=context) as answer:
        print(answer.read().decode())
except urllib.error.HTTPError as error:
    print("status", error.code)
"""


def case_pnp_invitation(world):
    """A phone that the administrator has entered is told its invitation by PnP, and fetches its settings by it."""
    cable = Cable(world, address=OTHER)
    box = cable.start("pnp = true\n")
    here = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

    def inside(namespace, script, *more, said=""):
        command = ["ip", "netns", "exec", namespace, "python3", "-c", script, *more]
        done = subprocess.run(command, input=said, capture_output=True, text=True, timeout=60, check=False)
        equal(done.returncode, 0, f"{more}: {done.stderr[-800:]}")
        return done.stdout.strip()

    def told(mac):
        answers = ask(cable, pnp_question(mac), 5060, GROUP)
        equal(len(answers), 2, "answers")
        return answers[1].split(b"\r\n\r\n", 1)[1].decode()

    mac, bare = "001565aabbcc", f"https://{BOX}:8443/prov/"
    equal(told(mac), bare, "what an unknown phone is told")
    equal(inside(cable.box, ADMINISTRATOR, here, box.web, mac, said=box.output()), "201", "entering the phone")
    place = told(mac)
    check(place.startswith(bare + mac) and place.endswith("/") and len(place) > len(bare) + 30, f"no invitation: {place}")
    check("001565" not in told("001565aabbcd")[len(bare):], "another phone is told an invitation")
    settings = inside(cable.phone, FETCH, f"{place}{mac}.cfg")
    check("account.1.user_name" in settings, f"no settings: {settings[:300]}")
    equal(inside(cable.phone, FETCH, f"{bare}{'0' * 38}/{mac}.cfg"), "status 404", "a wrong token")
    cable.inside(cable.phone, "ip", "addr", "del", f"{OTHER}/24", "dev", "lan")
    cable.inside(cable.phone, "ip", "addr", "add", f"{NETWORK}10/24", "brd", "+", "dev", "lan")
    answers = ask(cable, pnp_question(mac), 5060, GROUP, source=f"{NETWORK}10")
    equal(answers[1].split(b"\r\n\r\n", 1)[1].decode(), bare, "what another address is told of a used invitation")
