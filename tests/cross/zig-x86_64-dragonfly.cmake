# DragonFly on x86_64, by zig, roughly: with the headers of FreeBSD, from which
# it descends.
set(MIO_CROSS_SYSTEM DragonFly)
set(MIO_CROSS_PROCESSOR x86_64)
set(MIO_ZIG_TARGET x86_64-dragonfly)
set(MIO_ZIG_HEADERS x86_64-freebsd-none generic-freebsd)
include(${CMAKE_CURRENT_LIST_DIR}/zig.cmake)
