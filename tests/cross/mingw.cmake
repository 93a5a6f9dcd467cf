# mingw.cmake: what the MinGW toolchain files share; each says which processor
# in MIO_CROSS_PROCESSOR. Debian's gcc-mingw-w64-*-win32 packages are meant,
# whose threads are the system's own: nothing of libwinpthread is needed.
set(CMAKE_SYSTEM_NAME Windows)
set(CMAKE_SYSTEM_VERSION 10.0)
set(CMAKE_SYSTEM_PROCESSOR ${MIO_CROSS_PROCESSOR})

set(mio_triplet ${MIO_CROSS_PROCESSOR}-w64-mingw32)
find_program(CMAKE_C_COMPILER
  NAMES ${mio_triplet}-gcc-win32 ${mio_triplet}-gcc REQUIRED)
find_program(CMAKE_RC_COMPILER NAMES ${mio_triplet}-windres REQUIRED)
# C++ is for the consumer test alone, and goes without it.
find_program(MIO_CROSS_CXX
  NAMES ${mio_triplet}-g++-win32 ${mio_triplet}-g++)
mark_as_advanced(MIO_CROSS_CXX)
if(MIO_CROSS_CXX)
  set(CMAKE_CXX_COMPILER ${MIO_CROSS_CXX})
else()
  set(CMAKE_CXX_COMPILER "")
endif()

set(CMAKE_FIND_ROOT_PATH /usr/${mio_triplet} ${CMAKE_PREFIX_PATH})
include(${CMAKE_CURRENT_LIST_DIR}/windows.cmake)
