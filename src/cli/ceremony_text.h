// A candidate as people and scripts read it.
#ifndef TUFMIRROR_CLI_CEREMONY_TEXT_H_
#define TUFMIRROR_CLI_CEREMONY_TEXT_H_

#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "tufmirror/repo/ceremony.h"
#include "tufmirror/sync/ceremony.h"

namespace tufmirror::cli {

// What changes, what is at stake, and what CeremonySignaturesText says. `now`
// is for doubts about the clock.
std::string CeremonyText(const repo::Candidate& candidate, absl::Time now);
// Who has signed, and who must yet.
std::string CeremonySignaturesText(const repo::Candidate& candidate);

// `text` as a JSON string, with its quotes.
std::string JsonText(std::string_view text);
// All of it as one JSON object, without a line feed.
std::string CeremonyJson(const repo::Candidate& candidate);

// Of a home.
std::string OpenCeremonyText(const sync::OpenCeremony& open);
std::string OpenCeremonyJson(const sync::OpenCeremony& open);

}  // namespace tufmirror::cli

#endif  // TUFMIRROR_CLI_CEREMONY_TEXT_H_
