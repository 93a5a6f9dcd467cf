# run.cmake: one step of the consumer tests.
#
#   cmake -DSTEP=... -DKIND=STATIC|SHARED -DSOURCE=... -DWORK=... -P run.cmake
#
# STEP is "install" or one of the projects. "install" builds the library,
# installs it and moves the installed tree; the projects "package" and
# "pkgconfig" use the moved tree, so that they only work if it can be moved.

set(installed ${WORK}/installed)
set(moved ${WORK}/moved)
set(toolchain -G ${GENERATOR} "-DCMAKE_C_FLAGS=${C_FLAGS}"
  -DCMAKE_BUILD_TYPE=Release)
if(TOOLCHAIN_FILE)
  get_filename_component(TOOLCHAIN_FILE ${TOOLCHAIN_FILE} ABSOLUTE
    BASE_DIR ${SOURCE})
  list(APPEND toolchain -DCMAKE_TOOLCHAIN_FILE=${TOOLCHAIN_FILE})
else()
  list(APPEND toolchain -DCMAKE_C_COMPILER=${C_COMPILER})
endif()

function(run)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE result
    OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(NOT result EQUAL 0)
    list(JOIN ARGN " " command)
    message(FATAL_ERROR "${command}\nended with ${result}:\n${output}")
  endif()
  set(output "${output}" PARENT_SCOPE)
endfunction()

# The program works, and is linked to the kind of library that it should be.
# Windows looks for DLLs beside the program.
function(run_consumer program)
  if(SUFFIX STREQUAL ".exe" AND KIND STREQUAL "SHARED")
    file(GLOB_RECURSE library ${moved}/*.dll ${WORK}/subdirectory/*.dll)
    list(GET library 0 library)
    get_filename_component(directory ${program} DIRECTORY)
    file(COPY ${library} DESTINATION ${directory})
  endif()
  run(${LAUNCHER} ${program})
  message(STATUS "${STEP}, ${KIND}: ${output}")
  if(SUFFIX STREQUAL ".exe")
    set(tool ${OBJDUMP} -p)
    set(library mio.dll)
  else()
    find_program(ldd ldd)
    set(tool)
    if(ldd)
      set(tool ${ldd})
    endif()
    set(library libmio.so.0)
  endif()
  if(tool) # ldd fails for a program that needs nothing
    execute_process(COMMAND ${tool} ${program} OUTPUT_VARIABLE output
      ERROR_QUIET)
    string(FIND "${output}" "${library}" position)
    if(KIND STREQUAL "SHARED" AND position EQUAL -1)
      message(FATAL_ERROR "${program} does not use ${library}:\n${output}")
    elseif(KIND STREQUAL "STATIC" AND NOT position EQUAL -1)
      message(FATAL_ERROR "${program} uses ${library}:\n${output}")
    endif()
  endif()
endfunction()

function(step_install)
  file(REMOVE_RECURSE ${WORK})
  run(${CMAKE_COMMAND} -S ${SOURCE} -B ${WORK}/library ${toolchain}
    -DMIO_LIBRARY_TYPE=${KIND} -DCMAKE_INSTALL_PREFIX=${installed}
    -DMIO_BUILD_TESTS=OFF -DMIO_BUILD_EXAMPLES=OFF -DMIO_BUILD_BENCHES=OFF
    ${OPTIONS})
  run(${CMAKE_COMMAND} --build ${WORK}/library)
  run(${CMAKE_COMMAND} --install ${WORK}/library)

  # No installed file may know where it was built or installed.
  file(GLOB_RECURSE files LIST_DIRECTORIES false
    ${installed}/*.cmake ${installed}/*.pc ${installed}/*.h)
  list(LENGTH files count)
  if(count LESS 10)
    message(FATAL_ERROR "only ${count} files were installed: ${files}")
  endif()
  foreach(file IN LISTS files)
    file(READ ${file} text)
    foreach(path IN ITEMS ${WORK} ${SOURCE})
      string(FIND "${text}" "${path}" position)
      if(NOT position EQUAL -1)
        message(FATAL_ERROR "${file} names ${path}")
      endif()
    endforeach()
  endforeach()
  file(RENAME ${installed} ${moved})
  message(STATUS "install, ${KIND}: ${count} files")
endfunction()

function(step_subdirectory)
  set(build ${WORK}/subdirectory)
  file(REMOVE_RECURSE ${build})
  run(${CMAKE_COMMAND} -S ${SOURCE}/tests/consumer/subdirectory -B ${build}
    ${toolchain} -DMIO_SOURCE_DIR=${SOURCE} -DMIO_LIBRARY_TYPE=${KIND}
    ${OPTIONS})
  run(${CMAKE_COMMAND} --build ${build})
  run_consumer(${build}/consumer${SUFFIX})

  # It installs what it says itself: nothing.
  run(${CMAKE_COMMAND} --install ${build} --prefix ${build}/prefix)
  file(GLOB_RECURSE files ${build}/prefix/*)
  if(files)
    message(FATAL_ERROR "the embedded library installs ${files}")
  endif()
endfunction()

function(step_package)
  set(build ${WORK}/package)
  file(REMOVE_RECURSE ${build})
  run(${CMAKE_COMMAND} -S ${SOURCE}/tests/consumer/package -B ${build}
    ${toolchain} -DCMAKE_PREFIX_PATH=${moved} -DMIO_VERSION=${VERSION}
    "-DCMAKE_CXX_FLAGS=${C_FLAGS}")
  run(${CMAKE_COMMAND} --build ${build})
  run_consumer(${build}/consumer${SUFFIX})
  if(EXISTS ${build}/consumer_cpp${SUFFIX})
    run_consumer(${build}/consumer_cpp${SUFFIX})
  endif()

  # A version that is not there is not found.
  execute_process(COMMAND ${CMAKE_COMMAND}
    -S ${SOURCE}/tests/consumer/package -B ${build}-future ${toolchain}
    -DCMAKE_PREFIX_PATH=${moved} -DMIO_VERSION=99.0
    RESULT_VARIABLE result OUTPUT_QUIET ERROR_QUIET)
  if(result EQUAL 0)
    message(FATAL_ERROR "find_package(mio 99.0) has found ${VERSION}")
  endif()
endfunction()

function(step_pkgconfig)
  find_program(make NAMES make gmake)
  find_program(pkg_config NAMES pkg-config pkgconf)
  if(NOT make OR NOT pkg_config)
    message("skipped: there is no make or no pkg-config here")
    return()
  endif()
  set(build ${WORK}/pkgconfig)
  file(REMOVE_RECURSE ${build})
  file(MAKE_DIRECTORY ${build})
  file(GLOB_RECURSE pc ${moved}/mio.pc)
  get_filename_component(directory ${pc} DIRECTORY)
  get_filename_component(libdir ${directory} DIRECTORY)
  set(environment PKG_CONFIG_PATH=${directory})
  set(link)
  if(KIND STREQUAL "SHARED" AND NOT SUFFIX STREQUAL ".exe")
    set(link "LDFLAGS=-Wl,-rpath,${libdir}")
  endif()
  run(${CMAKE_COMMAND} -E env ${environment}
    ${make} -C ${build} -f ${SOURCE}/tests/consumer/pkgconfig/Makefile
    CC=${C_COMPILER} PROGRAM=consumer${SUFFIX} "CFLAGS=${C_FLAGS}" PKG_CONFIG=${pkg_config}
    SOURCE=${SOURCE}/tests/consumer/main.c ${link})
  run_consumer(${build}/consumer${SUFFIX})
  run(${CMAKE_COMMAND} -E env ${environment}
    ${pkg_config} --modversion mio)
  string(STRIP "${output}" output)
  if(NOT output STREQUAL VERSION)
    message(FATAL_ERROR "mio.pc says version ${output}, not ${VERSION}")
  endif()
endfunction()

cmake_language(CALL step_${STEP})
