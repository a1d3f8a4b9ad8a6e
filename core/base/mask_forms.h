// The forms in which a secret turns up: as it is, and as tools write it. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace stagerun {

// What to look for so that `secret` is found, each form once, none shorter than
// limits::kMaskedBytes; nothing where the secret itself is shorter, or nothing but white space.
//
// White space around the secret is not part of it. A form of several lines is looked for line by
// line, so that it is found in a log that prefixes its lines, and in a stream without waiting:
// each line that has limits::kMaskedLineBytes without the space around it, and letters or digits
// enough to be one (`}` and `-----BEGIN KEY-----` are not). Shorter lines are found where they
// follow such a line; where there is none, the whole is looked for. What is longer than
// limits::kMaskPieceBytes is found in pieces, each of which is masked wherever it stands.
std::vector<std::string> mask_forms(std::string_view secret);

}  // namespace stagerun
