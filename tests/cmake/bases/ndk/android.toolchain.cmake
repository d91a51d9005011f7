# Affects a build in the same way as the NDK's file of this name, with a compiler from Debian.
if(ANDROID_NDK_TOOLCHAIN_INCLUDED)
  return()
endif()
set(ANDROID_NDK_TOOLCHAIN_INCLUDED TRUE)
cmake_minimum_required(VERSION 3.6.0)

# Each try_compile reads this file again. It gets only the variables in this list.
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

# The flags are cache variables, and include the flags of this file: CMAKE_<LANG>_FLAGS_INIT has no effect.
foreach(name IN ITEMS C_FLAGS CXX_FLAGS C_FLAGS_RELEASE CXX_FLAGS_RELEASE EXE_LINKER_FLAGS)
  set(CMAKE_${name} "" CACHE STRING "Flags")
endforeach()
set(CMAKE_C_FLAGS "-DANDROID -fstack-protector-strong ${CMAKE_C_FLAGS}")
set(CMAKE_CXX_FLAGS "-DANDROID -fstack-protector-strong ${CMAKE_CXX_FLAGS}")
set(CMAKE_C_FLAGS_RELEASE "-O3 -DNDEBUG ${CMAKE_C_FLAGS_RELEASE}")
set(CMAKE_CXX_FLAGS_RELEASE "-O3 -DNDEBUG ${CMAKE_CXX_FLAGS_RELEASE}")
set(CMAKE_EXE_LINKER_FLAGS "-Wl,--gc-sections ${CMAKE_EXE_LINKER_FLAGS}")
