// All environments that a mirror is for, and whether a marker holds in one.
#ifndef TUFMIRROR_SRC_SELECT_MARKER_UNIVERSE_H_
#define TUFMIRROR_SRC_SELECT_MARKER_UNIVERSE_H_

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "tufmirror/pypi/marker.h"
#include "tufmirror/pypi/requirement.h"
#include "tufmirror/pypi/target.h"

namespace tufmirror::select {

class MarkerUniverse {
 public:
  MarkerUniverse() = default;
  // Each platform with each interpreter.
  MarkerUniverse(const std::vector<pypi::TargetPlatform>& platforms,
                 const std::vector<pypi::Interpreter>& interpreters);

  // True if `marker` holds somewhere, of an installation with `extras`.
  bool Holds(const pypi::Marker& marker,
             const std::set<std::string>& extras) const;

  // The same for a marker of an entry of a list. One that asks for extras or
  // dependency groups holds: whoever keeps the list has chosen them. So does
  // one that does not parse; an empty one is none.
  bool HoldsForEntry(std::string_view marker) const;

 private:
  std::vector<pypi::MarkerEnvironment> environments_;
};

}  // namespace tufmirror::select

#endif  // TUFMIRROR_SRC_SELECT_MARKER_UNIVERSE_H_
