// See proxy_server.h. One thread accepts, one serves each connection.
#include "support/proxy_server.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <utility>

#include "fmt/format.h"

namespace tufmirror::testing {
namespace {

sockaddr_in Loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<uint16_t>(port));
  return address;
}

bool SendAll(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(sent));
  }
  return true;
}

// Exactly `count` bytes; fewer at the end of the connection.
std::string Receive(int fd, size_t count) {
  std::string bytes(count, '\0');
  const ssize_t got = recv(fd, bytes.data(), count, MSG_WAITALL);
  bytes.resize(got < 0 ? 0 : static_cast<size_t>(got));
  return bytes;
}

// One field with its length in front.
std::string ReceiveField(int fd) {
  const std::string length = Receive(fd, 1);
  return length.empty() ? "" : Receive(fd, static_cast<uint8_t>(length[0]));
}

bool Pass(int from, int to) {
  std::array<char, 65536> buffer;
  const ssize_t got = recv(from, buffer.data(), buffer.size(), 0);
  return got > 0 && SendAll(to, {buffer.data(), static_cast<size_t>(got)});
}

}  // namespace

ProxyServer::ProxyServer(int port) : upstream_port_(port) {
  listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = Loopback(0);
  socklen_t size = sizeof(address);
  if (listener_ < 0 ||
      bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      listen(listener_, 64) != 0 ||
      getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) !=
          0) {
    ADD_FAILURE() << "proxy: cannot listen on 127.0.0.1";
    return;
  }
  port_ = ntohs(address.sin_port);
  accept_thread_ = std::thread(&ProxyServer::AcceptLoop, this);
}

ProxyServer::~ProxyServer() {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    stopping_ = true;
    for (const int fd : open_) shutdown(fd, SHUT_RDWR);
  }
  shutdown(listener_, SHUT_RDWR);
  if (accept_thread_.joinable()) accept_thread_.join();
  for (std::thread& thread : threads_) thread.join();
  if (listener_ >= 0) close(listener_);
}

std::string ProxyServer::address() const {
  return fmt::format("127.0.0.1:{}", port_);
}

std::vector<RecordedTunnel> ProxyServer::tunnels() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return tunnels_;
}

void ProxyServer::AcceptLoop() {
  while (true) {
    const int fd = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) return;
    Track(fd);
    std::lock_guard<std::mutex> lock(mutex_);
    threads_.emplace_back(&ProxyServer::Serve, this, fd);
  }
}

void ProxyServer::Track(int fd) {
  std::lock_guard<std::mutex> lock(mutex_);
  open_.insert(fd);
  if (stopping_) shutdown(fd, SHUT_RDWR);
}

void ProxyServer::Forget(int fd) {
  std::lock_guard<std::mutex> lock(mutex_);
  open_.erase(fd);
  close(fd);
}

void ProxyServer::Serve(int fd) {
  char first = 0;
  RecordedTunnel tunnel;
  if (recv(fd, &first, 1, MSG_PEEK) == 1) {
    const bool agreed = first == 5 ? Socks(fd, tunnel) : Connect(fd, tunnel);
    {
      std::lock_guard<std::mutex> lock(mutex_);
      tunnels_.push_back(tunnel);
    }
    const std::string_view answer =
        first == 5
            ? std::string_view("\x05\x00\x00\x01\x7f\x00\x00\x01\x00\x50", 10)
            : std::string_view("HTTP/1.1 200 Connected\r\n\r\n");
    if (agreed && SendAll(fd, answer)) Relay(fd);
  }
  Forget(fd);
}

bool ProxyServer::Connect(int fd, RecordedTunnel& tunnel) {
  std::string head;
  while (!head.ends_with("\r\n\r\n")) {
    const std::string byte = Receive(fd, 1);
    if (byte.empty()) return false;
    head += byte;
  }
  tunnel.kind = "connect";
  constexpr std::string_view kMethod = "CONNECT ";
  if (!head.starts_with(kMethod)) return false;
  tunnel.target =
      head.substr(kMethod.size(), head.find(" HTTP/") - kMethod.size());
  constexpr std::string_view kHeader = "Proxy-Authorization: ";
  if (const size_t at = head.find(kHeader); at != std::string::npos) {
    const size_t start = at + kHeader.size();
    tunnel.credentials = head.substr(start, head.find("\r\n", start) - start);
  }
  return true;
}

bool ProxyServer::Socks(int fd, RecordedTunnel& tunnel) {
  tunnel.kind = "socks5";
  Receive(fd, 1);
  const std::string methods = ReceiveField(fd);
  if (methods.find('\x02') != std::string::npos) {
    if (!SendAll(fd, std::string_view("\x05\x02", 2))) return false;
    Receive(fd, 1);
    tunnel.credentials = ReceiveField(fd);
    tunnel.credentials += ":" + ReceiveField(fd);
    if (!SendAll(fd, std::string_view("\x01\x00", 2))) return false;
  } else if (!SendAll(fd, std::string_view("\x05\x00", 2))) {
    return false;
  }
  const std::string request = Receive(fd, 4);
  if (request.size() < 4) return false;
  if (request[3] == 3) {
    tunnel.target = ReceiveField(fd);
  } else {
    const std::string ip = Receive(fd, request[3] == 1 ? 4 : 16);
    std::array<char, INET6_ADDRSTRLEN> text{};
    inet_ntop(request[3] == 1 ? AF_INET : AF_INET6, ip.data(), text.data(),
              text.size());
    tunnel.target = text.data();
  }
  const std::string port = Receive(fd, 2);
  if (port.size() < 2) return false;
  tunnel.target += fmt::format(":{}", static_cast<uint8_t>(port[0]) * 256 +
                                          static_cast<uint8_t>(port[1]));
  return true;
}

void ProxyServer::Relay(int client) {
  const int upstream = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  Track(upstream);
  const sockaddr_in address = Loopback(upstream_port_);
  if (connect(upstream, reinterpret_cast<const sockaddr*>(&address),
              sizeof(address)) == 0) {
    std::array<pollfd, 2> ends = {{{client, POLLIN, 0}, {upstream, POLLIN, 0}}};
    while (poll(ends.data(), ends.size(), -1) > 0) {
      if (ends[0].revents != 0 && !Pass(client, upstream)) break;
      if (ends[1].revents != 0 && !Pass(upstream, client)) break;
    }
  }
  Forget(upstream);
}

}  // namespace tufmirror::testing
