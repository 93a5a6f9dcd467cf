# NetBSD on x86_64, by zig.
set(MIO_CROSS_SYSTEM NetBSD)
set(MIO_CROSS_PROCESSOR x86_64)
set(MIO_ZIG_TARGET x86_64-netbsd)
include(${CMAKE_CURRENT_LIST_DIR}/zig.cmake)
