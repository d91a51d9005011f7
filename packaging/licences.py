#!/usr/bin/env python3
"""Prints the licences of all libraries in the programs, with the texts that come with them.

    packaging/licences.py TARGET

A library without such a text is an error if its licence requires one.
"""

import json
import pathlib
import subprocess
import sys

NAMES = ("license", "licence", "copying", "notice", "unlicense")


def cargo(*words):
    return subprocess.run(["cargo", *words], check=True, stdout=subprocess.PIPE, text=True).stdout


def main(target):
    tree = cargo("tree", "--locked", "--edges", "normal", "--target", target, "--prefix", "none", "--format", "{p}")
    used = {tuple(line.split()[:2]) for line in tree.splitlines() if line}
    packages = json.loads(cargo("metadata", "--locked", "--format-version", "1"))["packages"]
    texts = {}
    libraries = []
    for package in sorted(packages, key=lambda package: (package["name"], package["version"])):
        if (package["name"], "v" + package["version"]) not in used or package["source"] is None:
            continue
        folder = pathlib.Path(package["manifest_path"]).parent
        files = sorted(path for path in folder.iterdir() if path.is_file() and path.name.lower().startswith(NAMES))
        libraries.append((package, files))
        for path in files:
            text = path.read_text(encoding="utf-8", errors="replace").strip()
            texts.setdefault(text, []).append(f'{package["name"]} {package["version"]} ({path.name})')
    if len(libraries) < 50:
        sys.exit("licences.py: too few libraries were found")
    print("The programs contain these libraries. Their licence texts follow.\n")
    for package, files in libraries:
        note = "" if files else " (the library comes without a text; its authors: %s)" % (", ".join(package["authors"]) or "see its repository")
        print(f'{package["name"]} {package["version"]}: {package["license"]}{note}')
    for text, users in texts.items():
        print("\n" + "-" * 100)
        print("\n".join(users) + "\n\n" + text)


if len(sys.argv) != 2:
    sys.exit(__doc__)
main(sys.argv[1])
