"""SRTP (RFC 3711) and its keys in SDP (RFC 4568) for the phones in Python, written from the RFCs alone."""

import base64
import hashlib
import hmac
import os
import re

LONG, SHORT = "AES_CM_128_HMAC_SHA1_80", "AES_CM_128_HMAC_SHA1_32"
TAG_LEN = {LONG: 10, SHORT: 4}


def _tables():
    """The S-box, and each of its values multiplied through a column (FIPS 197 §5.1)."""
    sbox, p, q = [0] * 256, 1, 1
    while True:
        p = p ^ (p << 1) & 0xFF ^ (0x1B if p & 0x80 else 0)
        for shift in (1, 2, 4):
            q ^= q << shift & 0xFF
        q ^= 0x09 if q & 0x80 else 0
        mixed = q
        for shift in (1, 2, 3, 4):
            mixed ^= (q << shift | q >> (8 - shift)) & 0xFF
        sbox[p] = mixed ^ 0x63
        if p == 1:
            break
    sbox[0] = 0x63
    columns = []
    for value in sbox:
        double = value << 1 & 0xFF ^ (0x1B if value & 0x80 else 0)
        columns.append(double << 24 | value << 16 | value << 8 | double ^ value)
    rotated = [[word >> 8 * n | (word << 32 - 8 * n) & 0xFFFFFFFF for word in columns] for n in range(4)]
    return sbox, rotated


SBOX, (T0, T1, T2, T3) = _tables()


class Aes:
    """AES-128, one way only: counter mode needs no other."""

    def __init__(self, key):
        words, constant = [int.from_bytes(key[at : at + 4], "big") for at in range(0, 16, 4)], 1
        for at in range(4, 44):
            word = words[-1]
            if at % 4 == 0:
                word = (word << 8 | word >> 24) & 0xFFFFFFFF
                word = int.from_bytes(bytes(SBOX[octet] for octet in word.to_bytes(4, "big")), "big")
                word ^= constant << 24
                constant = constant << 1 & 0xFF ^ (0x1B if constant & 0x80 else 0)
            words.append(word ^ words[at - 4])
        self.words = words

    def block(self, number):
        """One block, as a number, encrypted."""
        w = self.words
        a, b, c, d = (number >> 96) ^ w[0], (number >> 64 & 0xFFFFFFFF) ^ w[1], (number >> 32 & 0xFFFFFFFF) ^ w[2], (
            number & 0xFFFFFFFF
        ) ^ w[3]
        for k in range(4, 40, 4):
            a, b, c, d = (
                T0[a >> 24] ^ T1[b >> 16 & 255] ^ T2[c >> 8 & 255] ^ T3[d & 255] ^ w[k],
                T0[b >> 24] ^ T1[c >> 16 & 255] ^ T2[d >> 8 & 255] ^ T3[a & 255] ^ w[k + 1],
                T0[c >> 24] ^ T1[d >> 16 & 255] ^ T2[a >> 8 & 255] ^ T3[b & 255] ^ w[k + 2],
                T0[d >> 24] ^ T1[a >> 16 & 255] ^ T2[b >> 8 & 255] ^ T3[c & 255] ^ w[k + 3],
            )
        out = 0
        for at, (p, q, r, s) in enumerate(((a, b, c, d), (b, c, d, a), (c, d, a, b), (d, a, b, c))):
            word = SBOX[p >> 24] << 24 | SBOX[q >> 16 & 255] << 16 | SBOX[r >> 8 & 255] << 8 | SBOX[s & 255]
            out = out << 32 | word ^ w[40 + at]
        return out

    def key_stream(self, counter, length):
        """`length` octets from `counter` on (RFC 3711 §4.1.1)."""
        return b"".join(self.block(counter + at).to_bytes(16, "big") for at in range((length + 15) // 16))[:length]


class Direction:
    """The RTP of one direction under its key."""

    def __init__(self, suite, key):
        self.tag_len = TAG_LEN[suite]
        master, salt = Aes(key[:16]), int.from_bytes(key[16:30], "big")

        def derive(label, length):
            return master.key_stream((salt ^ label << 48) << 16, length)

        self.cipher, self.auth, self.salt = Aes(derive(0, 16)), derive(1, 20), int.from_bytes(derive(2, 14), "big")
        self.highest = {}

    def _index(self, ssrc, sequence):
        highest = self.highest.get(ssrc)
        if highest is None:
            return sequence
        step = (sequence - highest) & 0xFFFF
        return highest + (step if step < 0x8000 else step - 0x10000)

    def _crypt(self, packet, index):
        start = 12 + 4 * (packet[0] & 15)
        if packet[0] & 16:
            start += 4 + 4 * int.from_bytes(packet[start + 2 : start + 4], "big")
        counter = (self.salt << 16) ^ int.from_bytes(packet[8:12], "big") << 64 ^ index << 16
        stream = self.cipher.key_stream(counter, len(packet) - start)
        text = int.from_bytes(packet[start:], "big") ^ int.from_bytes(stream, "big")
        return packet[:start] + text.to_bytes(len(stream), "big")

    def _tag(self, packet, index):
        roll_over = (index >> 16).to_bytes(4, "big")
        return hmac.new(self.auth, packet + roll_over, hashlib.sha1).digest()[: self.tag_len]

    def protect(self, packet):
        ssrc = packet[8:12]
        index = self._index(ssrc, int.from_bytes(packet[2:4], "big"))
        self.highest[ssrc] = max(index, self.highest.get(ssrc, 0))
        packet = self._crypt(packet, index)
        return packet + self._tag(packet, index)

    def unprotect(self, packet):
        """The packet in the clear; None if its tag is wrong."""
        if len(packet) < 12 + self.tag_len:
            return None
        packet, tag = packet[: -self.tag_len], packet[-self.tag_len :]
        ssrc = packet[8:12]
        index = self._index(ssrc, int.from_bytes(packet[2:4], "big"))
        if index < 0 or not hmac.compare_digest(tag, self._tag(packet, index)):
            return None
        self.highest[ssrc] = max(index, self.highest.get(ssrc, 0))
        return self._crypt(packet, index)


class Keys:
    """Both directions of a call's audio. `active` says whether the last description secured them."""

    def __init__(self, suite=LONG):
        self.suite, self.tag, self.active, self.refused = suite, 1, True, 0
        self.out = self.incoming = self.theirs = None
        self.renew()

    def renew(self):
        """A new key of ours, told by the next description."""
        self.ours = os.urandom(30)
        self.out = Direction(self.suite, self.ours)

    def rows(self):
        return f"a=crypto:{self.tag} {self.suite} inline:{base64.b64encode(self.ours).decode()}\r\n"

    def take(self, body):
        """The peer's description: what it offers, or what it answers."""
        self.active = "RTP/SAVP" in body
        for tag, suite, key in re.findall(r"^a=crypto:(\d+) (\S+) inline:([^|\s]+)", body, re.M):
            if not self.active or suite not in TAG_LEN:
                continue
            key = base64.b64decode(key + "=" * (-len(key) % 4))
            if suite != self.suite:
                self.suite = suite
                self.out = Direction(suite, self.ours)
            if (suite, key) != self.theirs:
                self.theirs, self.incoming = (suite, key), Direction(suite, key)
            self.tag = int(tag)
            return

    def seal(self, packet):
        return self.out.protect(packet) if self.active else packet

    def open(self, packet):
        """The packet in the clear; None, counted, if it is not the box's."""
        if not self.active:
            return packet
        if self.incoming is None:  # sound may come before the answer that tells its key
            return None
        opened = self.incoming.unprotect(packet)
        self.refused += opened is None
        return opened


def _self_test():
    """RFC 3711 B.3, B.2 and a whole packet."""
    key = bytes.fromhex("E1F97A0D3E018BE0D64FA32C06DE41390EC675AD498AFEEBB6960B3AABE6")
    direction = Direction(LONG, key)
    assert direction.salt == int("30CBBC08863D8C85D49DB34A9AE1", 16)
    assert direction.auth.hex().upper().startswith("CEBE321F6FF7716B6FD4AB49AF256A15")
    aes = Aes(bytes.fromhex("2B7E151628AED2A6ABF7158809CF4F3C"))
    assert aes.block(int("F0F1F2F3F4F5F6F7F8F9FAFBFCFD0000", 16)) == int("E03EAD0935C95E80E166B16DD92B4EB4", 16)
    plain = bytes.fromhex("800F1234DECAFBADCAFEBABE" + "AB" * 16)
    packet = direction.protect(plain)
    assert packet[12:].hex() == "4e55dc4ce79978d88ca4d215949d2402b78d6acc99ea179b8dbb"
    assert Direction(LONG, key).unprotect(packet) == plain
    assert Direction(LONG, key).unprotect(packet[:-1] + b"\0") is None


_self_test()
