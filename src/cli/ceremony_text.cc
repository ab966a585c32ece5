// Fingerprints are shown whole where a key is new, because they are to be
// compared with what its holder says on the telephone.
#include "cli/ceremony_text.h"

#include <iterator>

#include "fmt/format.h"
#include "tufmirror/base/strings.h"
#include "tufmirror/json/canonical.h"
#include "tufmirror/tuf/model.h"

namespace tufmirror::cli {
namespace {

constexpr absl::Duration kClockDoubt = absl::Hours(24);

void AppendLine(std::string& out, std::string_view line) {
  out += line;
  out += '\n';
}

void AppendDifference(const repo::RoleDifference& difference,
                      std::string& out) {
  AppendLine(
      out,
      difference.from_version == 0
          ? fmt::format("{} version {}, the first",
                        Printable(difference.role, 80), difference.to_version)
          : fmt::format("{} version {} (now {})",
                        Printable(difference.role, 80), difference.to_version,
                        difference.from_version));
  for (const std::string& change : difference.changes) {
    AppendLine(out, "  - " + change);
  }
  if (difference.changes.empty()) AppendLine(out, "  - nothing else changes");
  for (const std::string& warning : difference.warnings) {
    AppendLine(out, "  WARNING " + warning);
  }
  AppendLine(out, "  At stake: " + difference.at_stake);
}

void AppendQuorum(const std::string& role, const repo::Quorum& quorum,
                  std::string& out) {
  AppendLine(out,
             fmt::format("  {}: {} of {} signatures by keys of {}{}",
                         Printable(role, 80), quorum.good, quorum.threshold,
                         quorum.named_by, quorum.complete() ? ", enough" : ""));
  for (const repo::SigningKey& key : quorum.keys) {
    AppendLine(out,
               fmt::format("    {} {}", key.has_signed ? "signed " : "missing",
                           repo::KeyText(key.keyid, key.holder)));
  }
}

// Strings and JSON text, by comma.
class JsonList {
 public:
  void AddString(std::string_view text) {
    std::string quoted;
    json::AppendString(text, quoted);
    AddJson(quoted);
  }
  void AddJson(std::string_view text) {
    if (!items_.empty()) items_ += ',';
    items_ += text;
  }
  std::string Array() const { return "[" + items_ + "]"; }

 private:
  std::string items_;
};

std::string StringsJson(const std::vector<std::string>& texts) {
  JsonList list;
  for (const std::string& text : texts) list.AddString(text);
  return list.Array();
}

std::string QuorumJson(const repo::Quorum& quorum) {
  JsonList keys;
  for (const repo::SigningKey& key : quorum.keys) {
    keys.AddJson(
        fmt::format(R"({{"keyid":{},"label":{},"contact":{},"signed":{}}})",
                    JsonText(key.keyid), JsonText(key.holder.label),
                    JsonText(key.holder.contact), key.has_signed));
  }
  return fmt::format(
      R"({{"named_by":{},"threshold":{},"good":{},"complete":{},"keys":{}}})",
      JsonText(quorum.named_by), quorum.threshold, quorum.good,
      quorum.complete(), keys.Array());
}

}  // namespace

std::string JsonText(std::string_view text) {
  std::string quoted;
  json::AppendString(text, quoted);
  return quoted;
}

std::string CeremonySignaturesText(const repo::Candidate& candidate) {
  std::string out = "Signatures:\n";
  for (const repo::RoleSignatures& role : repo::SignaturesOf(candidate)) {
    for (const repo::Quorum& quorum : role.quorums) {
      AppendQuorum(role.role, quorum, out);
    }
  }
  AppendLine(out, repo::IsComplete(candidate)
                      ? "Nothing is missing: it can be published."
                      : "It cannot be published yet.");
  return out;
}

std::string CeremonyText(const repo::Candidate& candidate, absl::Time now) {
  std::string out = fmt::format("Candidate {}, begun {}\n", candidate.id(),
                                tuf::FormatExpiry(candidate.created()));
  if (candidate.created() > now + kClockDoubt) {
    AppendLine(out, fmt::format("  WARNING this machine's clock says {}: it or "
                                "the one where this was begun is wrong",
                                tuf::FormatExpiry(now)));
  }
  for (const repo::RoleDifference& difference : repo::Differences(candidate)) {
    out += '\n';
    AppendDifference(difference, out);
  }
  return out + "\n" + CeremonySignaturesText(candidate);
}

std::string CeremonyJson(const repo::Candidate& candidate) {
  const auto differences = repo::Differences(candidate);
  const auto signatures = repo::SignaturesOf(candidate);
  JsonList roles;
  for (size_t i = 0; i < differences.size(); ++i) {
    const repo::RoleDifference& role = differences[i];
    JsonList quorums;
    for (const repo::Quorum& quorum : signatures[i].quorums) {
      quorums.AddJson(QuorumJson(quorum));
    }
    roles.AddJson(fmt::format(
        R"({{"role":{},"from":{},"to":{},"expires":"{}","changes":{},)"
        R"("warnings":{},"at_stake":{},"quorums":{}}})",
        JsonText(role.role), role.from_version, role.to_version,
        tuf::FormatExpiry(candidate.roles()[i].common().expires),
        StringsJson(role.changes), StringsJson(role.warnings),
        JsonText(role.at_stake), quorums.Array()));
  }
  return fmt::format(R"({{"id":"{}","created":"{}","complete":{},"roles":{}}})",
                     candidate.id(), tuf::FormatExpiry(candidate.created()),
                     repo::IsComplete(candidate), roles.Array());
}

std::string OpenCeremonyText(const sync::OpenCeremony& open) {
  return fmt::format("ceremony {} is open since {}, in {}", Printable(open.id),
                     tuf::FormatExpiry(open.begun), Printable(open.file, 1024));
}

std::string OpenCeremonyJson(const sync::OpenCeremony& open) {
  return fmt::format(R"({{"id":{},"begun":"{}","file":{}}})", JsonText(open.id),
                     tuf::FormatExpiry(open.begun), JsonText(open.file));
}

}  // namespace tufmirror::cli
