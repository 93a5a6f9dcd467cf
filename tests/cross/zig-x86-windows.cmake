# Windows on i686 with the Universal C Runtime, by zig.
set(MIO_CROSS_SYSTEM Windows)
set(MIO_CROSS_PROCESSOR i686)
set(MIO_ZIG_TARGET x86-windows-gnu)
include(${CMAKE_CURRENT_LIST_DIR}/zig.cmake)
