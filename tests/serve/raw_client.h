// A client that sends exactly the bytes it is given and reads one answer.
#ifndef TUFMIRROR_TESTS_SERVE_RAW_CLIENT_H_
#define TUFMIRROR_TESTS_SERVE_RAW_CLIENT_H_

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <map>
#include <string>
#include <string_view>

namespace tufmirror::testing {

struct RawResponse {
  int status = 0;  // 0: the connection ended without an answer
  std::string reason;
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;
};

class RawClient {
 public:
  explicit RawClient(int port) : fd_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(
        connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof(address)),
        0);
    // A hung server fails the test instead of hanging it.
    const timeval limit = {.tv_sec = 20, .tv_usec = 0};
    setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
  }
  ~RawClient() { close(fd_); }
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  // Sends as much as the server takes.
  void Send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return;
      bytes.remove_prefix(static_cast<size_t>(sent));
    }
  }

  enum class Body { kExpected, kNone };  // kNone: answers to HEAD
  RawResponse Read(Body body = Body::kExpected) {
    RawResponse response;
    size_t end = std::string::npos;
    while ((end = in_.find("\r\n\r\n")) == std::string::npos) {
      if (!Receive()) return response;
    }
    ParseHead(in_.substr(0, end + 2), response);
    in_.erase(0, end + 4);
    if (body == Body::kNone || !response.headers.count("content-length")) {
      return response;
    }
    const size_t length = std::stoul(response.headers["content-length"]);
    while (in_.size() < length && Receive()) {
    }
    response.body = in_.substr(0, length);
    in_.erase(0, length);
    return response;
  }

  // True if the server has closed the connection and sent nothing more.
  bool AtEnd() { return in_.empty() && !Receive(); }

  // Takes in what has arrived, at most `bytes`; false at the end.
  bool Receive(size_t bytes = 65536) {
    std::string piece(bytes, '\0');
    const ssize_t got = recv(fd_, piece.data(), piece.size(), 0);
    if (got <= 0) return false;
    in_.append(piece, 0, static_cast<size_t>(got));
    return true;
  }

  int fd() const { return fd_; }

 private:
  static void ParseHead(std::string_view head, RawResponse& response) {
    const size_t first = head.find("\r\n");
    response.status = std::stoi(std::string(head.substr(9, 3)));
    response.reason = std::string(head.substr(13, first - 13));
    head.remove_prefix(first + 2);
    while (!head.empty()) {
      const size_t line_end = head.find("\r\n");
      const std::string_view line = head.substr(0, line_end);
      const size_t colon = line.find(": ");
      std::string name(line.substr(0, colon));
      std::transform(name.begin(), name.end(), name.begin(),
                     [](unsigned char c) { return std::tolower(c); });
      EXPECT_EQ(response.headers.count(name), 0u) << name << " sent twice";
      response.headers[name] = std::string(line.substr(colon + 2));
      head.remove_prefix(line_end + 2);
    }
  }

  const int fd_;
  std::string in_;
};

}  // namespace tufmirror::testing

#endif  // TUFMIRROR_TESTS_SERVE_RAW_CLIENT_H_
