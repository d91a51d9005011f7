case " $* " in
*" -march=native "* | *" -mcpu=native "* | *" -mtune=native "*)
  # sccache takes the word as it stands, which would give this processor the objects of another one.
  SCCACHE_C_CUSTOM_CACHE_BUSTER=${SCCACHE_C_CUSTOM_CACHE_BUSTER-}$tk_processor
  export SCCACHE_C_CUSTOM_CACHE_BUSTER
  ;;
esac
case " $* " in
*" -D"*"=$tk_source"* | *" -D"*"=$tk_build"*)
  # From 0.18 on sccache leaves base directories out of arguments, and a macro would have the path of another checkout.
  for tk_argument; do
    case $tk_argument in
    -D*"=$tk_source"* | -D*"=$tk_build"*)
      SCCACHE_C_CUSTOM_CACHE_BUSTER="${SCCACHE_C_CUSTOM_CACHE_BUSTER-} $tk_source $tk_build"
      export SCCACHE_C_CUSTOM_CACHE_BUSTER
      ;;
    esac
  done
  ;;
esac
case " $* " in
*" -specs="* | *" --specs="* | *" -fprofile-sample-use="* | *" -fauto-profile="* | *" -fprofile-list="*)
  # sccache takes the name of the file for its content.
  tk_find_files "$@"
  SCCACHE_EXTRAFILES=$tk_files${SCCACHE_EXTRAFILES:+:$SCCACHE_EXTRAFILES}
  export SCCACHE_EXTRAFILES
  ;;
esac
tk_be_client
tk_run_tool "$@"
if [ $tk_status -gt 1 ] || [ -e "$tk_run/broken" ]; then
  . "$tk_folder/launcher-functions"
  tk_conclude "$@"
fi
exit $tk_status
