#!/usr/bin/env python3
"""Adds completions, manual pages and licences to a wheel of maturin, so that pip installs them below share.

    packaging/wheel.py WHEEL FILES FOLDER

FILES is the folder of packaging/build.sh. The result is written to FOLDER. It is an error if the programs in the wheel are
not those in FILES.
"""

import base64
import hashlib
import os
import pathlib
import sys
import time
import zipfile


def main(wheel, files, folder):
    source = zipfile.ZipFile(wheel)
    name = "-".join(wheel.name.split("-")[:2])
    record_name = f"{name}.dist-info/RECORD"
    members = {
        info.filename: (source.read(info), info.external_attr >> 16)
        for info in source.infolist()
        if info.filename != record_name
    }
    for program in sorted((files / "bin").iterdir()):
        in_wheel = members[f"{name}.data/scripts/{program.name}"][0]
        if in_wheel != program.read_bytes():
            sys.exit(f"wheel.py: {program.name} in {wheel.name} differs from {program}")
    for path in sorted((files / "share").rglob("*")):
        if path.is_file():
            members[f"{name}.data/data/share/{path.relative_to(files / 'share')}"] = (path.read_bytes(), 0o100644)
    lines = []
    for member, (content, _) in sorted(members.items()):
        digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
        lines.append(f"{member},sha256={digest},{len(content)}\n")
    lines.append(f"{record_name},,\n")
    # The RECORD is the last member, as the standard recommends.
    ordered = sorted(members.items()) + [(record_name, ("".join(lines).encode(), 0o100644))]
    moment = time.gmtime(max(int(os.environ.get("SOURCE_DATE_EPOCH", 0)), 315_532_800))
    result = folder / wheel.name
    with zipfile.ZipFile(result, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as target:
        for member, (content, mode) in ordered:
            info = zipfile.ZipInfo(member, moment[:6])
            info.external_attr = (mode or 0o100644) << 16
            info.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(info, content)
    print(result)


if len(sys.argv) != 4:
    sys.exit(__doc__)
main(*(pathlib.Path(word) for word in sys.argv[1:]))
