tk_is_watched() {
  read -r tk_pid <"$tk_run/watching" && kill -0 "$tk_pid"
} 2>/dev/null

tk_try=
if [ -n "$tk_missing" ] || [ ! -x "$tk_tool" ] || [ -e "$tk_run/broken" ]; then
  . "$tk_folder/launcher-functions"
  tk_prepare "$@"
fi
case " $* " in
*cmake_pch*)
  # What makes this safe is an option that the module adds to targets with a precompiled header.
  CCACHE_SLOPPINESS=${CCACHE_SLOPPINESS:+$CCACHE_SLOPPINESS,}pch_defines,time_macros
  export CCACHE_SLOPPINESS
  ;;
esac
case " $* " in
*" -march=native "* | *" -mcpu=native "* | *" -mtune=native "*)
  # Before 4.12, ccache takes the word as it stands, which would give this processor the objects of another one.
  CCACHE_NAMESPACE=${CCACHE_NAMESPACE-}$tk_processor
  export CCACHE_NAMESPACE
  ;;
esac
case " $* " in
*" -fprofile-generate"* | *" -fprofile-use"* | *" -fbranch-probabilities "*)
  # GCC takes no profile of a source that it knows by another path, and ccache changes the path only where it caches.
  unset CCACHE_BASEDIR
  ;;
esac
case " $* " in
*" -fsanitize-ignorelist="* | *" --config="* | *" -fprofile-list="*)
  # Before 4.14, ccache takes the name of the file for its content.
  tk_find_files "$@"
  CCACHE_EXTRAFILES=$tk_files${CCACHE_EXTRAFILES:+:$CCACHE_EXTRAFILES}
  export CCACHE_EXTRAFILES
  ;;
esac
[ -n "${CCACHE_REMOTE_STORAGE-}" ] || exec "$tk_tool" "$@"
if ! tk_is_watched; then
  . "$tk_folder/launcher-functions"
  tk_start_in_background "$0" --watch
fi
tk_sign_in
"$tk_tool" "$@"
tk_status=$?
if [ -e "$tk_run/broken" ]; then
  . "$tk_folder/launcher-functions"
  tk_conclude "$@"
fi
exit $tk_status
