// SPDX-License-Identifier: MIT
#include "steady_random.h"

#include <random>

namespace {

std::minstd_rand generator;

}  // namespace

extern "C" int RAND_bytes(unsigned char* bytes, int count) {
  for (int i = 0; i < count; ++i) bytes[i] = static_cast<unsigned char>(generator() >> 8);
  return 1;
}

namespace rosterd::model {

void restart_random() { generator.seed(1); }

}  // namespace rosterd::model
