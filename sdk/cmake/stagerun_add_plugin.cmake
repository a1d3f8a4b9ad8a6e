# stagerun_add_plugin(NAME SOURCE...): builds NAME.so, a stagerun plugin in C or C++.
#
# Sets the standard, hides every symbol but stagerun_module_v1, binds at load time, and refuses
# undefined symbols at link time: a mistake shows in the build, not in a run. Plugins land in
# STAGERUN_PLUGIN_DIR where that is set. In stagerun's tree and out of it this is the same file.
function(stagerun_add_plugin name)
  set(map ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/plugin.map)
  add_library(${name} MODULE ${ARGN})
  target_link_libraries(${name} PRIVATE stagerun::sdk)
  target_compile_features(${name} PRIVATE c_std_11 cxx_std_20)
  # A unique symbol would keep the library from being a plugin of its own.
  target_compile_options(${name} PRIVATE $<$<COMPILE_LANG_AND_ID:CXX,GNU>:-fno-gnu-unique>)
  set_target_properties(
    ${name}
    PROPERTIES PREFIX ""
               SUFFIX ".so"
               C_VISIBILITY_PRESET hidden
               CXX_VISIBILITY_PRESET hidden
               VISIBILITY_INLINES_HIDDEN ON
               POSITION_INDEPENDENT_CODE ON
               LINK_DEPENDS ${map})
  if(STAGERUN_PLUGIN_DIR)
    set_target_properties(${name} PROPERTIES LIBRARY_OUTPUT_DIRECTORY ${STAGERUN_PLUGIN_DIR})
  endif()
  target_link_options(${name} PRIVATE -Wl,--version-script=${map} -Wl,-z,now -Wl,-z,relro)
  # stagerun takes no plugin that others can write, and some systems let a group by default.
  add_custom_command(TARGET ${name} POST_BUILD COMMAND chmod go-w $<TARGET_FILE:${name}>
                                                       $<TARGET_FILE_DIR:${name}> VERBATIM)
  # The sanitizers' own symbols come from the program that loads the plugin.
  if(NOT (STAGERUN_SANITIZE OR STAGERUN_FUZZ))
    target_link_options(${name} PRIVATE -Wl,--no-undefined)
  endif()
endfunction()
