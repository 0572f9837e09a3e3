// A listener in C++ with the header that suplance brings: says who died.
//
//     c++ -std=c++17 -o watch watch.cpp
#include <suplance/listener.h>

int main() {
  return suplance::listen([](const suplance::Event& event) {
    if (event.name == "PROCESS_STATE_EXITED" && event["expected"] == "0") {
      std::cout << event["groupname"] << ":" << event["processname"] << " died, pid "
                << event["pid"] << std::endl;
    }
  });
}
