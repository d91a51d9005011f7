eval "tk_argument=\${$#}"
case $tk_argument in
-*) ;;
*)
  if LC_ALL=C grep -qF -e incbin -e INCBIN ${tk_also-} "$tk_argument" 2>/dev/null; then
    exec "$@"
  fi
  ;;
esac
