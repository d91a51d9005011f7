#!/usr/bin/env bash
# Builds the packages. All packages of a target contain the same two programs.
#
#   packaging/build.sh [--target TARGET] [--out FOLDER] [--plain] NAME...
#
#   programs   both programs, their completions, manual pages and licences, in FOLDER/files-TARGET
#   archive    toolchainkit-VERSION-TARGET.tar.gz, for any system of this kind, and for cargo-binstall
#   wheel      a wheel for pip, pipx and uv
#   deb        a package for Debian and Ubuntu
#   npm        a package for npm
#   crate      the package for crates.io; it is built from its own files
#   recipes    the Homebrew formula, the winget manifest, the Nix flake and the Dockerfile, with the SHA-256 of the archives
#              in FOLDER
#   sums       SHA256SUMS of everything in FOLDER
#
# TARGET is by default x86_64-unknown-linux-musl: its programs are static, and run on every Linux. FOLDER is by default
# target/packages. With --plain, the programs are those of `cargo build --release` for this machine, which the tests of CI have built
# anyway. Existing programs in FOLDER/files-TARGET are used again unless `programs` is named.
set -euo pipefail

target=x86_64-unknown-linux-musl out='' names=() is_plain=''
usage() { sed -n '2,19p' "$0" >&2; exit 2; }
while [[ $# -gt 0 ]]; do
  case $1 in
    --target) target=${2:?}; shift ;;
    --plain) is_plain=1 ;;
    --out) out=${2:?}; shift ;;
    programs | archive | wheel | deb | npm | crate | recipes | sums) names+=("$1") ;;
    *) usage ;;
  esac
  shift
done
[[ ${#names[@]} -gt 0 ]] || usage
[[ ! $out ]] || { mkdir -p "$out"; out=$(cd "$out" && pwd); }
cd "$(dirname "$0")/.."
out=${out:-$PWD/target/packages}
files=$out/files-$target
mkdir -p "$out"

# A value of [package] in Cargo.toml.
field() { sed -n "/^\[package\]/,/^\[/s/^$1 = \"\(.*\)\"/\1/p" Cargo.toml; }
version=$(field version)
description=$(field description)
repository=$(field repository)
homepage=$(field homepage)
suffix=''
if [[ $target = *windows* ]]; then suffix=.exe; fi
export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || echo 0)}
PATH=${TOOLCHAINKIT_TEST_TOOLS:-$HOME/.cache/toolchainkit-tests}/maturin-1.16.0/bin:$PATH
umask 022

say() { printf 'packaging: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

# --- The programs, and what belongs to them ---------------------------------------------------------------------------

programs() {
  rm -rf "$files"
  mkdir -p "$files/bin"
  if [[ $is_plain ]]; then
    cargo build --release --locked
    cp "${CARGO_TARGET_DIR:-target}"/release/{toolchainkit,toolchainkit-launch} "$files/bin/"
  else
    packaging/release.sh "$files/bin" "$target"
  fi
  # For another system, a program of this machine writes the pages.
  local program=${TOOLCHAINKIT_PROGRAM:-$files/bin/toolchainkit$suffix}
  "$program" --version >/dev/null || die "$program does not run here; name one that does in TOOLCHAINKIT_PROGRAM"
  local share=$files/share
  mkdir -p "$share"/{man/man1,bash-completion/completions,zsh/site-functions,fish/vendor_completions.d,doc/toolchainkit}
  "$program" --quiet man --out "$share/man/man1"
  "$program" completions bash >"$share/bash-completion/completions/toolchainkit"
  "$program" completions zsh >"$share/zsh/site-functions/_toolchainkit"
  "$program" completions fish >"$share/fish/vendor_completions.d/toolchainkit.fish"
  "$program" completions powershell >"$share/doc/toolchainkit/completions.ps1"
  cp README.md CHANGELOG.md LICENSE-APACHE LICENSE-MIT "$share/doc/toolchainkit/"
  packaging/licences.py "$target" >"$share/doc/toolchainkit/THIRD-PARTY-LICENSES.txt"
}

# The programs are built once.
need_programs() { [[ -x $files/bin/toolchainkit$suffix ]] || programs; }

# --- The packages -----------------------------------------------------------------------------------------------------

# A file with the names, the order, the owners and the times of the same source.
archive() {
  need_programs
  local name=toolchainkit-$version-$target
  tar --sort=name --mtime="@$SOURCE_DATE_EPOCH" --owner=0 --group=0 --numeric-owner --transform "s,^\.,$name," \
    -C "$files" -cf - . | gzip -n9 >"$out/$name.tar.gz"
  (cd "$out" && sha256sum "$name.tar.gz" >"$name.tar.gz.sha256")
  say "$out/$name.tar.gz"
  # For winget.
  if [[ $target = *windows* ]]; then
    cp -r "$files" "$out/$name"
    (cd "$out" && rm -f "$name.zip" && python3 -m zipfile -c "$name.zip" "$name" && sha256sum "$name.zip" >"$name.zip.sha256")
    rm -rf "${out:?}/$name"
  fi
}

# maturin builds the same programs again, from the results in the target folder.
wheel() {
  need_programs
  local work=$out/wheel.work tags=()
  rm -rf "$work"
  # A static program runs with every libc.
  if [[ $target = *linux-musl ]]; then tags=(--compatibility manylinux_2_17 musllinux_1_1); fi
  if [[ $is_plain ]]; then
    maturin build --quiet --release --locked --compatibility linux --out "$work"
  else
    # shellcheck disable=SC2016
    platform=$target tags="${tags[*]}" bash -c '
      set -euo pipefail
      . packaging/toolchain.sh
      read -ra tags <<<"$tags"
      CARGO=$cargo CARGO_TARGET_DIR=$target maturin build --quiet "${options[@]}" "${tags[@]}" --out "$0"
    ' "$work"
  fi
  packaging/wheel.py "$work"/*.whl "$files" "$out"
  rm -rf "$work"
}

deb() {
  need_programs
  local machine
  case $target in
    x86_64-*linux*) machine=amd64 ;;
    aarch64-*linux*) machine=arm64 ;;
    *) die "there is no Debian package for $target" ;;
  esac
  local root=$out/deb.work
  rm -rf "$root"
  mkdir -p "$root/usr" "$root/DEBIAN"
  cp -r "$files/bin" "$files/share" "$root/usr/"
  # Debian's folders and names.
  mv "$root/usr/share/zsh/site-functions" "$root/usr/share/zsh/vendor-completions"
  local doc=$root/usr/share/doc/toolchainkit
  rm "$doc"/LICENSE-* "$doc/completions.ps1"
  gzip -n9 "$root"/usr/share/man/man1/*.1
  printf 'toolchainkit (%s) unstable; urgency=medium\n\n  * See CHANGELOG.md.gz.\n\n -- %s  %s\n' "$version" \
    "$(sed -n 's/^Maintainer: //p' packaging/debian/control)" "$(date -u -R -d "@$SOURCE_DATE_EPOCH")" >"$doc/changelog"
  gzip -n9 "$doc/changelog" "$doc/CHANGELOG.md" "$doc/THIRD-PARTY-LICENSES.txt"
  install -D -m 644 packaging/debian/lintian-overrides "$root/usr/share/lintian/overrides/toolchainkit"
  packaging/debian/copyright.sh "$repository" >"$doc/copyright"
  local kilobytes
  kilobytes=$(du -sk --apparent-size "$root/usr" | cut -f 1)
  sed -e "s|@VERSION@|$version|" -e "s|@MACHINE@|$machine|" -e "s|@SIZE@|$kilobytes|" -e "s|@HOMEPAGE@|$homepage|" \
    -e "s|@DESCRIPTION@|$description|" packaging/debian/control >"$root/DEBIAN/control"
  (cd "$root" && find usr -type f -print0 | sort -z | xargs -0 md5sum >DEBIAN/md5sums)
  find "$root" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
  dpkg-deb --root-owner-group -Zxz --build "$root" "$out/toolchainkit_${version}_$machine.deb" >/dev/null
  rm -rf "$root"
  say "$out/toolchainkit_${version}_$machine.deb"
}

# One package for all systems would have the programs of each. This one is for a single system, as those of esbuild.
npm_package() {
  need_programs
  local root=$out/npm.work system machine
  case $target in
    *linux*) system=linux ;;
    *darwin*) system=darwin ;;
    *windows*) system=win32 ;;
  esac
  case $target in
    x86_64-*) machine=x64 ;;
    aarch64-*) machine=arm64 ;;
  esac
  rm -rf "$root"
  mkdir -p "$root"
  cp -r "$files/bin" "$files/share/man" README.md LICENSE-APACHE LICENSE-MIT "$files/share/doc/toolchainkit/THIRD-PARTY-LICENSES.txt" "$root/"
  sed -e "s|@VERSION@|$version|" -e "s|@DESCRIPTION@|$description|" -e "s|@REPOSITORY@|$repository|" -e "s|@HOMEPAGE@|$homepage|" \
    -e "s|@SYSTEM@|$system|g" -e "s|@MACHINE@|$machine|g" -e "s|@SUFFIX@|$suffix|g" packaging/npm/package.json >"$root/package.json"
  (cd "$root" && npm pack --silent --pack-destination "$out")
  rm -rf "$root"
}

crate() {
  cargo package --locked --allow-dirty --target-dir "$out/crate.work"
  cp "$out/crate.work/package/toolchainkit-$version.crate" "$out/"
  say "$out/toolchainkit-$version.crate"
}

# The SHA-256 of the archive for a target. Only the release has all of them.
digest() {
  local kind=tar.gz
  if [[ $1 = *windows* ]]; then kind=zip; fi
  local sums=$out/toolchainkit-$version-$1.$kind.sha256
  if [[ -f $sums ]]; then cut -d ' ' -f 1 "$sums"; else echo "missing-archive-of-$1"; fi
}

recipes() {
  local input words=() each
  for each in {x86_64,aarch64}-{unknown-linux-musl,apple-darwin,pc-windows-msvc}; do
    words+=(-e "s|@SHA256-$each@|$(digest "$each")|g")
  done
  words+=(-e "s|@VERSION@|$version|g" -e "s|@REPOSITORY@|$repository|g" -e "s|@HOMEPAGE@|$homepage|g" -e "s|@DESCRIPTION@|$description|g")
  mkdir -p "$out/recipes"
  for input in packaging/recipes/*; do
    sed "${words[@]}" "$input" >"$out/recipes/${input##*/}"
  done
  say "$out/recipes"
}

sums() { (cd "$out" && find . -maxdepth 1 -type f ! -name '*.sha256' ! -name SHA256SUMS -printf '%f\0' | sort -z | xargs -0 sha256sum | tee SHA256SUMS); }

for name in "${names[@]}"; do
  case $name in
    npm) npm_package ;;
    *) "$name" ;;
  esac
done
