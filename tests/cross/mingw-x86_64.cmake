# Windows on x86_64, with Debian's MinGW.
set(MIO_CROSS_PROCESSOR x86_64)
include(${CMAKE_CURRENT_LIST_DIR}/mingw.cmake)
