// The secrets of one Transfers: read once, checked, and given out by server.
// The only place that knows which server may hear what.
#ifndef TUFMIRROR_SRC_HTTP_CREDENTIALS_H_
#define TUFMIRROR_SRC_HTTP_CREDENTIALS_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "tufmirror/http/transfers.h"

namespace tufmirror::http {

// What one server is told.
struct Login {
  AuthScheme scheme = AuthScheme::kBasic;
  std::string user;    // kBasic
  std::string secret;  // the password, or the token
};

class Credentials {
 public:
  // From the files and variables that `options` name. kUsage when they do not
  // fit what is asked for, or would travel unencrypted without leave; kKey for
  // a file that others can read.
  static absl::StatusOr<Credentials> Load(const TransferOptions& options);

  // What the server of `url` is told; null: nothing, or what `url` itself has.
  const Login* For(std::string_view url) const;
  // The netrc file to consult for `url`; empty: none.
  const std::string& NetrcFor(std::string_view url) const;
  // Without user and password; empty: the environment's.
  const std::string& proxy() const { return proxy_; }
  const std::optional<Login>& proxy_login() const { return proxy_login_; }

 private:
  struct Server {
    std::string name;  // ServerOf
    Login login;
  };

  absl::Status LoadLogins(const TransferOptions& options);
  absl::Status LoadProxy(const TransferOptions& options);
  absl::Status LoadNetrc(const TransferOptions& options);

  std::vector<Server> servers_;
  std::string proxy_;
  std::optional<Login> proxy_login_;
  std::string netrc_;
  bool plain_too_ = false;  // over http to any host
  std::string none_;
};

}  // namespace tufmirror::http

#endif  // TUFMIRROR_SRC_HTTP_CREDENTIALS_H_
