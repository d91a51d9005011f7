# The unreserved characters of RFC 3986 stay; they are listed since ranges depend on the locale.
tk_percent_encode() {
  case $1 in
  *[!ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._~-]*)
    tk_encoded=$(printf %s "$1" | od -An -v -tx1 | LC_ALL=C awk '
      BEGIN { for (i = 33; i < 127; i++) { c = sprintf("%c", i); if (c ~ /[A-Za-z0-9._~-]/) keep[sprintf("%02x", i)] = c } }
      { for (i = 1; i <= NF; i++) printf "%s", ($i in keep) ? keep[$i] : "%" toupper($i) }') ;;
  *) tk_encoded=$1 ;;
  esac
}
