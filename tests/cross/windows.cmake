# windows.cmake: what all toolchain files for Windows share.
include(${CMAKE_CURRENT_LIST_DIR}/target.cmake)

# The programs run under Wine, if it is here and the processor is its own; in
# the surroundings that tests/cross/wine.sh makes.
if(MIO_CROSS_PROCESSOR MATCHES "^(x86_64|i686)$")
  find_program(MIO_WINE NAMES wine wine64 PATHS /usr/lib/wine)
  mark_as_advanced(MIO_WINE)
  if(MIO_WINE)
    set(CMAKE_CROSSCOMPILING_EMULATOR ${MIO_WINE})
    set(MIO_TEST_LAUNCHER ${MIO_WINE} CACHE STRING
      "What to run the test programs with")
  endif()
endif()
