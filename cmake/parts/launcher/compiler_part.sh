tk_known=
[ ! -e "$tk_folder/known-compilers" ] || read -r tk_known <"$tk_folder/known-compilers"
case $tk_known in
*":$1:"*) ;;
*)
  . "$tk_folder/launcher-functions"
  tk_look_at_compiler "$1"
  ;;
esac
