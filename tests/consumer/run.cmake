# run.cmake: one step of the consumer tests.
#
#   cmake -DSTEP=... -DKIND=STATIC|SHARED -DSOURCE=... -DWORK=... -P run.cmake
#
# STEP is "install" or one of the projects. "install" builds the library,
# installs it and moves the installed tree; the projects "package" and
# "pkgconfig" use the moved tree, so that they only work if it can be moved.

set(installed ${WORK}/installed)
set(moved ${WORK}/moved)
set(toolchain -G ${GENERATOR} -DCMAKE_C_COMPILER=${C_COMPILER}
  "-DCMAKE_C_FLAGS=${C_FLAGS}" -DCMAKE_BUILD_TYPE=Release)

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
function(run_consumer program)
  run(${program})
  message(STATUS "${STEP}, ${KIND}: ${output}")
  find_program(ldd ldd)
  if(ldd)
    execute_process(COMMAND ${ldd} ${program} OUTPUT_VARIABLE needed)
    string(FIND "${needed}" "libmio.so.0" position)
    if(KIND STREQUAL "SHARED" AND position EQUAL -1)
      message(FATAL_ERROR "${program} does not use libmio.so.0:\n${needed}")
    elseif(KIND STREQUAL "STATIC" AND NOT position EQUAL -1)
      message(FATAL_ERROR "${program} uses libmio.so.0:\n${needed}")
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
  run_consumer(${build}/consumer)

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
  run_consumer(${build}/consumer)
  if(EXISTS ${build}/consumer_cpp)
    run_consumer(${build}/consumer_cpp)
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
  if(KIND STREQUAL "SHARED")
    set(link "LDFLAGS=-Wl,-rpath,${libdir}")
  endif()
  run(${CMAKE_COMMAND} -E env ${environment}
    ${make} -C ${build} -f ${SOURCE}/tests/consumer/pkgconfig/Makefile
    CC=${C_COMPILER} "CFLAGS=${C_FLAGS}" PKG_CONFIG=${pkg_config}
    SOURCE=${SOURCE}/tests/consumer/main.c ${link})
  run_consumer(${build}/consumer)
  run(${CMAKE_COMMAND} -E env ${environment}
    ${pkg_config} --modversion mio)
  string(STRIP "${output}" output)
  if(NOT output STREQUAL VERSION)
    message(FATAL_ERROR "mio.pc says version ${output}, not ${VERSION}")
  endif()
endfunction()

cmake_language(CALL step_${STEP})
