"""Exim as the firm's mail server: one folder that every mail to anybody goes to."""

import email
import email.policy
import os
import pwd
import shutil
import subprocess
import time

from box import free_port

CONFIG = """exim_user = {user}
exim_group = {group}
primary_hostname = mail.example.com
spool_directory = {folder}/spool
log_file_path = {folder}/log-%s
pid_file_path = {folder}/pid
keep_environment =
acl_smtp_rcpt = accept
daemon_smtp_ports = {port}
local_interfaces = 127.0.0.1
host_lookup =
rfc1413_query_timeout = 0s
log_selector = +smtp_connection +tls_cipher
tls_advertise_hosts = {tls}
begin routers
all:
  driver = accept
  transport = inbox
begin transports
inbox:
  driver = appendfile
  directory = {folder}/inbox
  maildir_format
  create_directory
  envelope_to_add
  return_path_add
"""


class Exim:
    """One mail server. With `starttls` it offers it, with a certificate that it made itself."""

    def __init__(self, world, port=None, starttls=False):
        self.port = port or free_port()
        self.folder = os.path.join(world.folder, f"exim-{world.count()}")
        os.makedirs(os.path.join(self.folder, "spool"))
        # It never writes as root, and reads its settings only where nobody else could have written them.
        me = pwd.getpwuid(os.getuid())
        user = pwd.getpwnam("Debian-exim") if me.pw_uid == 0 else me
        os.chmod(world.folder, 0o711)
        config = os.path.join(self.folder, "exim.conf")
        with open(config, "w", encoding="utf-8") as file:
            file.write(
                CONFIG.format(
                    user=user.pw_name, group=user.pw_gid, folder=self.folder, port=self.port, tls="*" if starttls else ""
                )
            )
        os.chmod(config, 0o644)
        for path in (self.folder, os.path.join(self.folder, "spool")):
            os.chmod(path, 0o755)
            if user is not me:
                os.chown(path, user.pw_uid, user.pw_gid)
        self.output = open(os.path.join(self.folder, "output"), "wb")
        program = shutil.which("exim4") or "/usr/sbin/exim4"
        self.process = subprocess.Popen(
            [program, "-bdf", "-C", config],
            stdout=self.output, stderr=self.output, stdin=subprocess.DEVNULL,
        )
        world.others.append(self)
        until = time.monotonic() + 5
        while "daemon started" not in self.log():
            if time.monotonic() > until or self.process.poll() is not None:
                raise RuntimeError(f"exim does not run: {self.log()[-1500:]}")
            time.sleep(0.02)

    def log(self):
        """What it says of its connections and mails; without a root's rights some of it on its standard error."""
        said = ""
        for name in ("output", "log-main"):
            try:
                with open(os.path.join(self.folder, name), encoding="utf-8", errors="replace") as file:
                    said += file.read()
            except OSError:
                pass
        return said

    def mails(self):
        """All mails that came, oldest first."""
        inbox = os.path.join(self.folder, "inbox", "new")
        paths = [os.path.join(inbox, name) for name in os.listdir(inbox)] if os.path.isdir(inbox) else []
        found = []
        for path in sorted(paths, key=os.path.getmtime):
            with open(path, "rb") as file:
                found.append(email.message_from_binary_file(file, policy=email.policy.default))
        return found

    def wait(self, count=1, seconds=10.0):
        """Waits until so many mails have come; all that have."""
        until = time.monotonic() + seconds
        while len(self.mails()) < count and time.monotonic() < until:
            time.sleep(0.1)
        return self.mails()

    def close(self):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.output.close()
