# shellcheck shell=bash
# The end of the script in each container of tests/packages/run.sh.
echo '--- what the test checks ---'
# The files of the packages are where the shells and man search them.
prefix=$(dirname "$(dirname "$(command -v toolchainkit)")")
for file in man/man1/toolchainkit.1 man/man1/toolchainkit-stats.1 man/man1/toolchainkit-launch.1 \
  bash-completion/completions/toolchainkit fish/vendor_completions.d/toolchainkit.fish; do
  compgen -G "$prefix/share/$file*" >/dev/null || { echo "$prefix/share/$file is missing"; exit 1; }
done
# CMake uses the program of the package, not the script.
grep -oE '"launch" ?: ?"program"' build/*/toolchainkit/cache.json || exit 1
cmp build/*/toolchainkit/launcher "$(dirname "$(command -v toolchainkit)")/toolchainkit-launch" || exit 1
# The second build had only hits.
toolchainkit stats --format json >stats.json || exit 1
grep -oE '"(hits|misses|failed)": ?[0-9]+' stats.json | head -n 3
toolchainkit stats --fail-under 100 >/dev/null || exit 1
toolchainkit server stop --all 2>/dev/null
