// Keys are told by their full keyid: that is what people compare.
#include "cli/claim_text.h"

#include <iterator>
#include <optional>

#include "fmt/format.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/strings.h"
#include "tufmirror/json/canonical.h"
#include "tufmirror/repo/claim_roles.h"

namespace tufmirror::cli {
namespace {

std::string KeysText(const repo::ClaimKeys& keys) {
  std::string text =
      fmt::format("  {} of these keys must sign:\n", keys.threshold);
  for (const auto& [keyid, key] : keys.keys) {
    fmt::format_to(std::back_inserter(text), "    {} {}\n",
                   Printable(key.keytype, 40), Printable(keyid, 80));
  }
  return text;
}

std::string ContactText(const std::string& contact) {
  return contact.empty() ? std::string()
                         : fmt::format("  contact: {}\n", Printable(contact));
}

std::string RequiresText(const pypi::IndexFile& file) {
  return file.requires_python.empty()
             ? std::string()
             : fmt::format("  (requires Python {})",
                           Printable(file.requires_python));
}

std::string YankedText(const pypi::IndexFile& file) {
  if (!file.yanked) return "";
  return file.yanked->empty()
             ? std::string("  (yanked)")
             : fmt::format("  (yanked: {})", Printable(*file.yanked));
}

// What is other about a project than it was.
std::string_view MarkOf(const repo::ClaimKeys& keys,
                        const std::optional<repo::ClaimKeys>& before) {
  if (!before) return "  <- new";
  return keys == *before ? "" : "  <- other keys than until now";
}

std::string ClaimDay(absl::Time time) {
  return absl::FormatTime("%E4Y-%m-%d", time, absl::UTCTimeZone());
}

void AppendJsonMember(std::string_view key, std::string_view value,
                      std::string& out) {
  fmt::format_to(std::back_inserter(out), ",\"{}\":", key);
  json::AppendString(value, out);
}

void AppendKeysJson(std::string_view key, const repo::ClaimKeys& keys,
                    std::string& out) {
  fmt::format_to(std::back_inserter(out),
                 ",\"{}\":{{\"threshold\":{},\"keyids\":[", key,
                 keys.threshold);
  const char* separator = "";
  for (const auto& [keyid, value] : keys.keys) {
    out += separator;
    json::AppendString(keyid, out);
    separator = ",";
  }
  out += "]}";
}

}  // namespace

std::string RequestText(const repo::ClaimRequest& request) {
  return fmt::format("{}: only its maintainers are to sign it\n{}{}",
                     request.project.str(), KeysText(request.keys),
                     ContactText(request.contact));
}

std::string ReleaseText(const repo::ClaimRelease& release) {
  std::string text = fmt::format("{} version {}, good until {}\n",
                                 release.page.name.str(), release.role.version,
                                 tuf::FormatExpiry(release.role.expires));
  text += "users will find exactly these files:\n";
  for (const pypi::IndexFile& file : release.page.files) {
    fmt::format_to(std::back_inserter(text), "  {}  {}{}{}\n",
                   file.sha256.Hex(), Printable(file.filename),
                   RequiresText(file), YankedText(file));
  }
  return text;
}

std::string ClaimedRoleText(const tuf::Targets& role) {
  std::string text = fmt::format("role 'claimed' version {}, good until {}\n",
                                 role.version, tuf::FormatExpiry(role.expires));
  for (const pypi::ProjectName& project : repo::ProjectsIn(role)) {
    text += fmt::format("{}\n{}", project.str(),
                        KeysText(*repo::ClaimKeysIn(role, project)));
  }
  return text;
}

std::string ClaimedRoleText(const tuf::Targets& next,
                            const tuf::Targets& last) {
  std::string text = fmt::format("role 'claimed' version {}, good until {}\n",
                                 next.version, tuf::FormatExpiry(next.expires));
  for (const pypi::ProjectName& project : repo::ProjectsIn(next)) {
    const auto keys = *repo::ClaimKeysIn(next, project);
    text += fmt::format("{}{}\n{}", project.str(),
                        MarkOf(keys, repo::ClaimKeysIn(last, project)),
                        KeysText(keys));
  }
  for (const pypi::ProjectName& project : repo::ProjectsIn(last)) {
    if (repo::ClaimKeysIn(next, project)) continue;
    text += fmt::format("{}  <- taken out\n", project.str());
  }
  return text;
}

std::string SignaturesText(const repo::ClaimBundle& bundle,
                           const std::vector<std::string>& keyids,
                           const std::vector<repo::ClaimRequest>& requests) {
  std::string text;
  for (const std::string& keyid : keyids) {
    std::string_view what = "";
    if (!requests.empty()) {
      what = repo::CountsAsSigned(bundle, keyid, requests)
                 ? ": good"
                 : ": COUNTS FOR NOTHING";
    }
    text += fmt::format("signed by {}{}\n", Printable(keyid, 80), what);
  }
  return requests.empty()
             ? text + "(not checked who may sign: give --request FILE)\n"
             : text;
}

std::string AcceptedText(const sync::AcceptedClaim& accepted) {
  switch (accepted.kind) {
    case sync::AcceptedClaim::Kind::kRequest:
      return fmt::format(
          "{}: keys accepted; they count from the release on "
          "that they sign\n{}{}",
          accepted.project, KeysText(*accepted.keys),
          ContactText(accepted.contact));
    case sync::AcceptedClaim::Kind::kRelease:
      return fmt::format("{}: release accepted, version {}\n", accepted.project,
                         accepted.version);
    case sync::AcceptedClaim::Kind::kClaimedRole:
      return fmt::format("role 'claimed' accepted, version {}\n",
                         accepted.version);
  }
  return "";
}

std::string ListingText(const sync::ClaimListing& listing) {
  std::string text = fmt::format("{}: {}", listing.project, listing.state);
  if (listing.published > 0) {
    text += fmt::format(", version {}", listing.published);
    if (listing.trouble.ok() && listing.expires) {
      text += fmt::format(", good until {}", ClaimDay(*listing.expires));
    }
  }
  if (listing.accepted > 0) {
    text += fmt::format(", version {} waits to be published", listing.accepted);
  }
  text += '\n';
  if (!listing.trouble.ok()) {
    text += fmt::format("  readers cannot use it: {}\n",
                        MessageOf(listing.trouble));
  }
  text += KeysText(listing.keys) + ContactText(listing.contact);
  if (listing.next_keys) {
    text += "  after its next release:\n" + KeysText(*listing.next_keys);
  }
  return text;
}

std::string ListingsText(const std::vector<sync::ClaimListing>& listings) {
  std::string text;
  for (const sync::ClaimListing& listing : listings) {
    text += ListingText(listing);
  }
  return text;
}

std::string ListingsJson(const std::vector<sync::ClaimListing>& listings) {
  std::string out = R"({"claims":[)";
  const char* separator = "";
  for (const sync::ClaimListing& listing : listings) {
    out += separator;
    separator = ",\n";
    out += R"({"project":)";
    json::AppendString(listing.project, out);
    AppendJsonMember("state", listing.state, out);
    fmt::format_to(std::back_inserter(out), ",\"published\":{},\"accepted\":{}",
                   listing.published, listing.accepted);
    if (listing.published > 0 && listing.trouble.ok() && listing.expires) {
      AppendJsonMember("expires", tuf::FormatExpiry(*listing.expires), out);
    }
    AppendKeysJson("keys", listing.keys, out);
    if (listing.next_keys) AppendKeysJson("next_keys", *listing.next_keys, out);
    AppendJsonMember("contact", listing.contact, out);
    if (!listing.trouble.ok()) {
      AppendJsonMember("trouble", MessageOf(listing.trouble), out);
    }
    out += '}';
  }
  return out + "]}\n";
}

}  // namespace tufmirror::cli
