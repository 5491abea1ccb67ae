"""Checks what is left of a kiosk after a mishap, knowing nothing of the software under test: a journal is
an SQLite file of texts as docs/formats/journal.md describes them.

Reads one question a line, JSON, and answers each with a line: "ok", or what is wrong.

    journal   path of the kiosk's journal
    central   path of central's permit book, if it is to be compared
    told      {application: permit number}: what applicants were told
    paper     [serial, ...]: the sheets that came out of the printer
    pictures  [path, ...]: what came out of simulated printers, as PNG; the codes on it are read with zbarimg
"""

import hashlib
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile


def open_left(path):
    """Opens a file nobody is writing to. What a killed process left in its WAL belongs to it."""
    if not os.path.exists(path + "-wal"):
        return sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True)
    folder = tempfile.mkdtemp()
    for part in ("", "-wal"):
        shutil.copy(path + part, os.path.join(folder, "copy" + part))
    whole = sqlite3.connect(":memory:")
    with sqlite3.connect(os.path.join(folder, "copy")) as copy:
        copy.backup(whole)
    copy.close()
    shutil.rmtree(folder)
    return whole


def records_of(path, table, where=""):
    """The texts and signatures of a chain, in order."""
    db = open_left(path)
    assert db.execute("PRAGMA quick_check").fetchone() == ("ok",), "SQLite finds damage"
    rows = db.execute(f"SELECT position, {table[1]} FROM {table[0]} {where} ORDER BY position").fetchall()
    db.close()
    return rows


def follow(rows):
    """Each record stands in its place and names the one before: returns the parsed records."""
    previous, parsed = "0" * 64, []
    for expected, (position, text) in enumerate(rows, 1):
        record = json.loads(text)
        assert position == expected == record["position"], f"position {expected} is missing or misplaced"
        assert record["previous"] == previous, f"the record at {position} does not follow the one before"
        previous = hashlib.sha256(b"permit-kiosk/record/1\n" + text.encode()).hexdigest()
        parsed.append(record)
    return parsed


BASE45 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"


def base45(text):
    """RFC 9285."""
    values, out = [BASE45.index(letter) for letter in text], bytearray()
    for at in range(0, len(values), 3):
        group = values[at : at + 3]
        out += sum(value * 45**place for place, value in enumerate(group)).to_bytes(len(group) - 1, "big")
    return bytes(out)


def cbor(data, at=0):
    """One item of RFC 8949, as far as docs/formats/seal.md needs it, and where the next begins."""
    major, short = data[at] >> 5, data[at] & 31
    length = {24: 1, 25: 2, 26: 4, 27: 8}.get(short, 0)
    value = int.from_bytes(data[at + 1 : at + 1 + length], "big") if length else short
    at += 1 + length
    if major == 0:
        return value, at
    if major == 1:
        return -1 - value, at
    if major in (2, 3):
        part = data[at : at + value]
        return (part if major == 2 else part.decode()), at + value
    if major == 6:
        return cbor(data, at)
    items = []
    for _ in range(value * (2 if major == 5 else 1)):
        item, at = cbor(data, at)
        items.append(item)
    return (dict(zip(items[::2], items[1::2])) if major == 5 else items), at


CODES = {}


def codes_on(picture):
    """The texts of the QR codes on a piece of paper; each is read once."""
    if picture not in CODES:
        # Without these, other symbologies find codes in the border, and D-Bus complains.
        command = ["zbarimg", "--nodbus", "-q", "--raw", "-Sdisable", "-Sqrcode.enable", picture]
        CODES[picture] = subprocess.run(command, capture_output=True, text=True, check=False).stdout.split("\n")[:-1]
    return CODES[picture]


def check_paper(pictures, records):
    """What came out was issued, as it was issued, each sheet once; and what counts as printed came out."""
    numbers = {r["body"]["application"]: r["body"]["number"] for r in records if r["body"]["kind"] == "issued"}
    seals, addresses, counted = {}, set(), set()
    for record in records:
        body = record["body"]
        for sheet in body.get("sheets", [body]) if body["kind"] in ("issued", "printed") else []:
            if sheet.get("seal"):
                seals[sheet["seal"]] = (sheet["serial"], numbers.get(body["application"]))
        if body["kind"] == "issued":
            addresses.add(body["elicence"])
        if body["kind"] == "printed" and "confirmed" in body["step"] and body["serial"]:
            counted.add(body["serial"])
    seen = set()
    for picture in pictures:
        codes, name = codes_on(picture), os.path.basename(picture)
        for code in codes:
            if not code.startswith("PK1:"):
                assert code.rsplit("/", 1)[-1] in addresses, f"nobody issued what {name} leads to"
                continue
            # COSE_Sign1 (RFC 9052, 4.2): protected header, unprotected header, payload, signature.
            claims = cbor(cbor(base45(code[4:]))[0][2])[0]
            assert code in seals, f"{name}: {claims[1]} on sheet {claims[7]} came out and nobody issued it"
            assert claims[7] == seals[code][0], f"{name} bears another serial than the sheet has"
            assert claims[1] == seals[code][1], f"{name} bears another number than the permit has"
            assert claims[7] not in seen, f"sheet {claims[7]} came out twice"
            seen.add(claims[7])
        assert codes or not name.startswith("sheets"), f"there is no code on {name}"
    assert counted <= seen, f"{sorted(counted - seen)} count as printed and did not come out"


def check(question):
    rows = records_of(question["journal"], ("record", "text"))
    records = follow(rows)
    leased, used, issued, sheets, sent = {}, {}, {}, {}, set()
    trays = {}
    for record in records:
        body, at = record["body"], record["position"]
        kind = body["kind"]
        if kind == "block_installed":
            numbers = leased.setdefault(body["series"], [])
            assert not set(numbers) & set(range(body["first"], body["last"] + 1)), f"leased twice at {at}"
            numbers.extend(range(body["first"], body["last"] + 1))
        elif kind in ("issued", "number_voided"):
            number = (body["series"], body["sequence"])
            assert number not in used, f"number {number} is used at {used[number]} and at {at}"
            assert body["sequence"] in leased.get(body["series"], []), f"number {number} was never leased"
            used[number] = at
        elif kind == "numbers_returned":
            for sequence in range(body["first"], body["last"] + 1):
                number = (body["series"], sequence)
                assert number not in used, f"number {number} is used at {used[number]} and returned at {at}"
                used[number] = at
        if kind == "blanks_counted":
            assert not trays.get(body["paper"]), f"the tray counted at {at} was not emptied before"
            trays[body["paper"]] = list(range(body["first"], body["last"] + 1))
        elif kind == "blanks_spent":
            tray = trays[body["paper"]]
            taken = [tray.pop(0) for _ in range(min(len(tray), body["last"] - body["first"] + 1))]
            assert taken == list(range(body["first"], body["last"] + 1)), f"other sheets are spent at {at}"
        elif kind == "printed" and body["step"] not in ("queued", "sent", "unknown", "not_printed", "voided"):
            # A certificate that counts as printed, and the sheet it is on, are one.
            if trays.get({"original": "A3", "copy": "A4"}.get(body["document"])):
                spent = records[at]["body"] if at < len(records) else {}
                assert spent.get("kind") == "blanks_spent" and spent["job"] == body["job"], \
                    f"no sheet is spent on the certificate printed at {at}"
        if kind == "issued":
            application = body["application"]
            assert application not in issued, f"application {application} is issued twice"
            assert body["number"] not in issued.values(), f"permit {body['number']} is issued twice"
            issued[application] = body["number"]
            before = records[at - 2]["body"]
            assert before["kind"] == "decided" and before["application"] == application, \
                f"nothing was decided before {at}"
        if kind in ("issued", "printed"):
            for sheet in body.get("sheets", [body]):
                if sheet["serial"] is not None:
                    sheets[sheet["serial"]] = body["application"]
                if kind == "printed" and sheet["step"] == "sent":
                    assert sheet["job"] not in sent, f"job {sheet['job']} was sent twice"
                    sent.add(sheet["job"])
                # Only what did certainly not come out may be sent again; the paper tells whether that was so.
                if kind == "printed" and sheet["step"] == "not_printed":
                    sent.discard(sheet["job"])
    for series in leased:
        numbers = [n for s, n in used if s == series]
        assert sorted(numbers) == leased[series][: len(numbers)], f"{series} has a gap"
    for application, number in question.get("told", {}).items():
        assert issued.get(application) == number, f"{number} was told to {application} and is not issued"
    stock = open_left(question["journal"]).execute("SELECT paper, next, last FROM tray").fetchall()
    for size, next_, last in stock:
        assert trays.get(size) == list(range(next_, last + 1)), f"the records tell of another {size} tray"
    assert len(stock) == len(trays), "a tray is missing"
    paper = question.get("paper", [])
    assert len(paper) == len(set(paper)), "a sheet came out twice"
    for serial in paper:
        assert serial in sheets, f"sheet {serial} came out of the printer and nobody issued it"
        assert sheets[serial] in issued, f"sheet {serial} is of an application without a permit"
    if question.get("pictures"):
        check_paper(question["pictures"], records)
    if question.get("central"):
        kiosk = records[0]["kiosk"]
        theirs = records_of(question["central"], ("records", "record"), f"WHERE kiosk = '{kiosk}'")
        follow(theirs)
        assert theirs == rows[: len(theirs)], "central has another record than the kiosk"
        db = open_left(question["central"])
        acknowledged = open_left(question["journal"]).execute("SELECT acknowledged FROM outbox").fetchone()[0]
        assert acknowledged <= len(theirs), f"{acknowledged} are acknowledged, central has {len(theirs)}"
        poison = db.execute("SELECT position, quarantined FROM records WHERE quarantined IS NOT NULL").fetchall()
        assert poison == question.get("poison", []), f"central understands {poison} not"
        book = {n for (n,) in db.execute("SELECT number FROM permits WHERE kiosk = ?", (kiosk,))}
        pushed = {r["body"]["number"] for r in records[: len(theirs)] if r["body"]["kind"] == "issued"}
        assert book == pushed, f"the permit book has {sorted(book ^ pushed)} more or less than was pushed"


for line in sys.stdin:
    try:
        check(json.loads(line))
        print("ok", flush=True)
    except (AssertionError, sqlite3.Error, json.JSONDecodeError, KeyError, TypeError) as error:
        print(f"{type(error).__name__}: {error}".replace("\n", " "), flush=True)
