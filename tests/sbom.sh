#!/usr/bin/env bash
# Writes the list of the dependencies of both programs (SBOM, CycloneDX), and checks that it contains every crate that is built
# for this target.
#
#   tests/sbom.sh [FILE]   by default target/toolchainkit.cdx.json
set -euo pipefail
cd "$(dirname "$0")/.."

tools=${TOOLCHAINKIT_TEST_TOOLS:-$HOME/.cache/toolchainkit-tests}
PATH=$tools/cargo-cyclonedx-0.5.9/bin:$PATH
file=${1:-target/toolchainkit.cdx.json}
host=$(rustc -vV | sed -n 's/^host: //p')
# The tool can only write beside Cargo.toml.
export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}
cargo cyclonedx --format json --target "$host" --spec-version 1.5 --override-filename toolchainkit.cdx
mkdir -p "$(dirname "$file")"
mv toolchainkit.cdx.json "$file"
# The crates of build scripts and macros are a part of the list, and those of the tests are not.
cargo tree --locked --edges normal,build --target "$host" --prefix none --format '{p}' |
  sed 's/^\([^ ]*\) v\([^ ]*\).*/\1 \2/' | sort -u >"$file.expected"
python3 - "$file" "$file.expected" <<'END'
import json, sys
bom = json.load(open(sys.argv[1]))
components = [bom["metadata"]["component"], *bom["components"]]
listed = {f'{component["name"]} {component["version"]}' for component in components}
expected = set(open(sys.argv[2]).read().split("\n")) - {""}
print(f"{len(listed)} crates are listed, {len(expected)} are built")
for crate in sorted(expected - listed):
    print("missing:", crate)
for component in bom["components"]:
    assert component.get("purl", "").startswith("pkg:cargo/"), component["name"]
    assert component.get("licenses"), component["name"] + " has no licence"
sys.exit(bool(expected - listed) or len(expected) < 50)
END
rm "$file.expected"
