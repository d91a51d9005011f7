// ld.lld.exe for MinGW. zig's own `ld.lld` knows only ELF, so this program translates the options of clang's driver for
// `zig.exe lld-link -lldmingw`. It knows the options that CMake and clang use for a program and for a DLL.
#include "run.h"

#include <shellapi.h>

static wchar_t command_line[1 << 15] =
    L"W:\\zig\\zig.exe lld-link -lldmingw -alternatename:__image_base__=__ImageBase -nologo -entry:mainCRTStartup "
    L"-subsystem:console -machine:x64 -debug:none";
static wchar_t *folders[256];
static int folder_count;

static int is(const wchar_t *argument, const wchar_t *option) { return wcscmp(argument, option) == 0; }

static int starts(const wchar_t *argument, const wchar_t *option) {
  return wcsncmp(argument, option, wcslen(option)) == 0;
}

static void add(const wchar_t *option, const wchar_t *value) {
  if (wcslen(command_line) + wcslen(option) + wcslen(value) + 4 > sizeof command_line / sizeof *command_line) {
    fputs("ld.lld: the command line is too long\n", stderr);
    ExitProcess(1);
  }
  wcscat(command_line, L" \"");
  wcscat(command_line, option);
  wcscat(command_line, value);
  wcscat(command_line, L"\"");
}

static void add_library(const wchar_t *name) {
  static const wchar_t *const forms[] = {L"%ls/lib%ls.a", L"%ls/lib%ls.dll.a", L"%ls/%ls.lib"};
  wchar_t path[1024];
  for (int folder = 0; folder < folder_count; folder++) {
    for (int form = 0; form < 3; form++) {
      if (_snwprintf(path, 1024, forms[form], folders[folder], name) < 0) continue;
      if (GetFileAttributesW(path) != INVALID_FILE_ATTRIBUTES) {
        add(path, L"");
        return;
      }
    }
  }
  fwprintf(stderr, L"ld.lld: no library %ls\n", name);
  ExitProcess(1);
}

int main(void) {
  int count;
  wchar_t **arguments = CommandLineToArgvW(GetCommandLineW(), &count);
  if (!arguments) return 127;
  if (count > 1 && (is(arguments[1], L"--version") || is(arguments[1], L"-v"))) {
    puts("LLD 22.1.8 (compatible with GNU linkers)");
    return 0;
  }
  for (int i = 1; i < count && folder_count < 256; i++) {
    if (starts(arguments[i], L"-L")) folders[folder_count++] = arguments[i][2] ? arguments[i] + 2 : arguments[i + 1];
  }
  for (int i = 1; i < count; i++) {
    wchar_t *argument = arguments[i];
    if (is(argument, L"-o")) {
      add(L"-out:", arguments[++i]);
    } else if (is(argument, L"-m") || is(argument, L"--major-image-version") || is(argument, L"--minor-image-version") ||
               is(argument, L"-L")) {
      i++;
    } else if (is(argument, L"--out-implib")) {
      add(L"-implib:", arguments[++i]);
    } else if (starts(argument, L"--out-implib=")) {
      add(L"-implib:", argument + wcslen(L"--out-implib="));
    } else if (is(argument, L"-shared") || is(argument, L"--shared")) {
      add(L"-dll", L"");
    } else if (starts(argument, L"-l")) {
      add_library(argument[2] ? argument + 2 : arguments[++i]);
    } else if (argument[0] != L'-') {
      add(argument, L"");
    }
  }
  // libstdc++ with threads needs it after all other libraries.
  add_library(L"pthread");
  return run(command_line);
}
