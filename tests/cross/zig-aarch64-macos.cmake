# macOS on aarch64, by zig.
set(MIO_CROSS_SYSTEM Darwin)
set(MIO_CROSS_PROCESSOR aarch64)
set(MIO_ZIG_TARGET aarch64-macos)
include(${CMAKE_CURRENT_LIST_DIR}/zig.cmake)
