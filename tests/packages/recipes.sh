#!/usr/bin/env bash
# Checks the recipes of package managers that are not on this machine, as far as their files can be checked: the formula is valid
# Ruby, the manifest has the members that winget requires, hadolint finds nothing in the Dockerfile, a parser accepts the Nix flake
# and the script for PowerShell, and no placeholder is left.
#
#   tests/packages/recipes.sh    needs tests/setup.sh hadolint-2.15.1 grammars ruby
set -euo pipefail
cd "$(dirname "$0")/../.."

root=$PWD
tools=${TOOLCHAINKIT_TEST_TOOLS:-$HOME/.cache/toolchainkit-tests}
work=$(mktemp -d /tmp/tk-recipes.XXXXXX)
trap 'rm -rf "$work"' EXIT
# The digests of a release.
version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)
for target in {x86_64,aarch64}-{unknown-linux-musl,apple-darwin} ; do
  printf '%s' "$target" | sha256sum >"$work/toolchainkit-$version-$target.tar.gz.sha256"
done
printf x | sha256sum >"$work/toolchainkit-$version-x86_64-pc-windows-msvc.zip.sha256"
packaging/build.sh --out "$work" recipes
cd "$work/recipes"
if grep -nE '@[A-Z]+[A-Z0-9a-z_-]*@|missing-archive' ./*; then echo 'recipes.sh: a placeholder is left' >&2; exit 1; fi
ruby -wc toolchainkit.rb
[[ $(grep -cE '^ +sha256 "[0-9a-f]{64}"$' toolchainkit.rb) -eq 4 ]]
ruby -ryaml -e '
  manifest = YAML.load_file("Toolchainkit.Toolchainkit.yaml")
  required = %w[PackageIdentifier PackageVersion PackageLocale Publisher PackageName License ShortDescription Installers ManifestType ManifestVersion]
  missing = required - manifest.keys
  abort "missing: #{missing}" unless missing.empty?
  abort "not a name" unless manifest["PackageIdentifier"].match?(/\A[^.\s]+(\.[^.\s]+)+\z/)
  abort "too long" if manifest["ShortDescription"].length > 256
  manifest["Installers"].each do |installer|
    abort "not a digest" unless installer["InstallerSha256"].to_s.match?(/\A\h{64}\z/)
    abort "not a URL" unless installer["InstallerUrl"].start_with?("https://")
  end
'
# Debian 12 keeps the versions of its packages.
"$tools/hadolint-2.15.1/bin/hadolint" --ignore DL3008 Dockerfile
PYTHONPATH=$tools/grammars python3 - "$root" <<'END'
import pathlib, sys
import tree_sitter, tree_sitter_nix, tree_sitter_powershell

def is_valid(language, text):
    return not tree_sitter.Parser(tree_sitter.Language(language.language())).parse(text.encode()).root_node.has_error

root = pathlib.Path(sys.argv[1])
flake = (root / "flake.nix").read_text()
powershell = (root / "tests/golden/completions/powershell.snap").read_text().split("---\n", 2)[2]
for language, text, name in [(tree_sitter_nix, flake, "flake.nix"), (tree_sitter_powershell, powershell, "completions.ps1")]:
    assert is_valid(language, text), f"{name} cannot be parsed"
    assert not is_valid(language, text.replace("}", "", 1)), f"the parser accepts {name} with a mistake"
END
echo 'the recipes are valid'
