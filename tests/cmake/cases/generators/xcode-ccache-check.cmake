include("${CMAKE_CURRENT_LIST_DIR}/xcode-check.cmake")
