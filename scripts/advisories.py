#!/usr/bin/env python3
"""Holds Cargo.lock to a recorded copy of the RustSec advisories, without the network.

    scripts/advisories.py                    compares Cargo.lock with tests/advisories.json
    scripts/advisories.py record DATABASE    makes that file anew from a clone of rustsec/advisory-db

The copy has the advisories of the packages in Cargo.lock, also those that are repaired, with the commit and
the date of the database. `scripts/deny.sh advisories` asks the database of today.
"""

import datetime
import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RECORD = ROOT / "tests/advisories.json"
COMPARATOR = re.compile(r"(>=|<=|>|<|=|\^|~)?\s*(\d+(?:\.\d+)*)\S*")


def packages():
    """Names and versions of all packages from the registry."""
    lock = tomllib.loads((ROOT / "Cargo.lock").read_text())
    return [(one["name"], one["version"]) for one in lock["package"] if "source" in one]


def numbers(version):
    return tuple(int(part) for part in re.split(r"[-+]", version)[0].split("."))


def padded(version):
    return (version + (0, 0, 0))[:3]


def above(version):
    """The first version that `^version` excludes."""
    at = next((at for at, part in enumerate(version) if part), len(version) - 1)
    return padded(version[:at] + (version[at] + 1,))


def fits(version, requirement):
    """Whether a version is in a range such as `>= 1.2.3, < 2.0` or `^0.3`."""
    version = padded(numbers(version))
    for part in requirement.split(","):
        operator, text = COMPARATOR.fullmatch(part.strip()).groups()
        given = numbers(text)
        least = padded(given)
        next_one = padded(given[:-1] + (given[-1] + 1,))
        good = {
            ">=": version >= least,
            ">": version > least,
            "<": version < least,
            "<=": version <= least,
            "=": least <= version < next_one if len(given) < 3 else version == least,
            "~": least <= version < padded(given[:1] + (given[1] + 1,) if len(given) > 1 else next_one),
        }.get(operator, least <= version < above(given))
        if not good:
            return False
    return True


def git(database, *words):
    command = ["git", "-C", database, *words]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def read(text):
    """An advisory: TOML in a block at the beginning of a page of Markdown, whose heading is the title."""
    block, _, rest = text.partition("```toml\n")[2].partition("```")
    data = tomllib.loads(block)
    advisory, versions = data["advisory"], data.get("versions", {})
    title = re.search(r"^# (.+)$", rest, re.MULTILINE)
    return {
        "id": advisory["id"],
        "package": advisory["package"],
        "title": title[1] if title else advisory.get("title", ""),
        "kind": advisory.get("informational", "vulnerability"),
        "withdrawn": "withdrawn" in advisory,
        "good": versions.get("patched", []) + versions.get("unaffected", []),
    }


def record(database):
    names = {name for name, _ in packages()}
    paths = git(database, "ls-tree", "-r", "--name-only", "HEAD", "crates").splitlines()
    wanted = [path for path in paths if path.split("/")[1] in names and path.endswith(".md")]
    found = [read(git(database, "show", f"HEAD:{path}")) for path in wanted]
    commit, date = git(database, "log", "-1", "--format=%H %cs").split()
    found.sort(key=lambda one: one["id"])
    data = {"commit": commit, "date": date, "packages": sorted(names), "advisories": found}
    RECORD.write_text(json.dumps(data, indent=1, ensure_ascii=False) + "\n")
    print(f"{RECORD.relative_to(ROOT)}: {len(found)} advisories of {date}")


def accepted():
    """The advisories that deny.toml accepts, each with its reason."""
    rules = tomllib.loads((ROOT / "deny.toml").read_text())["advisories"]["ignore"]
    return {rule["id"]: rule["reason"] for rule in rules}


def check():
    data = json.loads(RECORD.read_text())
    reasons, wrong = accepted(), 0
    for name, version in packages():
        for one in data["advisories"]:
            if one["package"] != name or one["withdrawn"]:
                continue
            if any(fits(version, good) for good in one["good"]):
                continue
            note = f"{one['id']}: {name} {version}: {one['title']} ({one['kind']})"
            if one["id"] in reasons:
                print(f"accepted: {note}: {reasons[one['id']]}")
            else:
                print(f"error: {note}\n  help: https://rustsec.org/advisories/{one['id']}")
                wrong += 1
    unknown = sorted({name for name, _ in packages()} - set(data["packages"]))
    if unknown:
        print(f"not looked up, because new: {', '.join(unknown)}")
    days = (datetime.date.today() - datetime.date.fromisoformat(data["date"])).days
    print(f"{len(data['advisories'])} advisories of {data['date']}, {days} days old: {wrong} apply")
    return 1 if wrong else 0


if __name__ == "__main__":
    if sys.argv[1:2] == ["record"] and len(sys.argv) == 3:
        record(sys.argv[2])
    elif len(sys.argv) == 1:
        sys.exit(check())
    else:
        sys.exit(__doc__)
