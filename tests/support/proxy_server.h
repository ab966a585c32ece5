// A real proxy on a loopback port: HTTP CONNECT and SOCKS5 (RFC 1928, 1929),
// told apart by the first byte. It connects every tunnel to one address that
// the test chooses, whatever name was asked for.
//
// All members may be called from any thread at any time.
#ifndef TUFMIRROR_TESTS_SUPPORT_PROXY_SERVER_H_
#define TUFMIRROR_TESTS_SUPPORT_PROXY_SERVER_H_

#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace tufmirror::testing {

struct RecordedTunnel {
  std::string kind;    // "connect" or "socks5"
  std::string target;  // "host:port" as asked for
  // What was told: the value of Proxy-Authorization, or "user:password".
  std::string credentials;
};

class ProxyServer {
 public:
  // Tunnels lead to 127.0.0.1:`port`.
  explicit ProxyServer(int port);
  // Closes every tunnel and joins all threads.
  ~ProxyServer();
  ProxyServer(const ProxyServer&) = delete;
  ProxyServer& operator=(const ProxyServer&) = delete;

  // "127.0.0.1:PORT".
  std::string address() const;
  std::vector<RecordedTunnel> tunnels() const;

 private:
  void AcceptLoop();
  void Serve(int fd);
  bool Connect(int fd, RecordedTunnel& tunnel);
  bool Socks(int fd, RecordedTunnel& tunnel);
  void Relay(int client);
  // A socket that the destructor will end.
  void Track(int fd);
  void Forget(int fd);

  const int upstream_port_;
  int listener_ = -1;
  int port_ = 0;
  mutable std::mutex mutex_;  // of everything below
  std::vector<RecordedTunnel> tunnels_;
  std::set<int> open_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
  std::thread accept_thread_;
};

}  // namespace tufmirror::testing

#endif  // TUFMIRROR_TESTS_SUPPORT_PROXY_SERVER_H_
