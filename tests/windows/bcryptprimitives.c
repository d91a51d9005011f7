// bcryptprimitives.dll for Wine before 9, which has none. Each program of Rust 1.78 or newer calls ProcessPrng.
#include <windows.h>

// RtlGenRandom of advapi32.dll under its exported name; the headers of MinGW do not declare it.
BOOLEAN NTAPI SystemFunction036(PVOID buffer, ULONG length);

__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE data, SIZE_T length) {
  const SIZE_T at_once = 1 << 28;
  while (length > 0) {
    ULONG part = (ULONG)(length < at_once ? length : at_once);
    if (!SystemFunction036(data, part)) return FALSE;
    data += part;
    length -= part;
  }
  return TRUE;
}

BOOL WINAPI DllMain(HINSTANCE instance, DWORD reason, LPVOID reserved) {
  (void)instance, (void)reason, (void)reserved;
  return TRUE;
}
