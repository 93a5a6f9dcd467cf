# iOS on aarch64, by zig, with macOS's headers, which are iOS's as well. To CMake
# it is the same system; by iOS it means Apple's tools.
set(MIO_CROSS_SYSTEM Darwin)
set(MIO_CROSS_PROCESSOR aarch64)
set(MIO_ZIG_TARGET aarch64-ios)
set(MIO_ZIG_HEADERS any-darwin-any)
include(${CMAKE_CURRENT_LIST_DIR}/zig.cmake)
