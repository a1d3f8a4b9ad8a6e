# stagerun_add_plugin(NAME SOURCE...): builds NAME.so, a stagerun plugin.
#
# Sets the standard, hides every symbol but stagerun_module_v1, and refuses undefined ones at link
# time. Plugins land in STAGERUN_PLUGIN_DIR where that is set.
set(STAGERUN_SDK_CMAKE_DIR ${CMAKE_CURRENT_LIST_DIR})

function(stagerun_add_plugin name)
  add_library(${name} MODULE ${ARGN})
  target_link_libraries(${name} PRIVATE stagerun_sdk)
  target_compile_features(${name} PRIVATE cxx_std_20)
  set_target_properties(
    ${name}
    PROPERTIES PREFIX ""
               SUFFIX ".so"
               C_VISIBILITY_PRESET hidden
               CXX_VISIBILITY_PRESET hidden
               VISIBILITY_INLINES_HIDDEN ON
               LINK_DEPENDS ${STAGERUN_SDK_CMAKE_DIR}/plugin.map)
  if(STAGERUN_PLUGIN_DIR)
    set_target_properties(${name} PROPERTIES LIBRARY_OUTPUT_DIRECTORY ${STAGERUN_PLUGIN_DIR})
  endif()
  target_link_options(${name} PRIVATE -Wl,--version-script=${STAGERUN_SDK_CMAKE_DIR}/plugin.map
                      -Wl,-z,now)
  if(NOT STAGERUN_SANITIZE)
    target_link_options(${name} PRIVATE -Wl,--no-undefined)
  endif()
endfunction()
