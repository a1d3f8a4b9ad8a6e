# One test: CASE, by STAGERUN with the plugin in PLUGINS, in WORKSPACE, which is made anew.
cmake_minimum_required(VERSION 3.25)

set(old "version 1\n")
set(new "version 2\n")
file(REMOVE_RECURSE ${WORKSPACE})
file(COPY ${CMAKE_CURRENT_LIST_DIR}/data/ DESTINATION ${WORKSPACE})

# stagerun(STATUS WORD...): runs it, and wants that exit status. What it says is in `said`.
function(stagerun status)
  execute_process(
    COMMAND ${STAGERUN} ${ARGN} --plugins ${PLUGINS}
    WORKING_DIRECTORY ${WORKSPACE}
    RESULT_VARIABLE ended
    OUTPUT_VARIABLE text
    ERROR_VARIABLE text)
  if(NOT ended STREQUAL status)
    message(FATAL_ERROR "stagerun ${ARGN}: status ${ended}, not ${status}\n${text}")
  endif()
  set(said "${text}" PARENT_SCOPE)
endfunction()

# live.txt holds exactly this.
function(expect_live text)
  file(READ ${WORKSPACE}/live.txt found)
  if(NOT found STREQUAL text)
    message(FATAL_ERROR "live.txt holds\n${found}")
  endif()
endfunction()

function(expect_said text)
  string(FIND "${said}" "${text}" at)
  if(at EQUAL -1)
    message(FATAL_ERROR "`${text}` was not said, but\n${said}")
  endif()
endfunction()

if(CASE STREQUAL "validate")
  stagerun(0 validate pipeline.toml)
  stagerun(2 validate secret.toml)
  expect_said("a secret would stand in a plain file")

elseif(CASE STREQUAL "plan")
  stagerun(0 plan pipeline.toml)
  expect_said("update live.txt")
  expect_live("${old}")

elseif(CASE STREQUAL "run")
  stagerun(0 run pipeline.toml --yes)
  expect_live("${new}")

elseif(CASE STREQUAL "rollback")
  stagerun(0 run pipeline.toml --yes)
  stagerun(0 rollback)
  expect_live("${old}")
  file(REMOVE ${WORKSPACE}/live.txt)
  stagerun(0 run pipeline.toml --yes)
  expect_live("${new}")
  stagerun(0 rollback)
  if(EXISTS ${WORKSPACE}/live.txt)
    message(FATAL_ERROR "there was no live.txt, and there is one now")
  endif()

elseif(CASE STREQUAL "failure")
  # What comes after it fails: 6 says that everything was undone.
  stagerun(6 run pipeline.toml --yes -i last=false)
  expect_live("${old}")

elseif(CASE STREQUAL "unchanged")
  # It was so already, and stays: 3 says that nothing was written.
  file(WRITE ${WORKSPACE}/live.txt "${new}")
  stagerun(3 run pipeline.toml --yes -i last=false)
  expect_said("[mark] unchanged")
  expect_live("${new}")

elseif(CASE STREQUAL "conflict")
  # Somebody else has written it since: 8, and theirs stays.
  stagerun(0 run pipeline.toml --yes)
  file(WRITE ${WORKSPACE}/live.txt "version 3\n")
  stagerun(8 rollback)
  expect_said("somebody else has written live.txt")
  expect_live("version 3\n")

else()
  message(FATAL_ERROR "there is no test `${CASE}`")
endif()
