# SPDX-License-Identifier: MIT OR Apache-2.0
# The version is the header's, so that it stands once. 0.x is compatible with itself only, as its soname says.
get_filename_component(_ava_prefix "${CMAKE_CURRENT_LIST_DIR}/../../.." ABSOLUTE)
file(STRINGS "${_ava_prefix}/include/ava_imessage.h" _ava_line REGEX "^#define AVA_VERSION ")
string(REGEX REPLACE "^#define AVA_VERSION \"([^\"]*)\".*" "\\1" PACKAGE_VERSION "${_ava_line}")

string(REGEX MATCH "^(0\\.)?[0-9]+" _ava_has "${PACKAGE_VERSION}")
string(REGEX MATCH "^(0\\.)?[0-9]+" _ava_wanted "${PACKAGE_FIND_VERSION}")
if(_ava_has STREQUAL _ava_wanted AND NOT PACKAGE_VERSION VERSION_LESS PACKAGE_FIND_VERSION)
  set(PACKAGE_VERSION_COMPATIBLE TRUE)
endif()
if(PACKAGE_VERSION VERSION_EQUAL PACKAGE_FIND_VERSION)
  set(PACKAGE_VERSION_EXACT TRUE)
endif()
unset(_ava_prefix)
unset(_ava_line)
unset(_ava_has)
unset(_ava_wanted)
