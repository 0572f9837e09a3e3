// The floor for the command `status`: what any client in C++ does at least. It connects to a UNIX
// socket, asks for all processes, reads the answer and prints a line for each of them.
//
//   least_client SOCKET
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

namespace {

constexpr std::string_view body =
    "<methodCall><methodName>supervisor.getAllProcessInfo</methodName></methodCall>";

int connected(std::string_view path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  void* const untyped = &address;
  const int made = ::socket(AF_UNIX, SOCK_STREAM, 0);
  return made >= 0 && ::connect(made, static_cast<sockaddr*>(untyped), sizeof address) == 0 ? made
                                                                                            : -1;
}

}  // namespace

int main(int count, char** words) {
  const int server = count == 2 ? connected(words[1]) : -1;
  const std::string request =
      "POST /RPC2 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: text/xml\r\n"
      "Content-Length: " +
      std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
  if (server < 0 || ::write(server, request.data(), request.size()) < 0) {
    std::cerr << "least_client: no answer\n";
    return 1;
  }
  std::string answer;
  std::vector<char> piece(1U << 16U);
  for (ssize_t got = 0; (got = ::read(server, piece.data(), piece.size())) > 0;) {
    answer.append(piece.data(), static_cast<std::size_t>(got));
  }
  constexpr std::string_view mark = "<name>description</name>\n<value><string>";
  int shown = 0;
  for (std::size_t at = 0; (at = answer.find(mark, at)) != std::string::npos; ++shown) {
    at += mark.size();
    std::cout << std::string_view(answer).substr(at, answer.find('<', at) - at) << std::endl;
  }
  return shown > 0 ? 0 : 1;
}
