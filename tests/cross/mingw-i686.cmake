# Windows on i686, with Debian's MinGW.
set(MIO_CROSS_PROCESSOR i686)
include(${CMAKE_CURRENT_LIST_DIR}/mingw.cmake)
