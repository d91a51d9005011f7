// Runs a command line to its end, for the wrappers of zig's programs.
#include <stdio.h>
#include <windows.h>

// The exit code of the program; 127 if it cannot be started.
static int run(wchar_t *command_line) {
  STARTUPINFOW startup = {.cb = sizeof startup};
  PROCESS_INFORMATION process;
  DWORD code = 1;
  if (!CreateProcessW(NULL, command_line, NULL, NULL, TRUE, 0, NULL, NULL, &startup, &process)) {
    fprintf(stderr, "cannot start zig: error %lu\n", GetLastError());
    return 127;
  }
  WaitForSingleObject(process.hProcess, INFINITE);
  GetExitCodeProcess(process.hProcess, &code);
  return (int)code;
}
