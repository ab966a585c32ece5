// Valid signed parts of the four metadata types, written by hand, for tests
// that break one thing in them.
#ifndef TUFMIRROR_TESTS_TUF_METADATA_TEXT_H_
#define TUFMIRROR_TESTS_TUF_METADATA_TEXT_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/json/document.h"
#include "tufmirror/tuf/model.h"

namespace tufmirror::testing {

inline constexpr std::string_view kRootText = R"({"_type":"root",
"consistent_snapshot":true,"expires":"2030-01-01T00:00:00Z",
"keys":{"r":{"keytype":"ed25519","keyval":{"public":
"0000000000000000000000000000000000000000000000000000000000000001"},
"scheme":"ed25519"},"t":{"keytype":"ed25519","keyval":{"public":
"0000000000000000000000000000000000000000000000000000000000000002"},
"scheme":"ed25519"}},"roles":{"root":{"keyids":["r"],"threshold":1},
"snapshot":{"keyids":["t"],"threshold":1},
"targets":{"keyids":["r","t"],"threshold":2},
"timestamp":{"keyids":["t"],"threshold":1}},
"spec_version":"1.0.34","version":7})";

inline constexpr std::string_view kTimestampText = R"({"_type":"timestamp",
"expires":"2030-01-01T00:00:00Z","meta":{"snapshot.json":{"hashes":{"sha256":
"f592d072e1193688a686267e8e10d7257b4ebfcf28133350dae88362d82a0c8a"},
"length":1007,"version":4}},"spec_version":"1.0.34","version":7})";

inline constexpr std::string_view kSnapshotText = R"({"_type":"snapshot",
"expires":"2030-01-01T00:00:00Z","meta":{"targets.json":{"version":3},
"a/b.json":{"hashes":{"sha256":
"f592d072e1193688a686267e8e10d7257b4ebfcf28133350dae88362d82a0c8a"},
"length":604,"version":9}},"spec_version":"1.0.34","version":7})";

inline constexpr std::string_view kTargetsText = R"({"_type":"targets",
"delegations":{"keys":{"k":{"keytype":"ed25519","keyval":{"public":
"0000000000000000000000000000000000000000000000000000000000000003"},
"scheme":"ed25519"}},"roles":[{"keyids":["k"],"name":"first",
"paths":["a/*"],"terminating":true,"threshold":1},{"keyids":["k"],
"name":"second","path_hash_prefixes":["00","0f"],"terminating":false,
"threshold":1}]},"expires":"2030-01-01T00:00:00Z","targets":{"a/x.txt":{
"custom":{"b":1,"a":"\u00e9"},"hashes":{"sha256":
"65b8c67f51c993d898250f40aa57a317d854900b3a04895464313e48785440da"},
"length":31}},"spec_version":"1.0.34","version":7})";

inline constexpr std::string_view kSuccinctText = R"({"_type":"targets",
"delegations":{"keys":{"k":{"keytype":"ed25519","keyval":{"public":
"0000000000000000000000000000000000000000000000000000000000000003"},
"scheme":"ed25519"}},"succinct_roles":{"bit_length":8,"keyids":["k"],
"name_prefix":"bin","threshold":1}},"expires":"2030-01-01T00:00:00Z",
"targets":{},"spec_version":"1.0.34","version":7})";

template <typename T>
absl::StatusOr<T> ParseText(std::string_view text,
                            absl::StatusOr<T> (*parse)(const json::Value&)) {
  ASSIGN_OR_RETURN(const json::Document document, json::Document::Parse(text));
  return parse(document.root());
}
inline absl::StatusOr<tuf::Root> RootFrom(std::string_view text) {
  return ParseText(text, &tuf::ParseRoot);
}
inline absl::StatusOr<tuf::Timestamp> TimestampFrom(std::string_view text) {
  return ParseText(text, &tuf::ParseTimestamp);
}
inline absl::StatusOr<tuf::Snapshot> SnapshotFrom(std::string_view text) {
  return ParseText(text, &tuf::ParseSnapshot);
}
inline absl::StatusOr<tuf::Targets> TargetsFrom(std::string_view text) {
  return ParseText(text, &tuf::ParseTargets);
}

}  // namespace tufmirror::testing

#endif  // TUFMIRROR_TESTS_TUF_METADATA_TEXT_H_
