// Reads a plan several times and prints how many milliseconds each took, for tests/bench/run.
#include <chrono>
#include <cstdio>
#include <cstdlib>

#include "schema/plan_io.h"

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: decode_plan PLAN ROUNDS\n");
    return 2;
  }
  for (long round = std::strtol(argv[2], nullptr, 10); round > 0; --round) {
    const auto begin = std::chrono::steady_clock::now();
    const auto plan = sup::schema::read_plan_file(argv[1]);
    const std::chrono::duration<double, std::milli> taken =
        std::chrono::steady_clock::now() - begin;
    if (!plan) {
      std::fprintf(stderr, "decode_plan: %s\n", plan.error().message.c_str());
      return 1;
    }
    std::printf("%.3f\n", taken.count());
  }
  return 0;
}
