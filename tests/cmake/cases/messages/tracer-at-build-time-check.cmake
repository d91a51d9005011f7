# The tracer was not there when CMake ran: the compiler runs without the tool.
file(WRITE "${build}/unit.c" "int unit;\n")
execute_process(COMMAND "${CMAKE_COMMAND}" -E env CODEQL_TRACER_LANGUAGES=cpp "${build}/toolchainkit/launcher" /usr/bin/gcc -c
  "${build}/unit.c" -o "${build}/unit.o" RESULT_VARIABLE compiled)
execute_process(COMMAND "${build}/toolchainkit/launcher" --print-stats OUTPUT_VARIABLE statistics)
if(NOT compiled EQUAL 0 OR NOT EXISTS "${build}/unit.o" OR NOT statistics MATCHES "\ncache_miss\t0\n")
  set(failure "${compiled}: ${statistics}")
endif()
