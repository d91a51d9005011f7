# Builds a project with a compiler that has Microsoft's options, through the launcher, and stops with an error unless the second build
# compiles nothing, and a changed header compiles everything.
#
#   cmake -DCOMPILER=cl -DTOOL=ccache -DPROGRAMS=FOLDER -DWORK=FOLDER -P tests/windows/microsoft.cmake
#
#   COMPILER   the name or path of the compiler
#   TOOL       ccache or sccache; it must be on PATH, like Ninja
#   PROGRAMS   the folder of toolchainkit.exe and toolchainkit-launch.exe
#   WORK       a folder for the project, which is removed first
#   TOOLCHAIN  more text for the toolchain file
#
# The workflow release.yml runs it with cl.exe if a person starts that workflow. tests/cells/windows/programs.rs runs it with clang-cl.
cmake_minimum_required(VERSION 3.25)

foreach(name COMPILER TOOL PROGRAMS WORK)
  if(NOT DEFINED ${name})
    message(FATAL_ERROR "set ${name}; see the head of ${CMAKE_CURRENT_LIST_FILE}")
  endif()
endforeach()
file(TO_CMAKE_PATH "${PROGRAMS}" PROGRAMS)
file(TO_CMAKE_PATH "${WORK}" WORK)
get_filename_component(WORK "${WORK}" ABSOLUTE)
get_filename_component(PROGRAMS "${PROGRAMS}" ABSOLUTE)
get_filename_component(root "${CMAKE_CURRENT_LIST_DIR}/../.." ABSOLUTE)
set(ENV{TOOLCHAINKIT_LAUNCH} "${PROGRAMS}/toolchainkit-launch.exe")
set(objects 3)

function(run)
  execute_process(COMMAND ${ARGV} WORKING_DIRECTORY "${project}" RESULT_VARIABLE result OUTPUT_FILE "${WORK}/output"
    ERROR_FILE "${WORK}/errors")
  file(READ "${WORK}/output" output)
  file(READ "${WORK}/errors" errors)
  string(JOIN " " command ${ARGV})
  message(STATUS "${command}: ${result}")
  if(NOT result EQUAL 0)
    message(FATAL_ERROR "${command}\n${output}\n${errors}")
  endif()
  set(output "${output}" PARENT_SCOPE)
endfunction()

# Sets hits and misses of the cache.
function(count)
  run("${PROGRAMS}/toolchainkit.exe" stats --build "${project}/build" --format json)
  string(JSON hits GET "${output}" cache counters hits)
  string(JSON misses GET "${output}" cache counters misses)
  set(hits "${hits}" PARENT_SCOPE)
  set(misses "${misses}" PARENT_SCOPE)
endfunction()

# Builds with the arguments, and expects this many new hits and misses.
function(build expected_hits expected_misses)
  count()
  set(hits_before "${hits}")
  set(misses_before "${misses}")
  run("${CMAKE_COMMAND}" --build build ${ARGN})
  set(built "${output}" PARENT_SCOPE)
  count()
  math(EXPR hits "${hits} - ${hits_before}")
  math(EXPR misses "${misses} - ${misses_before}")
  if(NOT "${hits}, ${misses}" STREQUAL "${expected_hits}, ${expected_misses}")
    message(FATAL_ERROR "${project}: ${hits} hits and ${misses} misses, not ${expected_hits} and ${expected_misses}\n${output}")
  endif()
endfunction()

file(REMOVE_RECURSE "${WORK}")
# Before CMake 3.25, the format of debug information is a flag (policy CMP0141).
foreach(minimum 3.15 3.25)
  set(project "${WORK}/with policies of ${minimum}")
  file(WRITE "${project}/CMakeLists.txt" "cmake_minimum_required(VERSION ${minimum}...${minimum})
project(sample LANGUAGES C)
add_library(sample OBJECT a.c b.c c.c)
")
  file(WRITE "${project}/shared.h" "#define SHARED 1 /* ${minimum} */\n")
  foreach(name a b c)
    file(WRITE "${project}/${name}.c" "#include \"shared.h\"\nint ${name}(void) { return SHARED; }\n")
  endforeach()
  file(COPY "${root}/cmake/ToolchainKit.cmake" DESTINATION "${project}/cmake")
  file(WRITE "${project}/cmake/toolchain.cmake" "set(CMAKE_C_COMPILER \"${COMPILER}\")
${TOOLCHAIN}
include(\"\${CMAKE_CURRENT_LIST_DIR}/ToolchainKit.cmake\")
toolchainkit_enable_cache(TOOL ${TOOL} PROJECT microsoft-${minimum})
")
  run("${CMAKE_COMMAND}" -S . -B build -G Ninja -DCMAKE_BUILD_TYPE=Debug -DCMAKE_TOOLCHAIN_FILE=cmake/toolchain.cmake)
  if(output MATCHES "no launcher|no cache")
    message(FATAL_ERROR "${output}")
  endif()
  build(0 ${objects})
  build(${objects} 0 --clean-first)
  # Ninja knows the header from the output of a hit: /showIncludes, which cl.exe writes in the language of the system.
  file(WRITE "${project}/shared.h" "#define SHARED 2\n")
  build(0 ${objects})
  build(0 0)
  if(NOT built MATCHES "no work to do")
    message(FATAL_ERROR "the last build does something:\n${built}")
  endif()
  run("${PROGRAMS}/toolchainkit.exe" doctor --build "${project}/build")
endforeach()
message(STATUS "${COMPILER} with ${TOOL}: all builds are as expected")
