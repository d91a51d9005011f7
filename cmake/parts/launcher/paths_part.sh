case " $* " in
*"$tk_build/"* | *"$tk_build "*)
  . "$tk_folder/launcher-functions"
  if tk_may_name_checkout "$@"; then
    SCCACHE_C_CUSTOM_CACHE_BUSTER="${SCCACHE_C_CUSTOM_CACHE_BUSTER-} $tk_source $tk_build"
    export SCCACHE_C_CUSTOM_CACHE_BUSTER
  fi
  ;;
esac
