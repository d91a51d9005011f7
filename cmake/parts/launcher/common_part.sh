# Puts the files that options name, and that are no sources, into tk_files: a list with colons.
tk_find_files() {
  tk_files=
  for tk_argument; do
    case $tk_argument in
    -specs=* | --specs=* | --config=* | -fprofile-sample-use=* | -fauto-profile=* | -fprofile-list=* | -fsanitize-ignorelist=*)
      tk_argument=${tk_argument#*=}
      # The daemon is in another folder.
      case $tk_argument in
      /*) ;;
      *) tk_argument=$PWD/$tk_argument ;;
      esac
      [ ! -f "$tk_argument" ] || tk_files=$tk_files${tk_files:+:}$tk_argument
      ;;
    esac
  done
}

# Who waits for the tool tells it here.
tk_sign_in() {
  echo $$ >>"$tk_run/clients"
} 2>/dev/null
