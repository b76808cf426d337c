"""Voicemail by mail, with a mail server that others wrote (Exim)."""

import os
import re
import struct
import subprocess
import time

from audio import DECODE, hears, read_wav
from box import config_text, free_port
from cases.telephony import up
from exim import Exim
from world import check, equal

TALK_S = 9.0


def office(port, mail, security="none", more=""):
    """101 calls, 105 has a mailbox that is told by mail."""
    return config_text(["101"]) + f"""
[[extension]]
number = "105"
name = "Emil"
secret = "demo-105-secret"
email = "emil@example.com"
voicemail = true
voicemail_pin = "4711"
voicemail_mail = "{mail}"
ring_time_s = 5

[mail]
host = "127.0.0.1"
port = {port}
security = "{security}"
from = "box@example.com"
""" + more


def leave_message(world):
    """101 leaves a message of 500 Hz for 105; the phone of 105, and when it was over."""
    own = world.phone("105", answer="ring")
    equal(own.subscribe("105", event="message-summary", accept="application/simple-message-summary"), 200, "SUBSCRIBE")
    call = up(world.phone("101", hertz=500).call("105", seconds=15), "the mailbox")
    time.sleep(5 + TALK_S)  # the greeting and the tone
    equal(call.bye(), 200, "BYE after a message")
    check(own.wait_told(lambda body: "Voice-Message: 1/0" in body, 8), "the lamp was not told")
    return own


def said_and_attached(mail):
    """(text, the one attachment) of a mail."""
    text = mail.get_body(("plain",)).get_content()
    attached = list(mail.iter_attachments())
    equal(len(attached), 1, "attachments")
    return text, attached[0]


def told_length(text):
    """The message's length in seconds, as the mail's text tells it."""
    minutes, seconds = re.search(r"^Length: (\d+):(\d\d)$", text, re.M).groups()
    return int(minutes) * 60 + int(seconds)


def wav(octets, folder):
    """(samples, rate) of a WAV of linear samples or µ-law."""
    kind = struct.unpack("<H", octets[20:22])[0]
    if kind == 7:
        rate, data = struct.unpack("<I", octets[24:28])[0], octets.index(b"data")
        return [DECODE[octet] for octet in octets[data + 8 :]], rate
    path = os.path.join(folder, "attached.wav")
    with open(path, "wb") as file:
        file.write(octets)
    return read_wav(path)


def opus(octets, folder):
    """The same of Ogg Opus, by the codec's own decoder."""
    source, path = os.path.join(folder, "attached.opus"), os.path.join(folder, "attached.wav")
    with open(source, "wb") as file:
        file.write(octets)
    done = subprocess.run(
        ["opusdec", "--quiet", "--rate", "16000", "--no-dither", source, path], capture_output=True, text=True, check=False
    )
    equal(done.returncode, 0, f"opusdec: {done.stderr.strip()}")
    return read_wav(path)


def check_sound(samples, rate, seconds):
    length = len(samples) / rate
    check(abs(length - seconds) < 1.1, f"the attachment has {length:.1f} s, the mail tells of {seconds} s")
    check(2 <= length <= 5 + TALK_S, f"the attachment has {length:.1f} s")
    check(hears(samples, 500, rate), "the caller is not in it")


def check_mail(mail):
    """What every mail about 105's message says; (its text, its attachment)."""
    equal(mail["to"], "emil@example.com", "To")
    equal(mail["from"], "box@example.com", "From")
    equal(mail["return-path"], "<box@example.com>", "the envelope's sender")
    equal(mail["subject"], "Voice message from Phone 101 (101)", "Subject")
    check(mail["message-id"] and mail["date"], "Message-ID or Date is missing")
    text, attached = said_and_attached(mail)
    check("From: Phone 101 (101)" in text and "Emil (105)" in text and "is attached" in text, f"the text: {text!r}")
    return text, attached


def case_mail_with_message(world):
    """A message goes by mail with its sound as WAV, once, and stays in the mailbox."""
    server = Exim(world)
    box = world.start(config=office(server.port, "attach", more="\n[voicemail]\nmail_wav = true\n"))
    own = leave_message(world)
    mails = server.wait()
    equal(len(mails), 1, "mails")
    text, attached = check_mail(mails[0])
    equal(attached.get_content_type(), "audio/wav", "the attachment's type")
    check(re.fullmatch(r"message-105-[\d-]+\.wav", attached.get_filename()), f"its name is {attached.get_filename()}")
    check_sound(*wav(attached.get_content(), world.folder), told_length(text))
    time.sleep(0.5)
    check("Voice-Message: 1/0" in own.told[-1].body, f"the mailbox after the mail: {own.told[-1].body!r}")
    # What has been taken is not sent again by the next run.
    box.stop()
    box.start(sip=box.server())
    time.sleep(3)
    equal(len(server.mails()), 1, "mails after a restart")


def case_mail_server_away(world):
    """While the server is away the message is kept; the next run sends it as Opus, and deletes it when it is taken."""
    port = free_port()
    box = world.start(config=office(port, "attach_delete"))
    own = leave_message(world)
    wait_for(lambda: "a mail waits" in box.output(), 5, "nothing of it in the log")
    check("Voice-Message: 1/0" in own.told[-1].body, "the message was not kept")
    server = Exim(world, port)
    box.kill()
    own.told.clear()
    box.start(sip=box.server())
    mails = server.wait(seconds=15)
    equal(len(mails), 1, "mails")
    text, attached = check_mail(mails[0])
    equal(attached.get_content_type(), "audio/ogg", "the attachment's type")
    check_sound(*opus(attached.get_content(), world.folder), told_length(text))
    kept = os.path.join(box.data, "recordings")
    until = time.monotonic() + 8
    while (left := files_of(kept)) and time.monotonic() < until:
        time.sleep(0.2)
    equal(left, [], "recordings after the mail was taken")
    equal(own.subscribe("105", event="message-summary", accept="application/simple-message-summary"), 200, "SUBSCRIBE")
    check(own.wait_told(lambda body: "Voice-Message: 0/0" in body), "the message is still there")
    time.sleep(1)
    equal(len(server.mails()), 1, "mails in the end")


def files_of(folder):
    return [name for _, _, names in os.walk(folder) for name in names if name.endswith((".wav", ".opus"))]


def case_mail_only_encrypted(world):
    """A server whose certificate nobody vouches for, or that offers no STARTTLS, gets no mail: it waits, it is kept."""
    server = Exim(world, starttls=True)
    box = world.start(config=office(server.port, "attach_delete", security="starttls"))
    own = leave_message(world)
    wait_for(lambda: "a mail waits" in box.output(), 8, "the mail neither went nor waited")
    wait_for(lambda: "TLS error" in server.log(), 5, f"no try over TLS: {server.log()[-600:]}")
    check(" <= " not in server.log() and not server.mails(), f"the server has got something: {server.log()[-600:]}")
    waits = [line for line in box.output().splitlines() if "a mail waits" in line]
    check("ertificate" in waits[-1], f"the log does not say why: {waits[-1]}")
    # The same with a server that has no TLS: it may be somebody on the way who took the offer out.
    server.close()
    server = Exim(world, port=server.port)
    box.stop()
    mark = len(box.output())
    own.told.clear()
    box.start(sip=box.server())
    wait_for(lambda: "does not offer STARTTLS" in box.output()[mark:], 10, "the log does not say that STARTTLS is missing")
    check("SMTP connection from" in server.log(), "the second server was not asked")
    check(" <= " not in server.log() and not server.mails(), "a mail went in the clear")
    equal(own.subscribe("105", event="message-summary", accept="application/simple-message-summary"), 200, "SUBSCRIBE")
    check(own.wait_told(lambda body: "Voice-Message: 1/0" in body), "the message is gone")
    # The owner says that this server needs no encryption: what waited goes.
    box.stop()
    path = os.path.join(box.folder, "import.toml")
    with open(path, "w", encoding="utf-8") as file:
        file.write(office(server.port, "attach_delete"))
    box.command("config", "import", path, "--data", box.data)
    box.start(sip=box.server())
    mails = server.wait(seconds=15)
    equal(len(mails), 1, "mails after the setting was changed")
    check_mail(mails[0])


def wait_for(condition, seconds, text):
    until = time.monotonic() + seconds
    while not condition():
        check(time.monotonic() < until, text)
        time.sleep(0.05)
