#include "guard/trust.h"

#include <fcntl.h>
#include <sys/file.h>

#include <algorithm>
#include <cerrno>
#include <functional>
#include <thread>
#include <vector>

#include "fmt/format.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"
#include "tufmirror/client/metadata_fetcher.h"
#include "tufmirror/client/refresh.h"
#include "tufmirror/fs/file.h"
#include "tufmirror/http/transfers.h"

namespace tufmirror::guard {
namespace {

// Delegated roles stay parsed up to this many targets in all (about 30 MB).
constexpr size_t kMaxKeptTargets = 100'000;
// After a failure the mirrors are left alone for so long.
constexpr absl::Duration kRetryAfter = absl::Seconds(5);
constexpr std::chrono::milliseconds kLockLook(20);
constexpr uint64_t kSmallRefresh = 64 << 10;  // bytes

// What several guards refresh one after the other. Otherwise the one that got
// older metadata could save it over newer.
class TrustLock {
 public:
  static absl::StatusOr<TrustLock> Take(const std::string& directory,
                                        const Lanes& lanes) {
    const std::string path = directory + "/lock";
    ASSIGN_OR_RETURN(fs::UniqueFd fd, fs::Open(path, O_RDWR | O_CREAT, 0600));
    while (flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
      if (errno != EWOULDBLOCK && errno != EINTR) {
        return fs::ErrnoFailure(errno, "lock", path);
      }
      if (lanes.stopping()) {
        return MakeFailure(Failure::kCancelled, "the guard is stopping");
      }
      std::this_thread::sleep_for(kLockLook);
    }
    return TrustLock(std::move(fd));
  }

 private:
  explicit TrustLock(fs::UniqueFd fd) : fd_(std::move(fd)) {}
  fs::UniqueFd fd_;
};

}  // namespace

TrustedState::TrustedState(tuf::TrustedMetadataSet trusted)
    : trusted_(std::move(trusted)),
      top_(std::make_shared<const tuf::Verified<tuf::Targets>>(
          *trusted_.targets())),
      expires_(trusted_.root()->expires),
      first_to_expire_("root") {
  const auto look = [this](const tuf::Common& role, std::string_view name) {
    if (role.expires >= expires_) return;
    expires_ = role.expires;
    first_to_expire_ = fmt::format("{} version {}", name, role.version);
  };
  look(**trusted_.timestamp(), "timestamp");
  look(**trusted_.snapshot(), "snapshot");
  look(**trusted_.targets(), "targets");
}

std::string TrustedState::ExpiryText() const {
  return fmt::format("{} expired at {}", first_to_expire_,
                     tuf::FormatExpiry(expires_));
}

tuf::RolePtr TrustedState::Cached(const Key& key) {
  const std::lock_guard lock(mutex_);
  const auto found = roles_.find(key);
  if (found == roles_.end()) return nullptr;
  recent_.splice(recent_.begin(), recent_, found->second.recent);
  return found->second.role;
}

void TrustedState::Keep(const Key& key, tuf::RolePtr role) {
  const std::lock_guard lock(mutex_);
  if (roles_.find(key) != roles_.end()) return;
  targets_ += (*role)->targets.size();
  recent_.push_front(key);
  roles_.emplace(key,
                 Entry{.role = std::move(role), .recent = recent_.begin()});
  while (targets_ > kMaxKeptTargets && recent_.size() > 1) {
    const auto oldest = roles_.find(recent_.back());
    targets_ -= (*oldest->second.role)->targets.size();
    roles_.erase(oldest);
    recent_.pop_back();
  }
}

std::mutex& TrustedState::LoadMutex(const Key& key) {
  return load_mutexes_[std::hash<std::string>()(key.second) %
                       load_mutexes_.size()];
}

Trust::Trust(Options options, Mirrors& mirrors, Lanes& lanes, Ledger& ledger)
    : options_(std::move(options)),
      mirrors_(mirrors),
      lanes_(lanes),
      ledger_(ledger),
      store_(options_.directory),
      refusal_(MakeFailure(Failure::kInternal, "no metadata was fetched yet")),
      next_refresh_(Clock::now()) {}

client::MetadataFetcher Trust::FetcherFor(size_t mirror,
                                          http::Transfers& transfers) const {
  const std::string& base = mirrors_.url(mirror);
  const std::string metadata =
      options_.metadata_path.empty()
          ? base
          : http::JoinUrl(base, options_.metadata_path);
  std::vector<std::string> packs;
  // A repository of another kind has metadata alone.
  if (!options_.metadata_path.empty()) {
    packs.push_back(http::JoinUrl(base, "deltas"));
  }
  return client::MetadataFetcher(transfers, {metadata}, {}, std::move(packs));
}

absl::StatusOr<std::shared_ptr<TrustedState>> Trust::Usable() {
  const std::lock_guard lock(mutex_);
  RETURN_IF_ERROR(refusal_);
  if (options_.clock() < state_->expires()) return state_;
  return MakeFailure(Failure::kExpired, state_->ExpiryText());
}

absl::StatusOr<std::shared_ptr<TrustedState>> Trust::Current() {
  const auto is_due = [this] {
    const std::lock_guard lock(mutex_);
    return Clock::now() >= next_refresh_ ||
           (state_ && options_.clock() >= state_->expires() && refusal_.ok());
  };
  if (!is_due()) return Usable();
  std::unique_lock refreshing(refresh_mutex_, std::try_to_lock);
  if (!refreshing.owns_lock()) {
    if (auto usable = Usable(); usable.ok()) return usable;
    refreshing.lock();
    if (!is_due()) return Usable();
  }
  RETURN_IF_ERROR(RefreshDue());
  return Usable();
}

absl::Status Trust::RefreshDue() {
  std::vector<absl::Status> failures;
  for (const size_t mirror : mirrors_.Order()) {
    absl::Status status = RefreshFrom(mirror);
    if (status.ok()) return status;
    if (!IsMirrorsFault(status)) return status;
    mirrors_.Failed(mirror, status);
    failures.push_back(std::move(status));
  }
  const absl::Status all = GravestOf(failures);
  const bool lied = IsSecurityFailure(FailureOf(all)) ||
                    FailureOf(all) == Failure::kMalformed;
  const std::lock_guard lock(mutex_);
  next_refresh_ = Clock::now() + absl::ToChronoNanoseconds(
                                     std::min(options_.refresh, kRetryAfter));
  const bool usable =
      state_ && refusal_.ok() && options_.clock() < state_->expires();
  if (lied || !usable) refusal_ = all;
  return refusal_;
}

absl::Status Trust::RefreshFrom(size_t mirror) {
  ASSIGN_OR_RETURN(Lanes::Lease lane, lanes_.Take());
  ASSIGN_OR_RETURN(const TrustLock lock,
                   TrustLock::Take(options_.directory, lanes_));
  client::MetadataFetcher fetcher = FetcherFor(mirror, lane.transfers());
  const Clock::time_point start = Clock::now();
  auto trusted = client::Refresh(fetcher, store_, options_.clock());
  ledger_.CountMetadata(lane.bytes());
  if (!trusted.ok()) {
    return Blame(
        Annotate(trusted.status(),
                 fmt::format("metadata of {}", mirrors_.shown(mirror))),
        mirrors_.shown(mirror));
  }
  if (lane.bytes() <= kSmallRefresh) {
    mirrors_.Measured(mirror, absl::FromChrono(Clock::now() - start));
  }
  mirrors_.Succeeded(mirror);
  auto state = std::make_shared<TrustedState>(*std::move(trusted));
  const std::lock_guard guard(mutex_);
  state_ = std::move(state);
  refusal_ = absl::OkStatus();
  next_refresh_ = Clock::now() + absl::ToChronoNanoseconds(options_.refresh);
  return absl::OkStatus();
}

void Trust::Survey() {
  if (mirrors_.size() < 2) return;
  for (const size_t mirror : mirrors_.Order()) {
    const std::lock_guard refreshing(refresh_mutex_);
    const absl::Status status = RefreshFrom(mirror);
    if (status.ok()) continue;
    if (!IsMirrorsFault(status)) return;
    mirrors_.Failed(mirror, status);
  }
}

absl::StatusOr<std::optional<tuf::FoundTarget>> Trust::Find(
    TrustedState& state, std::string_view path) {
  return tuf::FindTarget(
      path, state.top(),
      [&](std::string_view role, std::string_view delegator_name,
          const tuf::RolePtr& delegator) {
        return LoadRole(state, role, delegator_name, delegator);
      },
      tuf::kDefaultMaxRoles);
}

absl::StatusOr<tuf::RolePtr> Trust::LoadRole(TrustedState& state,
                                             std::string_view role,
                                             std::string_view delegator_name,
                                             const tuf::RolePtr& delegator) {
  const TrustedState::Key key(delegator_name, role);
  tuf::RolePtr loaded = state.Cached(key);
  if (!loaded) {
    const std::lock_guard loading(state.LoadMutex(key));
    loaded = state.Cached(key);
    if (!loaded) {
      ASSIGN_OR_RETURN(loaded, LoadFromMirrors(state, role, delegator));
      state.Keep(key, loaded);
    }
  }
  // It was good at the refresh; the state may be in use for longer.
  if (options_.clock() >= (*loaded)->expires) {
    return MakeFailure(
        Failure::kExpired,
        fmt::format("role '{}' version {} expired at {}", Printable(role, 80),
                    (*loaded)->version, tuf::FormatExpiry((*loaded)->expires)));
  }
  return loaded;
}

absl::StatusOr<tuf::RolePtr> Trust::LoadFromMirrors(
    TrustedState& state, std::string_view role, const tuf::RolePtr& delegator) {
  ASSIGN_OR_RETURN(Lanes::Lease lane, lanes_.Take());
  std::vector<absl::Status> failures;
  for (const size_t mirror : mirrors_.Order()) {
    client::MetadataFetcher fetcher = FetcherFor(mirror, lane.transfers());
    const uint64_t before = lane.bytes();
    auto loaded = client::LoadDelegatedRole(state.trusted(), role, *delegator,
                                            fetcher, store_);
    ledger_.CountMetadata(lane.bytes() - before);
    if (loaded.ok()) return loaded;
    absl::Status status =
        Blame(Annotate(loaded.status(),
                       fmt::format("metadata of {}", mirrors_.shown(mirror))),
              mirrors_.shown(mirror));
    if (!IsMirrorsFault(status)) return status;
    // That the snapshot lacks a role is the repository's doing.
    if (FailureOf(status) == Failure::kUnauthorised) return status;
    mirrors_.Failed(mirror, status);
    failures.push_back(std::move(status));
  }
  return GravestOf(failures);
}

}  // namespace tufmirror::guard
