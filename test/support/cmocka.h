// SPDX-License-Identifier: MIT
// cmocka for C++: its header has no C++ guard, needs these four headers before it, and defines a
// macro `fail` that breaks <ios>. Include C++ headers before this one.
//
// A failing assertion longjmps: destructors of live objects do not run. Fixtures that matter live
// in setup and teardown.
#pragma once

#include <csetjmp>
#include <cstdarg>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

extern "C" {
#include <cmocka.h>
}
#undef fail

// assert_string_equal for string_views; prints both.
#define assert_text_equal(actual, expected)                            \
  do {                                                                 \
    const std::string actual_text_{actual};                            \
    const std::string expected_text_{expected};                        \
    assert_string_equal(actual_text_.c_str(), expected_text_.c_str()); \
    assert_int_equal(actual_text_.size(), expected_text_.size());      \
  } while (false)
