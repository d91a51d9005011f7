#!/usr/bin/env python3
"""Runs the measurements, and records them; tests/bench/run.sh calls this program and describes its options."""

import argparse
import datetime
import json
import pathlib
import sys
import time

import builds
import configuring
import record
import single
from place import Place, machine

PARTS = {
    "single": single.measure_single,
    "builds": builds.measure_builds,
    "hits": builds.measure_hits,
    "configuring": configuring.measure_configuring,
    "generate": configuring.measure_generate,
    "remotes": builds.measure_remotes,
    "growth": configuring.measure_growth,
}


def listed(known):
    def parse(text):
        names = text.split(",")
        unknown = [name for name in names if name not in known]
        if unknown:
            raise argparse.ArgumentTypeError(f"{unknown[0]} is not one of {', '.join(known)}")
        return names

    return parse


def arguments():
    parser = argparse.ArgumentParser(prog="tests/bench/run.sh")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--projects", type=listed(builds.PROJECTS))
    parser.add_argument("--parts", type=listed(PARTS), default=list(PARTS))
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--name", default="machine")
    parser.add_argument("--output", type=pathlib.Path, default=pathlib.Path(__file__).parent / "results")
    parser.add_argument("--work", help="folder for the temporary folder", default=None)
    for name in ("program", "cmake", "ccache"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--sccache", action="append", required=True)
    options = parser.parse_args()
    options.projects = options.projects or (["zstd"] if options.quick else list(builds.PROJECTS))
    options.all_tools = [("ccache", options.ccache), *(("sccache", version) for version in options.sccache)]
    return options


class Saved(list):
    """A list that is saved after each change, so that an interruption loses little."""

    def __init__(self, save):
        super().__init__()
        self.save = save

    def append(self, it):
        super().append(it)
        self.save()


def same_machine(one, other):
    return {**one, "load": 0} == {**other, "load": 0}


def main():
    options = arguments()
    place = Place(options)
    begin = time.monotonic()

    def say(text):
        print(f"[{time.monotonic() - begin:5.0f} s] {text}", file=sys.stderr, flush=True)

    document = {
        "version": 1,
        "date": datetime.date.today().isoformat(),
        "name": options.name,
        "is_quick": options.quick,
        "machine": machine(place),
        "parts": {},
    }
    options.output.mkdir(parents=True, exist_ok=True)
    path = options.output / f"{document['date']}-{options.name}.json"
    if path.exists():
        # Another part of today's run.
        earlier = json.loads(path.read_text())
        if earlier["is_quick"] == options.quick and same_machine(earlier["machine"], document["machine"]):
            document["parts"] = earlier["parts"]
    previous = record.last(options.output, options.name, path)
    try:
        for part in options.parts:
            document["parts"][part] = Saved(lambda: path.write_text(json.dumps(document, indent=1) + "\n"))
            PARTS[part](place, say, document["parts"][part])
    finally:
        place.remove()
    text = record.markdown(document, previous)
    path.with_suffix(".md").write_text(text)
    print(text)


if __name__ == "__main__":
    main()
