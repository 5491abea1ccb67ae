#!/usr/bin/env python3
"""The kiosk's screen beside Chromium showing an equal page, one after the other under the same Xvfb.

    make bench-screens

Measured for both: time from the start of the program to the first pixel of a button, with warm caches; resident
memory of all its processes; processor time while nothing happens; and from a press of the mouse to the pixel that
shows it. Then the kiosk alone: its memory after a hundred whole visits of the scripted applicant, each with a certificate
on paper (some twenty minutes; `--without-visits` leaves them out). Needs xvfb, xdotool, libxtst6 and chromium of Debian; starts nothing that it does not end.
"""

import ctypes
import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BINARY = os.environ.get("KIOSK_BINARY", os.path.join(ROOT, "target/release/permit-kiosk"))
WIDTH, HEIGHT = 1080, 1920
PRESSES = 300
IDLE_S = 30
VISITS = 100
STARTS = 5
AFTER_VISITS = f"resident after {VISITS} visits, MB"
# At most so much, or (whole numbers) at most this part of what Chromium takes.
LIMITS = {
    "first frame, ms": [400.0, 5],
    "resident, MB": [10],
    "idle, % of a core": [1.0],
    "press to frame, ms p99": [33.0],
    AFTER_VISITS: [60.0],
}


class Screen:
    """A display: one pixel looked at, and presses of a button as a driver would make them."""

    def __init__(self, display):
        self.x = ctypes.CDLL("libX11.so.6")
        self.test = ctypes.CDLL("libXtst.so.6")
        for name in ("XOpenDisplay", "XDefaultRootWindow", "XGetImage"):
            getattr(self.x, name).restype = ctypes.c_void_p
        self.x.XGetPixel.restype = ctypes.c_ulong
        self.display = ctypes.c_void_p(self.x.XOpenDisplay(display.encode()))
        self.root = ctypes.c_void_p(self.x.XDefaultRootWindow(self.display))

    def pixel(self, x, y):
        image = ctypes.c_void_p(
            self.x.XGetImage(self.display, self.root, x, y, 1, 1, ctypes.c_ulong(0xFFFFFFFF), 2))
        value = self.x.XGetPixel(image, 0, 0)
        self.x.XDestroyImage(image) if hasattr(self.x, "XDestroyImage") else self.x.XFree(image)
        return value & 0xFFFFFF

    def move(self, x, y):
        self.test.XTestFakeMotionEvent(self.display, 0, x, y, ctypes.c_ulong(0))
        self.x.XSync(self.display, 0)

    def button(self, down):
        self.test.XTestFakeButtonEvent(self.display, 1, int(down), ctypes.c_ulong(0))
        self.x.XSync(self.display, 0)

    def until(self, done, x, y, patience=60):
        began = time.monotonic()
        while time.monotonic() - began < patience:
            if done(self.pixel(x, y)):
                return time.monotonic()
        raise SystemExit(f"pixel {x},{y} stays {self.pixel(x, y):06x}")


def unit_environment():
    """What the unit of the kiosk tells the C library, beside what is set here."""
    with open(os.path.join(ROOT, "assets/systemd/permit-kiosk.service")) as unit:
        words = " ".join(line.removeprefix("Environment=") for line in unit if line.startswith("Environment=MALLOC_"))
    return os.environ | dict(word.split("=", 1) for word in words.split())


def start_xvfb():
    process = subprocess.Popen(
        ["Xvfb", "-displayfd", "1", "-screen", "0", f"{WIDTH}x{HEIGHT}x24", "-nolisten", "tcp"],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    return process, ":" + process.stdout.readline().decode().strip()


def family(pid):
    """A process and everything it has started."""
    parents = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                with open(f"/proc/{entry}/stat") as file:
                    parents[int(entry)] = int(file.read().rsplit(")", 1)[1].split()[1])
            except OSError:
                pass
    all_of = {pid}
    while True:
        more = {child for child, parent in parents.items() if parent in all_of} - all_of
        if not more:
            return all_of
        all_of |= more


def arguments(pid):
    try:
        with open(f"/proc/{pid}/cmdline") as file:
            return file.read().rstrip("\0").split("\0")
    except OSError:
        return []


def kiosk_of(demo):
    """The kiosk's own process, which a demonstration has started."""
    for pid in family(demo.pid):
        if arguments(pid)[1:2] == ["run"]:
            return pid
    raise SystemExit("the kiosk does not run")


def memory_mb(pid):
    total = 0
    for one in family(pid):
        try:
            with open(f"/proc/{one}/status") as file:
                total += sum(int(line.split()[1]) for line in file if line.startswith("VmRSS"))
        except OSError:
            pass
    return total / 1024


def cpu_s(pid):
    total = 0
    for one in family(pid):
        try:
            with open(f"/proc/{one}/stat") as file:
                fields = file.read().rsplit(")", 1)[1].split()
                total += int(fields[11]) + int(fields[12])
        except OSError:
            pass
    return total / os.sysconf("SC_CLK_TCK")


def idle_percent(pid):
    before = cpu_s(pid)
    time.sleep(IDLE_S)
    return (cpu_s(pid) - before) / IDLE_S * 100


def presses(screen, x, y, look):
    """From each press to the frame that shows it, in milliseconds."""
    screen.move(x, y)
    taken = []
    for _ in range(PRESSES):
        resting = screen.pixel(*look)
        began = time.monotonic()
        screen.button(True)
        shown = screen.until(lambda pixel: pixel != resting, *look)
        taken.append((shown - began) * 1000)
        # Lifted elsewhere: nothing is pressed, and the page stays.
        screen.move(5, 5)
        screen.button(False)
        screen.until(lambda pixel: pixel == resting, *look)
        screen.move(x, y)
    taken.sort()
    return statistics.median(taken), taken[int(len(taken) * 0.99)]


class Kiosk:
    """Central, the simulated devices and the kiosk's own process, started as the demonstration does."""

    def __init__(self, folder):
        self.folder = folder
        self.log = open(os.path.join(folder, "log"), "wb")
        self.stage = os.path.join(folder, "stage")

    def begin(self, display):
        """The demonstration once, for keys, central and devices; answers the kiosk's own command line."""
        self.demo = subprocess.Popen(
            [BINARY, "demo", "--fullscreen", "--without-bench", "--line-rate", "max", "--dir", self.stage],
            cwd=ROOT, env=unit_environment() | {"DISPLAY": display}, stdout=self.log, stderr=self.log)
        probe = os.path.join(self.stage, "probe")
        while not os.path.exists(probe):
            if self.demo.poll() is not None:
                raise SystemExit(f"the demonstration ended: see {self.folder}/log")
            time.sleep(0.1)
        kiosk = kiosk_of(self.demo)
        return kiosk, arguments(kiosk)

    def ask(self, question):
        with socket.socket(socket.AF_UNIX) as line:
            line.connect(os.path.join(self.stage, "probe"))
            line.sendall(question.encode() + b"\n")
            return line.makefile().readline().strip()

    def find(self, what):
        for _ in range(300):
            answer = self.ask(f"find {what}")
            if answer[:1].isdigit():
                x, y, width, height = map(int, answer.split())
                return x + width // 2, y + height // 2
            time.sleep(0.05)
        raise SystemExit(f"{what} is not on the screen: {self.ask('texts')}")


def resident_after_visits(folder):
    """The kiosk's memory while the applicant after the hundredth stands before it: its number, and its own process."""
    visits = ["F01", "H01", "Y01"] + ["F-reissue"] * (VISITS - 2)
    demo = subprocess.Popen(
        [BINARY, "demo", "--headless", "--line-rate", "max", "--dir", os.path.join(folder, "visits"),
         "--visit", ",".join(visits)],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    begun, kiosk, seen = 0, None, []
    for line in demo.stdout:
        if line.startswith("visit "):
            begun += 1
            kiosk = kiosk or kiosk_of(demo)
            seen.append(memory_mb(kiosk))
    if demo.wait() != 0 or begun != len(visits):
        raise SystemExit(f"only {begun} of {len(visits)} visits were made: run the demonstration by hand")
    return seen


def measure_kiosk(display, folder):
    screen = Screen(display)
    kiosk = Kiosk(folder)
    pid, command = kiosk.begin(display)
    primary = kiosk.find("primary")
    blue = screen.pixel(primary[0], primary[1] - 60)
    starts = []
    environment = unit_environment() | {"DISPLAY": display}
    # The same kiosk again: its journal can be open once, so the first has to end.
    os.kill(pid, signal.SIGKILL)
    kiosk.demo.wait()
    # Central and devices ended with the demonstration; without central the kiosk starts all the same.
    process = None
    for _ in range(STARTS):
        if process:
            process.kill()
            process.wait()
        screen.until(lambda pixel: pixel != blue, primary[0], primary[1] - 60)
        began = time.monotonic()
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=kiosk.log, stderr=kiosk.log)
        shown = screen.until(lambda pixel: pixel not in (0, 0xF2F5F9), 540, 60)
        starts.append((shown - began) * 1000)
    time.sleep(2)
    result = {"first frame, ms": statistics.median(starts), "resident, MB": memory_mb(process.pid)}
    result["idle, % of a core"] = idle_percent(process.pid)
    x, y = kiosk.find("help")
    # The ground of the button, beside its words.
    result["press to frame, ms p50"], result["press to frame, ms p99"] = presses(
        screen, x, y, (x, y - 34))
    process.kill()
    process.wait()
    return result


def measure_chromium(display, folder):
    screen = Screen(display)
    page = "file://" + os.path.join(ROOT, "benches/screens/page.html")
    command = ["chromium", "--kiosk", "--no-first-run", "--no-sandbox", "--disable-translate", "--disable-gpu",
               f"--user-data-dir={folder}/chromium", f"--window-size={WIDTH},{HEIGHT}", "--window-position=0,0", page]
    starts = []
    process = None
    for _ in range(STARTS):
        if process:
            process.terminate()
            process.wait()
        screen.until(lambda pixel: pixel == 0, 540, 400)
        began = time.monotonic()
        process = subprocess.Popen(command, env=os.environ | {"DISPLAY": display},
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        shown = screen.until(lambda pixel: pixel == 0xFFFFFF, 300, 500)
        starts.append((shown - began) * 1000)
    time.sleep(2)
    result = {"first frame, ms": statistics.median(starts), "resident, MB": memory_mb(process.pid)}
    result["idle, % of a core"] = idle_percent(process.pid)
    result["press to frame, ms p50"], result["press to frame, ms p99"] = presses(
        screen, 300, 500, (300, 500))
    process.terminate()
    process.wait()
    return result


def main():
    xvfb, display = start_xvfb()
    try:
        with tempfile.TemporaryDirectory() as folder:
            ours = measure_kiosk(display, folder)
            theirs = measure_chromium(display, folder)
            if "--without-visits" not in sys.argv:
                seen = resident_after_visits(folder)
                ours["resident before the first visit, MB"] = seen[0]
                ours[AFTER_VISITS] = seen[-1]
    finally:
        xvfb.terminate()
        xvfb.wait()
    if "--json" in sys.argv:
        print(json.dumps({"kiosk": ours, "chromium": theirs}, indent=1))
        return
    print(f"{'':34}{'kiosk':>10}{'chromium':>10}{'ratio':>8}  limits")
    missed = 0
    for name, value in ours.items():
        other = theirs.get(name)
        beside = f"{other:10.1f}{other / value:8.1f}" if other and value else " " * 18
        told = []
        for limit in LIMITS.get(name, []):
            most = limit if isinstance(limit, float) else other / limit
            held = value < most
            missed += not held
            told.append(f"< {most:.0f}" + (f" (1/{limit} of Chromium)" if most is not limit else "")
                        + (" holds" if held else " MISSED"))
        print(f"{name:34}{value:10.1f}{beside}  {', '.join(told)}")
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
