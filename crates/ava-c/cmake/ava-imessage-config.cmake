# SPDX-License-Identifier: MIT OR Apache-2.0
#
#   find_package(ava-imessage REQUIRED)
#   target_link_libraries(your_program PRIVATE ava::imessage)         # or ava::imessage_static
if(TARGET ava::imessage)
  return()
endif()

get_filename_component(_ava_prefix "${CMAKE_CURRENT_LIST_DIR}/../../.." ABSOLUTE)
set(_ava_folders lib lib64)
if(CMAKE_LIBRARY_ARCHITECTURE)
  list(PREPEND _ava_folders "lib/${CMAKE_LIBRARY_ARCHITECTURE}")
endif()
# This prefix only: not a library that was found before, nor another installation's.
foreach(_ava_kind shared static)
  if(_ava_kind STREQUAL "shared")
    set(_ava_type SHARED)
    set(_ava_target ava::imessage)
    set(_ava_file "${CMAKE_SHARED_LIBRARY_PREFIX}ava_imessage${CMAKE_SHARED_LIBRARY_SUFFIX}")
  else()
    set(_ava_type STATIC)
    set(_ava_target ava::imessage_static)
    set(_ava_file "${CMAKE_STATIC_LIBRARY_PREFIX}ava_imessage${CMAKE_STATIC_LIBRARY_SUFFIX}")
  endif()
  foreach(_ava_folder IN LISTS _ava_folders)
    set(_ava_path "${_ava_prefix}/${_ava_folder}/${_ava_file}")
    if(EXISTS "${_ava_path}" AND NOT TARGET ${_ava_target})
      add_library(${_ava_target} ${_ava_type} IMPORTED)
      set_target_properties(${_ava_target} PROPERTIES
        IMPORTED_LOCATION "${_ava_path}"
        INTERFACE_INCLUDE_DIRECTORIES "${_ava_prefix}/include")
    endif()
  endforeach()
endforeach()

if(TARGET ava::imessage_static AND UNIX)
  # What Rust's standard library stands on.
  find_package(Threads QUIET)
  set(_ava_needs ${CMAKE_DL_LIBS} m)
  if(TARGET Threads::Threads)
    list(APPEND _ava_needs Threads::Threads)
  endif()
  if(NOT APPLE)
    list(APPEND _ava_needs gcc_s)
  endif()
  set_target_properties(ava::imessage_static PROPERTIES INTERFACE_LINK_LIBRARIES "${_ava_needs}")
endif()

if(NOT TARGET ava::imessage)
  set(ava-imessage_FOUND FALSE)
  set(ava-imessage_NOT_FOUND_MESSAGE "no libava_imessage in ${_ava_prefix}")
endif()
