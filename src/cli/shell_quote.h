// A word of a command line, as an operator can paste it into a shell.
#ifndef TUFMIRROR_CLI_SHELL_QUOTE_H_
#define TUFMIRROR_CLI_SHELL_QUOTE_H_

#include <string>
#include <string_view>

namespace tufmirror::cli {

// `word` unchanged if every POSIX shell reads it as itself, else in single
// quotes: "/srv/it's here" becomes '/srv/it'\''s here'.
std::string ShellQuoted(std::string_view word);

}  // namespace tufmirror::cli

#endif  // TUFMIRROR_CLI_SHELL_QUOTE_H_
