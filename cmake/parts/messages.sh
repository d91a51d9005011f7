# shellcheck shell=sh disable=SC2034,SC2154 # this part is in the middle of fallback.sh
# Prints a text. printf is a program for mksh, so other users could see its arguments.
tk_print() { printf %s "$1"; }
[ -z "${KSH_VERSION-}" ] || [ "$(command -v print)" != print ] || tk_print() { print -rn -- "$1"; }

# Runs the tool like tk_ask. Sets tk_status, and tk_text to its standard error.
tk_ask_and_read() {
  { tk_text=$([ "$tk_kind" = ccache ] || trap '' HUP INT TERM
    exec 8>&1 2>/dev/null; tk_errors=8; tk_ask "$@" >&9; tk_status=$?; echo .; exit $tk_status) && tk_status=0 || tk_status=$?; } 9>&1
  tk_text=${tk_text%.}
}

# Prints tk_text, and filters the messages of the tool itself: sccache prints the whole environment if it cannot start a compiler.
# If sccache has failed, its message reaches to the end.
tk_print_messages() {
  case $tk_kind:$tk_status in sccache:2 | sccache:101 | sccache:12? | sccache:13? | sccache:25?) set -- rest ;; *) set -- ;; esac
  case "
$tk_text" in
  *"
$tk_kind: "*) tk_print "$tk_text" | tk_filter "$tk_kind: " "$@" >&2 ;;
  *) tk_print "$tk_text" >&2 ;;
  esac
}

# Runs the tool, and filters everything that it prints to its standard error.
tk_ask_option() {
  tk_ask_and_read "$@"
  tk_print "$tk_text" | tk_filter >&2
  return "$tk_status"
}

# Prints the standard input without credentials and control characters, like src/foreign. With an argument, only the lines that
# begin with it, and with a second one also those after the first such line: the other lines are messages of a compiler.
tk_filter() {
  command -v awk >/dev/null || { echo "$tk_kind has failed (its message is not shown, because awk is missing)" && return; }
  tk_first=${1-} tk_rest=${2-} LC_ALL=C awk '
function hide(value, parts, count, i, part) {
  add(value)
  count = split(value, parts, /[;\n]/)
  for (i = 1; i <= count && count > 1; i++) {
    part = parts[i]
    if (part !~ /^[A-Za-z]*([Ee]ndpoint|[Ss]uffix|[Pp]rotocol|[Aa]ccount[Nn]ame) *[=:]/) sub(/^[A-Za-z ]*[=:] */, "", part)
    else part = ""
    add(part)
  }
}
function add(value, i, letter, all, lower, upper) {
  if (length(value) < <shortest_secret> || value ~ /^[*]+$/) return
  for (i = 1; i <= length(value); i++) {
    letter = substr(value, i, 1)
    all = all code[letter]
    lower = lower (letter ~ /[A-Za-z0-9._~-]/ ? letter : code[letter])
    upper = upper (letter ~ /[A-Za-z0-9._~-]/ ? letter : toupper(code[letter]))
  }
  hidden[value]; hidden[all]; hidden[lower]; hidden[upper]
  if (length(all) > longest) longest = length(all)
  gsub(/[\\"]/, "\\\\&", value)
  hidden[value]
}
function values(line, size, value, at) {
  for (size = longest; size >= <shortest_secret>; size--)
    for (value in hidden)
      if (length(value) == size)
        while (at = index(line, value)) line = substr(line, 1, at - 1) "***" substr(line, at + size)
  return line
}
# Masks what follows a key.
function after(line, key, value, end, start) {
  for (start = ""; match(line, key); ) {
    start = start substr(line, 1, RSTART + RLENGTH - 1)
    line = substr(line, RSTART + RLENGTH)
    if (match(line, "^" value)) { start = start "***" end; line = substr(line, RLENGTH + 1) }
  }
  return start line
}
BEGIN {
  for (i = 1; i < 256; i++) code[sprintf("%c", i)] = sprintf("%%%02x", i)
  for (name in ENVIRON)
    if ((toupper(name) ~ "<credential_names>" && toupper(name) !~ "<other_names>") || index(" <secrets> ", " " name " "))
      hide(ENVIRON[name])
  first = ENVIRON["tk_first"]
  rest = ENVIRON["tk_rest"]
  quote = "\\\\*[\"\047]?"
  keys = "(<hidden_keys>)" quote
}
first != "" && index($0, first) != 1 && !(rest != "" && found) { print; next }
{
  found = 1
  $0 = values($0)
  if (match($0, /[A-Za-z0-9_]+=\\*".*=\\*".*=\\*"/)) $0 = substr($0, 1, RSTART - 1) "***"
  $0 = after($0, "(<hidden_headers>)" quote "[ \t]*[:=,][ \t]*", ".+")
  $0 = after($0, "[Ss]hared[Aa]ccess[Ss]ignature=", "[^ \t;\"\047]+")
  $0 = after($0, keys " *[=:]>? *\\\\*\"", "[^\"]+")
  $0 = after($0, keys " *=>? *", "[^] \t;&,\"\047<>)}\\\\]+")
  $0 = after($0, keys ":", "[^] \t;&,\"\047<>)}:\\\\]+")
  $0 = after($0, "([Bb]earer|[Bb]asic) +", "[A-Za-z0-9._~+/=-]+")
  $0 = after($0, "://", "[^ \t\"\047<>]*@", "@")
  gsub(/[\001-\010\013-\037\177]|\302[\200-\237]|\330\234|\342\200[\216\217\250-\256]|\342\201[\246-\251]|\357\273\277/, "?")
  sub(/^[ \t]*::/, "?:")
  gsub(/##[A-Za-z0-9]*\[/, "?&")
  gsub(/\?##/, "?#")
  length_left = 4000 - printed
  printed += length($0)
  if (length_left > 0) print substr($0, 1, length_left)
}'
}
