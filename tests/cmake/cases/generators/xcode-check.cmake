# Runs the launcher in the same way as Xcode.
file(WRITE "${build}/unit.c" "int unit;\n")
execute_process(COMMAND "${build}/toolchainkit/launcher" /usr/bin/gcc -c "${build}/unit.c" -o "${build}/unit.o"
  RESULT_VARIABLE compiled)
if(NOT compiled EQUAL 0 OR NOT EXISTS "${build}/unit.o")
  set(failure "the launcher does not compile\n")
endif()
