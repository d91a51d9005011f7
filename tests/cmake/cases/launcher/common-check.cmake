function(compare_environment out_failure whose shown expected forbidden)
  if(NOT "\n${shown}" MATCHES "${expected}")
    string(APPEND failure "${whose} does not get ${expected}: ${shown}\n")
  elseif("\n${shown}" MATCHES "${forbidden}")
    string(APPEND failure "${whose} gets ${CMAKE_MATCH_0}: ${shown}\n")
  endif()
  set("${out_failure}" "${failure}" PARENT_SCOPE)
endfunction()

# What the tool gets when the launcher runs it, with other settings in the environment than those of the configuration.
function(check_client expected forbidden)
  execute_process(COMMAND "${CMAKE_COMMAND}" -E env "CI_KEY=${secret}" SCCACHE_BUCKET=planted SCCACHE_DIR=/planted
    CCACHE_REMOTE_STORAGE=file:/planted "${build}/toolchainkit/launcher" -show OUTPUT_VARIABLE shown ERROR_VARIABLE shown)
  compare_environment(failure "the tool" "${shown}" "${expected}" "${forbidden}")
  set(failure "${failure}" PARENT_SCOPE)
endfunction()

function(check_daemon expected forbidden)
  file(READ "${build}/environment-of-daemon" shown)
  compare_environment(failure "the daemon" "${shown}" "${expected}" "${forbidden}")
  set(failure "${failure}" PARENT_SCOPE)
endfunction()

# The secret is in no file of the build folder.
file(GLOB_RECURSE files "${build}/toolchainkit/*" "${build}/CMakeCache.txt")
foreach(file IN LISTS files)
  file(STRINGS "${file}" lines LIMIT_COUNT 1 REGEX "taint-of.ci")
  if(NOT "${lines}" STREQUAL "")
    string(APPEND failure "${file} contains the secret\n")
  endif()
endforeach()
