"""Reads one card from a SAM module on the serial line argv[1]: an independent peer of the simulator.

Prints the length and the check byte of the card's frame, and its text record. Standard library only.
"""

import os
import select
import sys
import termios
import time
import tty

PREAMBLE = bytes.fromhex("aaaaaa9669")


def ask(line, cmd, para, seconds):
    body = bytes([0, 3, cmd, para])
    check = 0
    for byte in body:
        check ^= byte
    os.write(line, PREAMBLE + body + bytes([check]))
    frame, end = b"", time.monotonic() + seconds
    while True:
        start = frame.find(PREAMBLE)
        if start >= 0 and len(frame) >= start + 7:
            length = int.from_bytes(frame[start + 5 : start + 7], "big")
            if len(frame) >= start + 7 + length:
                return frame[start : start + 7 + length]
        ready, _, _ = select.select([line], [], [], max(0, end - time.monotonic()))
        if not ready:
            sys.exit(f"no answer to {cmd:02x} {para:02x}, {len(frame)} bytes")
        frame += os.read(line, 4096)


line = os.open(sys.argv[1], os.O_RDWR | os.O_NOCTTY)
tty.setraw(line)
settings = termios.tcgetattr(line)
settings[4] = settings[5] = termios.B115200
termios.tcsetattr(line, termios.TCSANOW, settings)

assert ask(line, 0x11, 0xFF, 2)[9] == 0x90, "the module is not well"
sam_id = ask(line, 0x12, 0xFF, 2)[10:-1]
assert sam_id == bytes.fromhex("05000300f98c320139300000f2357728"), sam_id.hex()
assert ask(line, 0x20, 0x01, 2)[9] == 0x9F, "no card"
assert ask(line, 0x20, 0x02, 2)[9] == 0x90, "not selected"
card = ask(line, 0x30, 0x01, 5)
check = 0
for byte in card[5:-1]:
    check ^= byte
assert check == card[-1], "wrong check byte"
assert card[9:14] == bytes.fromhex("9001000400"), card[9:14].hex()
assert ask(line, 0x20, 0x01, 2)[9] == 0x80, "a card at rest is not found again"
print(len(card), f"{card[-1]:02X}", card[14:270].hex())
