"""A security module on a pty of its own, written from the manual: an independent peer of the driver.

Prints the path of its line, then answers until standard input ends. argv[1] is the card's text record in
hexadecimal; the card lies on the reader, is found until it was read, and is not found again. Standard
library only.
"""

import os
import select
import sys
import tty

PREAMBLE = bytes.fromhex("aaaaaa9669")
RECORD = bytes.fromhex(sys.argv[1])
PHOTO = bytes((7 * i + 3) & 0xFF for i in range(1024))


def frame(sw3, data=b""):
    body = (len(data) + 4).to_bytes(2, "big") + bytes([0, 0, sw3]) + data
    check = 0
    for byte in body:
        check ^= byte
    return PREAMBLE + body + bytes([check])


line, near = os.openpty()
tty.setraw(near)
print(os.ttyname(near), flush=True)
resting = False
received = b""
asked = {}
while True:
    ready, _, _ = select.select([line, sys.stdin], [], [])
    if sys.stdin in ready:
        print(" ".join(f"{key}={count}" for key, count in sorted(asked.items())), flush=True)
        break
    received += os.read(line, 4096)
    while True:
        start = received.find(PREAMBLE)
        if start < 0 or len(received) < start + 10:
            break
        command = received[start + 7 : start + 9]
        check = 0
        for byte in received[start + 5 : start + 9]:
            check ^= byte
        assert check == received[start + 9], "a wrong check byte"
        received = received[start + 10 :]
        key = command.hex()
        asked[key] = asked.get(key, 0) + 1
        if key == "11ff":
            answer = frame(0x90)
        elif key == "12ff":
            answer = frame(0x90, bytes(16))
        elif key == "2001":
            answer = frame(0x80) if resting else frame(0x9F, bytes(4))
        elif key == "2002":
            answer = frame(0x90, bytes(8))
        elif key == "3001":
            resting = True
            answer = frame(0x90, bytes.fromhex("01000400") + RECORD + PHOTO)
        elif key == "3003":
            answer = frame(0x91)
        else:
            answer = frame(0x21)
        # In two pieces, as USB adapters deliver.
        os.write(line, answer[:7])
        os.write(line, answer[7:])
