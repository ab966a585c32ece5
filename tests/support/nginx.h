// A real nginx with TLS, on a loopback port of the system's choice, with a
// certificate authority of its own.
#ifndef TUFMIRROR_TESTS_SUPPORT_NGINX_H_
#define TUFMIRROR_TESTS_SUPPORT_NGINX_H_

#include <sys/types.h>

#include <string>

#include "support/temp_directory.h"

namespace tufmirror::testing {

class Nginx {
 public:
  // Serves `document_root` over TLS as "localhost". `more`: directives of the
  // server block; "@DIR@" in them is this server's directory, with ca.pem,
  // server.pem, server.key, client.pem and client.key in it.
  explicit Nginx(const std::string& document_root,
                 const std::string& more = "");
  ~Nginx();
  Nginx(const Nginx&) = delete;
  Nginx& operator=(const Nginx&) = delete;

  int port() const { return port_; }
  // "https://localhost:PORT" + path.
  std::string Url(const std::string& path) const;
  std::string ca_file() const { return directory_.Join("ca.pem"); }
  std::string client_certificate() const {
    return directory_.Join("client.pem");
  }
  std::string client_key() const { return directory_.Join("client.key"); }

 private:
  void MakeCertificates();
  int Listen();

  TempDirectory directory_;
  int port_ = 0;
  pid_t pid_ = -1;
};

}  // namespace tufmirror::testing

#endif  // TUFMIRROR_TESTS_SUPPORT_NGINX_H_
