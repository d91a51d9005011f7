#!/usr/bin/env bash
# Records a build with an empty cache and one with a filled cache as a picture: docs/images/recording.svg. It builds a copy of
# examples/hello-cache with the tools of tests/setup.sh, in a folder of its own, and removes it at the end.
#
#   docs/recording.sh [FILE]
#
# Run it while the machine does nothing else: the times are those of the run.
set -euo pipefail
cd "$(dirname "$0")/.."
repository=$PWD
picture=$(realpath -m "${1:-docs/images/recording.svg}")

tests/setup.sh quickstart
cargo build --release --locked --quiet
# shellcheck source=examples/sandbox.sh
. examples/sandbox.sh
toolchainkit install --quiet

python3 - "$repository" "$picture" "$work" <<'PYTHON'
"""Runs the commands, and draws what they print at the time at which they print it."""
import html, subprocess, sys, time

_, repository, picture, work = sys.argv
WIDTH, LINE, MARGIN, LONGEST = 640, 20, 16, 76
COMMANDS = [
    "toolchainkit generate",
    "cmake --preset release",
    "cmake --build --preset release",
    "rm -rf build",
    "cmake --preset release",
    "cmake --build --preset release",
    "toolchainkit stats",
]
# Of the rest, only the last line of Ninja and the first ones of the statistics are shown.
SHOWN = ("wrote", "-- toolchainkit:", "  hits", "  misses", "  time spent")

rows = []  # (the time of its appearance, its class, its text, a note)
now = 0.0
for command in COMMANDS:
    rows.append([now + 0.3, "command", "$ " + command, ""])
    started = time.monotonic()
    process = subprocess.run(command, shell=True, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    took = time.monotonic() - started
    if process.returncode != 0:
        sys.exit(f"{command}: exit code {process.returncode}\n{process.stdout}")
    lines = process.stdout.splitlines()
    shown = [line for line in lines if line.startswith(SHOWN)]
    note = ""
    if command.startswith("cmake --build"):
        shown, note = lines[-1:], f"{took:.1f} s"
    now += 0.3 + took
    for line in shown:
        line = line.replace(work + "/cache", "~/.cache").replace(work, "~")
        line = line if len(line) <= LONGEST else line[: LONGEST - 1] + "…"
        rows.append([now, "output", line, note])
    now += 0.4

# A long build is played faster.
speed = max(1.0, now / 15)
height = MARGIN * 2 + LINE * (len(rows) + 1)
out = [
    f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" aria-labelledby="title">',
    "<title id=\"title\">A terminal: the first build compiles, and the build after it gets every object from the cache.</title>",
    "<style>",
    "svg { --ground: #ffffff; --frame: #d0d7de; --text: #1f2328; --dim: #59636e; --command: #0550ae; --note: #116329 }",
    "@media (prefers-color-scheme: dark) { svg { --ground: #0d1117; --frame: #3d444d; --text: #f0f6fc; --dim: #9198a1; --command: #79c0ff; --note: #7ee787 } }",
    "rect { fill: var(--ground); stroke: var(--frame) }",
    "text { font: 13px ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace; white-space: pre; fill: var(--text); animation: appear 1ms both }",
    ".command { fill: var(--command); font-weight: bold } .note { fill: var(--note); font-weight: bold } .caption { fill: var(--dim); animation: none }",
    "@keyframes appear { from { visibility: hidden } to { visibility: visible } }",
    "@media (prefers-reduced-motion: reduce) { text { animation: none } }",
    "</style>",
    f'<rect x="0.5" y="0.5" width="{WIDTH - 1}" height="{height - 1}" rx="8"/>',
]
for number, (at, kind, text, note) in enumerate(rows):
    y = MARGIN + LINE * (number + 1) - 6
    style = f'style="animation-delay: {at / speed:.2f}s"'
    escaped = html.escape(text, quote=False)
    if note:
        escaped += f'<tspan class="note">   {note}</tspan>'
    out.append(f'<text x="{MARGIN}" y="{y}" class="{kind}" {style} xml:space="preserve">{escaped}</text>')
caption = "examples/hello-cache: 14 sources" + (f"; played at {speed:.1f} times the speed" if speed > 1 else "")
out.append(f'<text x="{MARGIN}" y="{height - MARGIN + 4}" class="caption">{caption}</text>')
out.append("</svg>")
with open(picture, "w", encoding="utf-8") as file:
    file.write("\n".join(out) + "\n")
for at, _, text, note in rows:
    print(f"{at:6.1f}  {text}  {note}")
PYTHON
printf 'wrote %s\n' "$picture"
