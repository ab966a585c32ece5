// The metadata that a guard trusts: refreshed by the TUF client workflow from
// one mirror at a time, so that it is known which one to blame.
#ifndef TUFMIRROR_SRC_GUARD_TRUST_H_
#define TUFMIRROR_SRC_GUARD_TRUST_H_

#include <array>
#include <atomic>
#include <chrono>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "guard/lanes.h"
#include "guard/ledger.h"
#include "guard/mirrors.h"
#include "tufmirror/client/metadata_fetcher.h"
#include "tufmirror/client/metadata_store.h"
#include "tufmirror/tuf/lookup.h"
#include "tufmirror/tuf/trusted_metadata_set.h"

namespace tufmirror::guard {

// One refreshed state, and the delegated roles that were needed since. For any
// number of threads.
class TrustedState {
 public:
  explicit TrustedState(tuf::TrustedMetadataSet trusted);

  const tuf::TrustedMetadataSet& trusted() const { return trusted_; }
  const tuf::RolePtr& top() const { return top_; }
  // The first expiry of a top-level role.
  absl::Time expires() const { return expires_; }
  // "timestamp version 7 expired at ...", of that role.
  std::string ExpiryText() const;

  using Key = std::pair<std::string, std::string>;  // delegator, role
  tuf::RolePtr Cached(const Key& key);
  void Keep(const Key& key, tuf::RolePtr role);
  // Held while the role of `key` is loaded, so that it is loaded once.
  std::mutex& LoadMutex(const Key& key);

 private:
  struct Entry {
    tuf::RolePtr role;
    std::list<Key>::iterator recent;
  };

  const tuf::TrustedMetadataSet trusted_;
  const tuf::RolePtr top_;
  absl::Time expires_;
  std::string first_to_expire_;
  std::array<std::mutex, 16> load_mutexes_;
  std::mutex mutex_;  // of everything below
  std::map<Key, Entry> roles_;
  std::list<Key> recent_;  // the latest used first
  size_t targets_ = 0;     // in all roles
};

// For any number of threads.
class Trust {
 public:
  struct Options {
    std::string directory;  // holds a trusted root already
    absl::Duration refresh;
    std::function<absl::Time()> clock;
    std::string metadata_path;  // below a mirror's URL; may be empty
  };
  // All outlive this.
  Trust(Options options, Mirrors& mirrors, Lanes& lanes, Ledger& ledger);

  // The state to answer a request from, refreshed if that is due. One refresh
  // at a time: who finds one under way gets the last good state, if that has
  // not expired. The error is why requests are refused: what every mirror
  // failed with, one that lied first. Mirrors that are merely not there leave
  // the last good state in use until it expires.
  absl::StatusOr<std::shared_ptr<TrustedState>> Current();

  // The target at `path`; nullopt if no authorised role lists it.
  absl::StatusOr<std::optional<tuf::FoundTarget>> Find(TrustedState& state,
                                                       std::string_view path);

  // Refreshes from every mirror that is not dropped, one after the other: finds
  // who is slow, who lies and who has newer metadata than the one in use.
  void Survey();

 private:
  using Clock = std::chrono::steady_clock;

  absl::Status RefreshDue();
  absl::Status RefreshFrom(size_t mirror);
  absl::StatusOr<tuf::RolePtr> LoadRole(TrustedState& state,
                                        std::string_view role,
                                        std::string_view delegator_name,
                                        const tuf::RolePtr& delegator);
  absl::StatusOr<tuf::RolePtr> LoadFromMirrors(TrustedState& state,
                                               std::string_view role,
                                               const tuf::RolePtr& delegator);
  // The state if it can be used now.
  absl::StatusOr<std::shared_ptr<TrustedState>> Usable();
  client::MetadataFetcher FetcherFor(size_t mirror,
                                     http::Transfers& transfers) const;

  const Options options_;
  Mirrors& mirrors_;
  Lanes& lanes_;
  Ledger& ledger_;
  client::DirectoryStore store_;
  std::mutex refresh_mutex_;  // held during a refresh
  std::mutex mutex_;          // of everything below
  std::shared_ptr<TrustedState> state_;
  absl::Status refusal_;  // why the state must not be used, or there is none
  Clock::time_point next_refresh_;
};

}  // namespace tufmirror::guard

#endif  // TUFMIRROR_SRC_GUARD_TRUST_H_
