# Does to a build what the NDK's file of this name does, with a compiler that Debian has.
if(ANDROID_NDK_TOOLCHAIN_INCLUDED)
  return()
endif()
set(ANDROID_NDK_TOOLCHAIN_INCLUDED TRUE)
cmake_minimum_required(VERSION 3.6.0)

# Each try_compile reads this file again, and gets what this list names and nothing else.
if(NOT DEFINED ANDROID_ABI)
  message(FATAL_ERROR "ANDROID_ABI is not set")
endif()
set(CMAKE_TRY_COMPILE_PLATFORM_VARIABLES ANDROID_ABI ANDROID_CCACHE)

set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)
set(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++)
if(DEFINED ANDROID_CCACHE)
  set(CMAKE_C_COMPILER_LAUNCHER "${ANDROID_CCACHE}")
  set(CMAKE_CXX_COMPILER_LAUNCHER "${ANDROID_CCACHE}")
endif()

# The flags are variables of the cache, under which flags of this file are put: CMAKE_<LANG>_FLAGS_INIT has no effect.
foreach(name IN ITEMS C_FLAGS CXX_FLAGS C_FLAGS_RELEASE CXX_FLAGS_RELEASE EXE_LINKER_FLAGS)
  set(CMAKE_${name} "" CACHE STRING "Flags")
endforeach()
set(CMAKE_C_FLAGS "-DANDROID -fstack-protector-strong ${CMAKE_C_FLAGS}")
set(CMAKE_CXX_FLAGS "-DANDROID -fstack-protector-strong ${CMAKE_CXX_FLAGS}")
set(CMAKE_C_FLAGS_RELEASE "-O3 -DNDEBUG ${CMAKE_C_FLAGS_RELEASE}")
set(CMAKE_CXX_FLAGS_RELEASE "-O3 -DNDEBUG ${CMAKE_CXX_FLAGS_RELEASE}")
set(CMAKE_EXE_LINKER_FLAGS "-Wl,--gc-sections ${CMAKE_EXE_LINKER_FLAGS}")
