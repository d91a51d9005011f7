# Whether a folder of the build that the arguments name has a file with a string that begins with a path of this checkout,
# as in #define DATA "/home/me/project/data". A folder is looked through again when something is new in it.
tk_may_name_checkout() {
  tk_names=
  for tk_argument; do
    case $tk_argument in
    -I/*) tk_argument=${tk_argument#-I} ;;
    esac
    case $tk_argument in
    "$tk_build"/_deps/*-src | "$tk_build"/_deps/*-src/*) continue ;;
    "$tk_build" | "$tk_build"/*) ;;
    *) continue ;;
    esac
    [ -d "$tk_argument" ] || tk_argument=${tk_argument%/*}
    tk_seen=$tk_folder/paths${tk_argument#"$tk_build"}/seen
    [ "$tk_seen" -nt "$tk_argument" ] || tk_look_for_paths "$tk_argument"
    [ ! -s "$tk_seen" ] || tk_names=1
  done
  [ -n "$tk_names" ]
}

# Writes such lines into tk_seen. Comments and what tells the compiler where a text comes from are none.
tk_look_for_paths() {
  mkdir -p "${tk_seen%/*}"
  find "$1" -maxdepth 5 \( -name CMakeFiles -o -name toolchainkit -o -name '*-src' \) ! -path "$1" -prune -o -type f \
    \( -name '*.[chim]' -o -name '*.[ch][ch]' -o -name '*.[chit][px+][px+]' -o -name '*.mm' -o -name '*.in[cl]' -o -name '*.def' \) \
    -exec grep -F -e "\"$tk_source/" -e " $tk_source/" -e "<$tk_source/" -e "\"$tk_build/" -e " $tk_build/" -e "<$tk_build/" /dev/null {} + |
    grep -Ev '^[^:]*:[[:blank:]]*(//|/?\*|#[[:blank:]]*(line|include|import|[0-9]))' >"$tk_seen.$$"
  mv "$tk_seen.$$" "$tk_seen"
} 2>/dev/null
