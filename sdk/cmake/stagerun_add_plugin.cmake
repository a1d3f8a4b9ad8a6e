# stagerun_add_plugin(NAME SOURCE...): builds NAME.so, a stagerun plugin in C or C++.
#
# Sets the standard, hides every symbol but stagerun_module_v1, binds at load time, and refuses
# undefined symbols at link time: a mistake shows in the build, not in a run. Plugins land in
# STAGERUN_PLUGIN_DIR where that is set.
set(STAGERUN_SDK_CMAKE_DIR ${CMAKE_CURRENT_LIST_DIR})

function(stagerun_add_plugin name)
  add_library(${name} MODULE ${ARGN})
  target_link_libraries(${name} PRIVATE stagerun_sdk)
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
               LINK_DEPENDS ${STAGERUN_SDK_CMAKE_DIR}/plugin.map)
  if(STAGERUN_PLUGIN_DIR)
    set_target_properties(${name} PROPERTIES LIBRARY_OUTPUT_DIRECTORY ${STAGERUN_PLUGIN_DIR})
  endif()
  target_link_options(${name} PRIVATE -Wl,--version-script=${STAGERUN_SDK_CMAKE_DIR}/plugin.map
                      -Wl,-z,now -Wl,-z,relro)
  # The sanitizers' own symbols come from the program that loads the plugin.
  if(NOT (STAGERUN_SANITIZE OR STAGERUN_FUZZ))
    target_link_options(${name} PRIVATE -Wl,--no-undefined)
  endif()
endfunction()
