// What a request gets: pages and files of the mirrors, each a verified target,
// or a refusal.
#ifndef TUFMIRROR_SRC_GUARD_ANSWERS_H_
#define TUFMIRROR_SRC_GUARD_ANSWERS_H_

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "guard/cache.h"
#include "guard/downloads.h"
#include "guard/judge.h"
#include "guard/ledger.h"
#include "guard/pages.h"
#include "guard/refusal_reply.h"
#include "guard/trust.h"
#include "tufmirror/pypi/names.h"
#include "tufmirror/serve/exchange.h"
#include "tufmirror/serve/negotiation.h"
#include "tufmirror/serve/request_target.h"

namespace tufmirror::guard {

// For any number of threads.
class Answers {
 public:
  struct Parts {  // all outlive this
    Trust& trust;
    Cache& cache;
    Downloads& downloads;
    const Judge& judge;
    Ledger& ledger;
  };
  struct Options {
    std::vector<std::string> mirrors;  // whose links pages may have
    std::vector<std::string> host_names;
    absl::Duration hold;
    std::function<absl::Time()> clock;
  };
  Answers(Parts parts, Options options)
      : parts_(parts), options_(std::move(options)) {}

  // Never fails: what fails is refused, and told to the ledger.
  serve::Reply Answer(const serve::Request& request);

 private:
  // What is asked for: a page of a project, or the list of projects.
  struct PageWanted {
    std::string directory;  // "simple" or "simple/NAME"
    std::optional<pypi::ProjectName> project;
    std::vector<serve::Representation> accepted;
  };
  using StatePtr = std::shared_ptr<TrustedState>;
  using OptionalTarget = std::optional<tuf::FoundTarget>;

  serve::Reply AnswerTarget(const serve::Request& request,
                            const serve::RequestTarget& target);
  absl::StatusOr<serve::Reply> AnswerPage(const serve::Request& request,
                                          const PageWanted& wanted);
  absl::StatusOr<serve::Reply> PassPage(const serve::Request& request,
                                        const PageWanted& wanted,
                                        TrustedState& state);
  absl::StatusOr<serve::Reply> EditPage(const serve::Request& request,
                                        const PageWanted& wanted,
                                        TrustedState& state);
  absl::StatusOr<serve::Reply> EditRootList(const serve::Request& request,
                                            const PageWanted& wanted,
                                            TrustedState& state);
  absl::StatusOr<serve::Reply> AnswerFile(const serve::Request& request,
                                          std::string_view path);

  // The policy's verdict on the distribution, or what stands beside one, at
  // `path`.
  absl::Status JudgeFile(TrustedState& state, std::string_view path);
  absl::Status JudgeByPage(TrustedState& state,
                           const pypi::ProjectName& project,
                           std::string_view filename);

  struct Page {
    std::string bytes;
    PageFormat format;
  };
  // The page below `directory` that says most; nullopt if there is none.
  absl::StatusOr<std::optional<Page>> FetchPage(TrustedState& state,
                                                std::string_view directory);
  // The verified file, waiting as long as it takes.
  absl::StatusOr<fs::UniqueFd> Obtain(const TrustedState& state,
                                      const tuf::TargetFile& target);
  serve::Reply Refuse(const serve::Request& request, Asked asked,
                      std::string_view what, const absl::Status& status);
  // Counts what goes out.
  serve::Reply Sent(const serve::Request& request, serve::Reply reply);

  const Parts parts_;
  const Options options_;
};

}  // namespace tufmirror::guard

#endif  // TUFMIRROR_SRC_GUARD_ANSWERS_H_
