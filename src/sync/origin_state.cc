// Form: "version N", "least N", "indexed N", "custom FIELD,FIELD", "bin NAME
// VERSION EXPIRY", one a line.
#include "sync/origin_state.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_split.h"
#include "fmt/format.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"
#include "tufmirror/fs/file.h"

namespace tufmirror::sync {
namespace {

constexpr uint64_t kMaxStateBytes = uint64_t{64} << 20;

std::optional<int64_t> ParseNumber(absl::string_view text) {
  int64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [parsed_to, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || parsed_to != end || number < 0) {
    return std::nullopt;
  }
  return number;
}

void ParseBin(const std::vector<absl::string_view>& fields,
              OriginState& state) {
  const auto version = ParseNumber(fields[2]);
  const auto expires = tuf::ParseExpiry(FromAbsl(fields[3]));
  if (!version || !expires.ok()) return;
  state.bins.insert_or_assign(std::string(fields[1]),
                              repo::BinState{*version, *expires});
}

}  // namespace

std::string RenderOriginState(const OriginState& state) {
  std::string text = fmt::format("version {}\nindexed {}\n",
                                 state.highest_version, state.indexed_version);
  if (state.least_version > 1) {
    text += fmt::format("least {}\n", state.least_version);
  }
  if (!state.custom_fields.empty()) {
    text += fmt::format("custom {}\n", state.custom_fields);
  }
  for (const auto& [name, bin] : state.bins) {
    text += fmt::format("bin {} {} {}\n", name, bin.version,
                        tuf::FormatExpiry(bin.expires));
  }
  return text;
}

OriginState ParseOriginState(std::string_view text) {
  OriginState state;
  for (const absl::string_view line : absl::StrSplit(ToAbsl(text), '\n')) {
    const std::vector<absl::string_view> fields = absl::StrSplit(line, ' ');
    if (fields.size() == 4 && fields[0] == "bin") ParseBin(fields, state);
    if (fields.size() != 2) continue;
    if (fields[0] == "custom") state.custom_fields = std::string(fields[1]);
    const int64_t number = ParseNumber(fields[1]).value_or(0);
    if (fields[0] == "version") state.highest_version = number;
    if (fields[0] == "least")
      state.least_version = std::max<int64_t>(number, 1);
    if (fields[0] == "indexed") state.indexed_version = number;
  }
  return state;
}

std::string CustomFieldsText(const repo::CustomFields& fields,
                             std::string_view before) {
  std::string text;
  for (const repo::CustomField field : fields) {
    if (!text.empty()) text += ',';
    text += repo::CustomFieldName(field);
  }
  if (!text.empty()) return text;
  return before.empty() ? std::string() : "none";
}

absl::StatusOr<OriginState> LoadOriginState(const tree::Layout& layout) {
  const auto text = fs::ReadFile(layout.origin_state(), kMaxStateBytes);
  if (text.ok()) return ParseOriginState(*text);
  if (FailureOf(text.status()) == Failure::kNotFound) return OriginState();
  return text.status();
}

absl::Status SaveOriginState(const tree::Layout& layout,
                             const OriginState& state) {
  return fs::WriteFileAtomically(
      layout.origin_state(), RenderOriginState(state), tree::kPrivateFileMode,
      fs::Durability::kFsync);
}

}  // namespace tufmirror::sync
