# Runs test cases like CMake's own RunCMake tests: configures each one, and compares the output and the exit code.
#
#   cmake -DMODULE=<ToolchainKit.cmake> -DNINJA=<ninja> -DWORK=<folder> [-DONLY=<topic>/<case>] -P RunCases.cmake
#
# A case is cases/<topic>/<case>.cmake. The project in that folder includes it. The expected results are beside it:
#   <case>-result.txt   the exit code; default: 0
#   <case>-stdout.txt   a regular expression; default: any output
#   <case>-stderr.txt   a regular expression; default: no output
#   <case>-check.cmake  is included afterwards, with the variables `build`, `stdout` and `stderr`; sets `failure` to a
#   message
# White space of any length is compared as one space, because CMake wraps long messages. Comments in a case set its
# requirements:
#   # since: 3.19            older CMake versions skip the case
#   # options: -DA=B ...     options of cmake
#   # environment: A=B ...   variables for cmake
#   # times: 2               configures the case twice; the expected results are those of the last run
cmake_minimum_required(VERSION 3.15)

function(read_word out_words text name)
  set(words "")
  if(text MATCHES "(^|\n)# ${name}: ([^\n]+)")
    string(REPLACE " " ";" words "${CMAKE_MATCH_2}")
    string(REPLACE "@WORK@" "${WORK}" words "${words}")
  endif()
  set("${out_words}" "${words}" PARENT_SCOPE)
endfunction()

function(compare name expected_file text default)
  set(expected "${default}")
  if(EXISTS "${expected_file}")
    file(READ "${expected_file}" expected)
    string(REGEX REPLACE "[ \t\r\n]+" " " expected "${expected}")
    string(STRIP "${expected}" expected)
  endif()
  string(REGEX REPLACE "[ \t\r\n]+" " " text "${text}")
  string(STRIP "${text}" text)
  if(NOT text MATCHES "${expected}")
    set(failure "${failure}  ${name} does not match: ${expected}\n" PARENT_SCOPE)
  endif()
endfunction()

function(run_case file)
  get_filename_component(source "${file}" DIRECTORY)
  get_filename_component(topic "${source}" NAME)
  get_filename_component(case "${file}" NAME_WE)
  set(prefix "${source}/${case}")
  file(READ "${file}" text)
  read_word(since "${text}" since)
  if(NOT since STREQUAL "" AND CMAKE_VERSION VERSION_LESS since)
    set_property(GLOBAL APPEND PROPERTY ran "${topic}/${case}")
    return()
  endif()
  read_word(options "${text}" options)
  read_word(environment "${text}" environment)
  read_word(times "${text}" times)
  if(times STREQUAL "")
    set(times 1)
  endif()
  if(NOT environment STREQUAL "")
    set(environment "${CMAKE_COMMAND}" -E env ${environment})
  endif()
  set(build "${WORK}/${topic}/${case}")
  file(MAKE_DIRECTORY "${build}")
  foreach(time RANGE 1 ${times})
    execute_process(WORKING_DIRECTORY "${build}" RESULT_VARIABLE result OUTPUT_VARIABLE stdout ERROR_VARIABLE stderr
      COMMAND ${environment} "${CMAKE_COMMAND}" -G Ninja "-DCMAKE_MAKE_PROGRAM=${NINJA}"
        "-DMODULE=${MODULE}" "-DCASE=${case}" ${options} "${source}")
  endforeach()
  set(failure "")
  compare("the exit code" "${prefix}-result.txt" "${result}" "^0$")
  compare("stdout" "${prefix}-stdout.txt" "${stdout}" "")
  compare("stderr" "${prefix}-stderr.txt" "${stderr}" "^$")
  if(failure STREQUAL "" AND EXISTS "${prefix}-check.cmake")
    include("${prefix}-check.cmake")
  endif()
  set_property(GLOBAL APPEND PROPERTY ran "${topic}/${case}")
  if(NOT failure STREQUAL "")
    set_property(GLOBAL APPEND PROPERTY failed "${topic}/${case}")
    message("${topic}/${case}:\n${failure}--- exit code\n${result}\n--- stdout\n${stdout}--- stderr\n${stderr}---\n")
  endif()
endfunction()

file(GLOB files "${CMAKE_CURRENT_LIST_DIR}/cases/*/*.cmake")
foreach(file IN LISTS files)
  if(NOT file MATCHES "-check\\.cmake$" AND (NOT DEFINED ONLY OR file MATCHES "/${ONLY}\\.cmake$"))
    run_case("${file}")
  endif()
endforeach()
get_property(ran GLOBAL PROPERTY ran)
get_property(failed GLOBAL PROPERTY failed)
list(LENGTH ran number)
message("CMake ${CMAKE_VERSION}: ${number} cases")
if(NOT "${failed}" STREQUAL "")
  message(FATAL_ERROR "failed: ${failed}")
endif()
