// Kills a process at a chosen change of the file system, from outside: the code
// under test runs unchanged in a traced child (ptrace).
#ifndef TUFMIRROR_TESTS_SUPPORT_SYSCALL_KILLER_H_
#define TUFMIRROR_TESTS_SUPPORT_SYSCALL_KILLER_H_

#include <functional>
#include <string>
#include <vector>

namespace tufmirror::testing {

// A system call that changes files or makes changes durable.
struct FileChange {
  std::string call;  // "rename", "linkat", "fsync", ...
  std::string path;  // what it changes; the new name of two
};

struct TracedRun {
  // All changes that were done, in order.
  std::vector<FileChange> done;
  // The change that the child was killed before; empty if it finished.
  FileChange killed_before;
  bool finished = false;
  int exit_code = -1;  // what `action` returned, if finished
};

// Runs `action` in a child process that is killed with SIGKILL when it is about
// to make its `nth` change (from 1); 0 lets it finish. Fails the test, and says
// that tracing is not permitted, if the child cannot be traced. The caller has
// no other threads.
TracedRun RunKilledAtChange(int nth, const std::function<int()>& action);

}  // namespace tufmirror::testing

#endif  // TUFMIRROR_TESTS_SUPPORT_SYSCALL_KILLER_H_
