case $1 in
-*)
  . "$tk_folder/launcher-functions"
  tk_do_option "$@"
  ;;
esac
case " $* " in
*" -DTOOLCHAINKIT_NO_CACHE "*) exec "$@" ;;
esac
