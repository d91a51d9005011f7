// A compiler's name for one of zig's programs: starts `W:\zig\zig.exe ARGUMENTS`, followed by the arguments of this program.
// They are passed on as the text that this program got, so quoting and response files stay as they are.
//
//   -DARGUMENTS='L"clang --driver-mode=g++"'
#include "run.h"

int main(void) {
  static const wchar_t start[] = L"W:\\zig\\zig.exe " ARGUMENTS;
  const wchar_t *rest = GetCommandLineW();
  // The program's own name ends at the first space outside of quotes.
  for (int is_quoted = 0; *rest && (is_quoted || (*rest != L' ' && *rest != L'\t')); rest++) {
    if (*rest == L'"') is_quoted = !is_quoted;
  }
  wchar_t *command_line = HeapAlloc(GetProcessHeap(), 0, sizeof start + (wcslen(rest) + 1) * sizeof(wchar_t));
  if (!command_line) return 127;
  wcscpy(command_line, start);
  wcscat(command_line, rest);
  return run(command_line);
}
