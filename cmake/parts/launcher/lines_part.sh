case " $* " in
*" -fbranch-probabilities "*)
  # GCC reads a profile that sccache does not know of.
  exec "$@"
  ;;
esac
for tk_signal in INT TERM HUP; do
  trap "tk_signal=$tk_signal; . \"\$tk_folder/launcher-functions\"; tk_interrupted \"\$@\"" $tk_signal
done
# sccache hashes a text without line numbers, and would hand out an object of which the debug information, what
# __builtin_LINE() gives or the warnings name the lines of another text; unless the compiler is to profile. These two
# options only look like it. They come first, where whatever the user says goes before them.
case " $* " in
*" --coverage "* | *" -coverage "* | *" -ftest-coverage "* | *" -fcoverage-mapping "* | \
  *" -fprofile-arcs "* | *" -fprofile-generate"* | *" -fprofile-instr-generate"* | *" -fcs-profile-generate"*)
  # Such an object names the file that it counts into.
  SCCACHE_C_CUSTOM_CACHE_BUSTER="${SCCACHE_C_CUSTOM_CACHE_BUSTER-} $PWD $*"
  export SCCACHE_C_CUSTOM_CACHE_BUSTER
  ;;
*)
  tk_compiler=$1
  # GCC would also give the text the build folder.
  case ${1##*/} in
  *clang-cl*) tk_lines= ;;
  *clang*) tk_lines="-fprofile-arcs -fno-profile-arcs" ;;
  *gcc* | *g++*) tk_lines="-fno-working-directory -fprofile-arcs -fno-profile-arcs" ;;
  cc | c++)
    tk_lines="-fprofile-arcs -fno-profile-arcs"
    [ ! "$1" -ef "${1%/*}/gcc" ] && [ ! "$1" -ef "${1%/*}/g++" ] || tk_lines="-fno-working-directory $tk_lines"
    ;;
  *) tk_lines= ;;
  esac
  if [ -n "$tk_lines" ]; then
    shift
    set -- "$tk_compiler" $tk_lines "$@"
  fi
  ;;
esac
if [ -e "$tk_run/broken" ] || [ ! -x "$tk_tool" ] || ! tk_alive; then
  . "$tk_folder/launcher-functions"
  tk_prepare "$@"
fi
