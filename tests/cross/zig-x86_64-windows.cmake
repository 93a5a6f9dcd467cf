# Windows on x86_64 with the Universal C Runtime, by zig.
set(MIO_CROSS_SYSTEM Windows)
set(MIO_CROSS_PROCESSOR x86_64)
set(MIO_ZIG_TARGET x86_64-windows-gnu)
include(${CMAKE_CURRENT_LIST_DIR}/zig.cmake)
