set(secret taint-of/ci)
include("${prefix}/../common-check.cmake")
# The script encodes each byte, which means the same. ccache expands variables in its settings.
set(encoded "(taint-of%2Fci|%74%61%69%6e%74%2d%6f%66%2f%63%69)")
check_client("\nCCACHE_REMOTE_STORAGE=file:/tmp/toolchainkit-no-such-folder/taint-of/ci/${encoded}\n" "file:/planted")
check_client("\nCCACHE_NAMESPACE=a'b\"c[$][$]d e\n" "file:/planted")
