# --- generators without compiler launchers ----------------------------------------------------------------------------

# The reason why this generator cannot be used with a cache, empty if it can, and the tools that it supports.
function(_toolchainkit_check_generator out_reason out_tools tools)
  set("${out_reason}" "" PARENT_SCOPE)
  set("${out_tools}" "${tools}" PARENT_SCOPE)
  if(CMAKE_GENERATOR MATCHES "^Visual Studio")
    # sccache cannot replace the compiler, and ccache can replace only cl.exe.
    if(NOT "ccache" IN_LIST tools)
      set("${out_reason}" "the generator ${CMAKE_GENERATOR} supports only ccache; Ninja supports ${tools}" PARENT_SCOPE)
    elseif("${CMAKE_GENERATOR_TOOLSET}" MATCHES "[Cc]lang|LLVM|[Ii]ntel")
      set("${out_reason}" "the generator ${CMAKE_GENERATOR} supports only Microsoft's compiler; with Ninja, ${CMAKE_GENERATOR_TOOLSET} can be cached" PARENT_SCOPE)
    elseif("${CMAKE_VS_GLOBALS}" MATCHES "(^|;)CLTool(Exe|Path)=")
      set("${out_reason}" "CMAKE_VS_GLOBALS already names a compiler, and is not changed" PARENT_SCOPE)
    endif()
    set("${out_tools}" ccache PARENT_SCOPE)
  elseif(CMAKE_GENERATOR STREQUAL "Xcode")
    if(DEFINED CMAKE_XCODE_ATTRIBUTE_C_COMPILER_LAUNCHER)
      set("${out_reason}" "CMAKE_XCODE_ATTRIBUTE_C_COMPILER_LAUNCHER is already set, and is not changed" PARENT_SCOPE)
    endif()
  elseif(NOT CMAKE_GENERATOR MATCHES "Ninja|Makefiles")
    set("${out_reason}" "the generator ${CMAKE_GENERATOR} does not use compiler launchers; Ninja and Makefiles do" PARENT_SCOPE)
  endif()
endfunction()

# Xcode has its own setting for a launcher, which applies to all languages of Clang. The other settings make its compilations
# cacheable (docs/Xcode.md of sccache).
macro(_toolchainkit_set_xcode_attributes)
  set(CMAKE_XCODE_ATTRIBUTE_C_COMPILER_LAUNCHER "${launcher}" PARENT_SCOPE)
  foreach(attribute IN ITEMS CLANG_ENABLE_MODULES COMPILER_INDEX_STORE_ENABLE CLANG_USE_RESPONSE_FILE)
    if(NOT DEFINED CMAKE_XCODE_ATTRIBUTE_${attribute})
      set(CMAKE_XCODE_ATTRIBUTE_${attribute} NO PARENT_SCOPE)
    endif()
  endforeach()
endmacro()

# With these properties, MSBuild uses another compiler, and compiles one source at a time (see ccache's wiki).
macro(_toolchainkit_set_visual_studio_globals)
  if(NOT "${CMAKE_VS_GLOBALS}" MATCHES "(^|;)CLTool(Exe|Path)=")
    set(globals ${CMAKE_VS_GLOBALS} CLToolExe=cl.exe "CLToolPath=${launcher}" UseMultiToolTask=true
      DebugInformationFormat=OldStyle)
    set(CMAKE_VS_GLOBALS "${globals}" PARENT_SCOPE)
  endif()
endmacro()

# Copies ccache under the name of the compiler. ccache 4.13 and newer reads settings from a file in the build folder, except
# those for the location of the cache.
function(_toolchainkit_write_visual_studio_files)
  configure_file("${program}" "${folder}/visual-studio/cl.exe" COPYONLY)
  set(text "# Written by ToolchainKit.cmake for Visual Studio.\n")
  _toolchainkit_get(names local names)
  if("CCACHE_BASEDIR" IN_LIST names)
    _toolchainkit_get(base local value_CCACHE_BASEDIR)
    string(APPEND text "base_dir = ${base}\n")
  endif()
  if("CCACHE_NOHASHDIR" IN_LIST names)
    string(APPEND text "hash_dir = false\n")
  endif()
  if("CCACHE_NODIRECT" IN_LIST names)
    string(APPEND text "direct_mode = false\n")
  endif()
  _toolchainkit_write_if_changed("${CMAKE_BINARY_DIR}/ccache.conf" "${text}")
  _toolchainkit_put(local directory "")
  _toolchainkit_put(local location "ccache's own folder")
endfunction()

