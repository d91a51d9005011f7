#!/usr/bin/env bash
# Builds the packages, installs each into a bare Debian, and builds a public project (zstd) there until the first hits. At most
# six commands and five minutes; what a user sees is compared with tests/packages/transcripts.
#
#   tests/packages/run.sh         the packages of a release: static programs with musl
#   tests/packages/run.sh --ci    the same packages with the programs of `cargo build --release`
#
# TOOLCHAINKIT_UPDATE=1 writes the transcripts. The containers have no network. It needs root for `unshare` and `chroot`.
set -euo pipefail
cd "$(dirname "$0")/../.."

target=x86_64-unknown-linux-musl plain=()
case ${1-} in
  '') ;;
  --ci) target=x86_64-unknown-linux-gnu plain=(--plain) ;;
  *) sed -n '2,8p' "$0" >&2; exit 2 ;;
esac
folder=${TOOLCHAINKIT_TEST_TOOLS:-$HOME/.cache/toolchainkit-tests}/packages
out=$PWD/target/packages
transcripts=$PWD/tests/packages/transcripts
most_commands=6 most_seconds=300

say() { printf 'packages: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

tests/packages/setup.sh
begin=$SECONDS
rm -f "$out"/*.whl "$out"/*.tar.gz "$out"/*.deb
packaging/build.sh "${plain[@]}" --target "$target" programs archive wheel deb sums
say "built in $((SECONDS - begin)) s"
# The programs of CI are linked with shared libraries, which a release does not do.
[[ ${plain[*]} ]] || lintian --allow-root --fail-on error,warning "$out"/toolchainkit_*.deb

work=$(mktemp -d /tmp/tk-packages.XXXXXX)
trap 'rm -rf "$work"' EXIT

# Runs the standard input in a copy of the system $1, which is gone afterwards. The folder $2 is /packages in it.
in_container() {
  local upper=$work/upper
  rm -rf "$upper"
  mkdir -p "$upper"
  # The mount and everything in it end together with the namespace.
  # shellcheck disable=SC2016
  timeout 600 unshare --mount --pid --net --fork bash -c '
    set -euo pipefail
    mount -t tmpfs none "$2"
    mkdir "$2/upper" "$2/work" "$2/root"
    mount -t overlay none -o "lowerdir=$1,upperdir=$2/upper,workdir=$2/work" "$2/root"
    cd "$2/root"
    mkdir -p packages wheels src root
    cp "$3"/* packages/
    mount --bind "$4/wheels" wheels
    cp -r "$4/zstd" src/zstd
    mount -t proc none proc
    mount -t devtmpfs none dev 2>/dev/null || mount --rbind /dev dev
    mount -t tmpfs none tmp
    ip link set lo up 2>/dev/null || true
    exec chroot . /usr/bin/env -i HOME=/root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 \
      PIP_NO_INDEX=1 PIP_FIND_LINKS="/wheels /packages" PIP_ROOT_USER_ACTION=ignore /bin/bash -s
  ' container "$1" "$upper" "$2" "$folder"
}

# Measures the commands in the file $2 (one for each line) in the system $1 with the package $3, and compares what they print with
# the transcript of the name of the file.
check() {
  local system=$1 commands=$2 package=$3 name begin
  name=$(basename "$commands" .commands)
  mkdir -p "$work/$name"
  cp "$package" "$work/$name/"
  [[ $(grep -c . "$commands") -le $most_commands ]] || die "$name has more than $most_commands commands"
  # What the user types and sees; then what the test checks.
  {
    echo 'cd /src/zstd/build/cmake'
    local line
    while IFS= read -r line; do
      printf 'echo %q\n(set -o pipefail; %s) 2>&1 || exit 1\n' "\$ $line" "$line"
    done <"$commands"
    cat "$(dirname "$0")/verify.sh"
  } >"$work/script"
  begin=$SECONDS
  in_container "$folder/$system" "$work/$name" <"$work/script" >"$work/$name.log" 2>&1 || {
    cat "$work/$name.log" >&2
    die "$name failed"
  }
  local seconds=$((SECONDS - begin))
  [[ $seconds -le $most_seconds ]] || die "$name took $seconds s"
  # Times differ from run to run, and so does the order of a parallel build, with the warnings of the compiler. The checks of
  # zstd are of no interest.
  sed -E -e '/^(\/src\/zstd\/|In f| +inlined| +from| *[0-9]* \|)/d' -e 's/[0-9]+(\.[0-9]+)? (ms|s)\b/TIME/g' -e 's/\([0-9.]+s\)/(TIME)/g' -e '/^\[[0-9]+\/[0-9]+\]/d' \
    -e '/^-- (Performing Test|Detecting|Check for working) /d' -e 's/database ... [0-9]+ files/database ... N files/' \
    -e "s/$target/TARGET/g" -e 's/manylinux[a-z0-9_.]*x86_64/TAG/g' "$work/$name.log" >"$work/$name.transcript"
  if [[ ${TOOLCHAINKIT_UPDATE-} ]]; then cp "$work/$name.transcript" "$transcripts/$name.txt"; fi
  diff -u "$transcripts/$name.txt" "$work/$name.transcript" || die "$name: the transcript differs"
  say "$name: $(grep -c . "$commands") commands, $seconds s"
}

here=tests/packages
check python "$here/wheel.commands" "$out"/toolchainkit-*.whl
check cmake "$here/archive.commands" "$out"/toolchainkit-*"$target".tar.gz
check cmake "$here/deb.commands" "$out"/toolchainkit_*_amd64.deb
say 'the packages work'
