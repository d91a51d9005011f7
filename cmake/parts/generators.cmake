# --- generators that take no launcher -------------------------------------------------------------------------------

# Why nothing can be cached with this generator; empty if something can. May narrow the choice of tools.
function(_toolchainkit_look_at_generator out_reason)
  set("${out_reason}" "" PARENT_SCOPE)
  if(CMAKE_GENERATOR MATCHES "^Visual Studio")
    # sccache cannot take the place of the compiler, and ccache takes that of cl.exe alone.
    if(NOT ccache IN_LIST arg_TOOL)
      set("${out_reason}" "the generator ${CMAKE_GENERATOR} works with ccache only; Ninja works with ${arg_TOOL}" PARENT_SCOPE)
    elseif("${CMAKE_GENERATOR_TOOLSET}" MATCHES "[Cc]lang|LLVM|[Ii]ntel")
      set("${out_reason}" "the generator ${CMAKE_GENERATOR} works with Microsoft's compiler only; with Ninja, ${CMAKE_GENERATOR_TOOLSET} can be cached" PARENT_SCOPE)
    elseif("${CMAKE_VS_GLOBALS}" MATCHES "(^|;)CLTool(Exe|Path)=")
      set("${out_reason}" "CMAKE_VS_GLOBALS names a compiler already, and stays as it is" PARENT_SCOPE)
    endif()
    set(arg_TOOL ccache PARENT_SCOPE)
  elseif(CMAKE_GENERATOR STREQUAL "Xcode")
    if(DEFINED CMAKE_XCODE_ATTRIBUTE_C_COMPILER_LAUNCHER)
      set("${out_reason}" "CMAKE_XCODE_ATTRIBUTE_C_COMPILER_LAUNCHER is set already, and stays as it is" PARENT_SCOPE)
    endif()
  elseif(NOT CMAKE_GENERATOR MATCHES "Ninja|Makefiles")
    set("${out_reason}" "the generator ${CMAKE_GENERATOR} does not use compiler launchers; Ninja and Makefiles do" PARENT_SCOPE)
  endif()
endfunction()

# Xcode has a setting for a launcher of its own, for all languages of Clang at once; what else is set here makes it
# compile in a way that can be cached (docs/Xcode.md of sccache).
macro(_toolchainkit_set_xcode_attributes)
  set(CMAKE_XCODE_ATTRIBUTE_C_COMPILER_LAUNCHER "${launcher}" PARENT_SCOPE)
  foreach(attribute IN ITEMS CLANG_ENABLE_MODULES COMPILER_INDEX_STORE_ENABLE CLANG_USE_RESPONSE_FILE)
    if(NOT DEFINED CMAKE_XCODE_ATTRIBUTE_${attribute})
      set(CMAKE_XCODE_ATTRIBUTE_${attribute} NO PARENT_SCOPE)
    endif()
  endforeach()
endmacro()

# MSBuild takes another compiler, and compiles one source at a time with these properties (ccache's wiki).
macro(_toolchainkit_set_visual_studio_globals)
  if(NOT "${CMAKE_VS_GLOBALS}" MATCHES "(^|;)CLTool(Exe|Path)=")
    set(globals ${CMAKE_VS_GLOBALS} CLToolExe=cl.exe "CLToolPath=${launcher}" UseMultiToolTask=true
      DebugInformationFormat=OldStyle)
    set(CMAKE_VS_GLOBALS "${globals}" PARENT_SCOPE)
  endif()
endmacro()

# ccache under the name of the compiler. From 4.13 on it looks for settings in the folder of the build and above, where it
# allows no more than what a project may decide: how objects are named, and not where they are kept.
function(_toolchainkit_write_visual_studio_files)
  configure_file("${program}" "${folder}/visual-studio/cl.exe" COPYONLY)
  set(text "# Written by ToolchainKit.cmake for Visual Studio.\n")
  foreach(pair IN LISTS local_pairs)
    if(pair MATCHES "^CCACHE_BASEDIR=(.*)$")
      string(APPEND text "base_dir = ${CMAKE_MATCH_1}\n")
    elseif(pair MATCHES "^CCACHE_NOHASHDIR=")
      string(APPEND text "hash_dir = false\n")
    elseif(pair MATCHES "^CCACHE_NODIRECT=")
      string(APPEND text "direct_mode = false\n")
    endif()
  endforeach()
  _toolchainkit_write_if_changed("${CMAKE_BINARY_DIR}/ccache.conf" "${text}")
  set(local_directory "" PARENT_SCOPE)
  set(local_location "ccache's own folder" PARENT_SCOPE)
endfunction()

