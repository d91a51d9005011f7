#!/usr/bin/env bash
# Writes the file `copyright` of the Debian package: both licences in full, and where those of the libraries are.
#
#   packaging/debian/copyright.sh REPOSITORY
set -euo pipefail
cd "$(dirname "$0")/../.."
cat <<END
Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: toolchainkit
Source: $1
Comment: The licences of the libraries in the programs are in THIRD-PARTY-LICENSES.txt.gz beside this file.

Files: *
Copyright: The toolchainkit developers
License: Expat or Apache-2.0

License: Expat
END
sed -e 's/^$/./' -e 's/^/ /' LICENSE-MIT
cat <<'END'

License: Apache-2.0
 The full text is in /usr/share/common-licenses/Apache-2.0.
END
