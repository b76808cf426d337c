"""The box's pages and API, as a program uses them: signed in, over HTTPS with the box's own certificate."""

import http.cookiejar
import json
import re
import ssl
import urllib.error
import urllib.parse
import urllib.request

NEW_PASSWORD = "four unrelated words 4711"


class Pages:
    """A signed-in administrator. The first one of a box gives the one-time password that its output holds."""

    def __init__(self, box, password=None):
        self.url = box.web.rstrip("/")
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        self.jar = http.cookiejar.CookieJar()
        self.opener = urllib.request.build_opener(
            urllib.request.HTTPSHandler(context=context), urllib.request.HTTPCookieProcessor(self.jar)
        )
        first = password is None
        password = password or one_time_password(box.output())
        self.post("/login", user="admin", password=password, next="")
        if first:
            self.post("/password", current=password, new=NEW_PASSWORD, repeat=NEW_PASSWORD)

    def post(self, path, **fields):
        with self.opener.open(self.url + path, urllib.parse.urlencode(fields).encode(), timeout=10) as answer:
            return answer.read().decode()

    def get(self, path):
        with self.opener.open(self.url + path, timeout=10) as answer:
            return json.loads(answer.read())

    def octets(self, path):
        with self.opener.open(self.url + path, timeout=10) as answer:
            return answer.read()

    def calls(self, extension=None):
        """All finished calls, newest first."""
        calls, after = [], None
        while True:
            query = {
                "limit": "500",
                **({"after": after} if after else {}),
                **({"extension": extension} if extension else {}),
            }
            page = self.get("/api/v1/calls?" + urllib.parse.urlencode(query))
            calls += page["calls"]
            after = page.get("next")
            if not after:
                return calls

    def live(self):
        return self.get("/api/v1/live")


def one_time_password(text):
    """The password that a first start prints."""
    found = re.search(r"password[^\n]*?[:=]\s*(\S+)\s*$", text, re.M | re.I)
    if not found:
        raise ValueError(f"no one-time password in the output:\n{text[-2000:]}")
    return found.group(1)
