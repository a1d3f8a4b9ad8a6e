#include "core/base/mask_forms.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <set>

#include <fmt/format.h>

#include "core/base/limits.h"
#include "core/base/text.h"

namespace stagerun {
namespace {

constexpr std::string_view kSpace = " \t\r\n\v\f";
constexpr std::string_view kNewlines = "\r\n";

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(kSpace);
  if (begin == text.npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpace) + 1 - begin);
}

bool is_ascii(char c) { return static_cast<unsigned char>(c) < 0x80; }
bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }
bool is_alphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

// A line that stands in one secret only, as far as can be told; see limits::kMaskedLineBytes.
bool is_telling(std::string_view line) {
  const auto telling = std::count_if(line.begin(), line.end(),
                                     [](char c) { return is_alphanumeric(c) || !is_ascii(c); });
  return line.size() >= limits::kMaskedLineBytes &&
         static_cast<std::size_t>(telling) >= limits::kMaskedBytes;
}

// -----BEGIN PRIVATE KEY-----
bool is_armor(std::string_view line) {
  return line.size() > 10 && line.starts_with("-----") && line.ends_with("-----");
}

// -- A set of forms, taken apart into what is looked for ------------------------------------------

class Forms {
 public:
  void add(std::string_view form) {
    if (form.find_first_of(kNewlines) == form.npos || !add_lines(form)) add_pieces(form);
  }
  const std::set<std::string>& all() const { return forms_; }

 private:
  // False where no line is telling.
  bool add_lines(std::string_view form);
  void add_pieces(std::string_view form);

  std::set<std::string> forms_;
};

// The lines of `text`, without space around them, none of them empty; views into it.
std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find_first_of(kNewlines), text.size());
    const std::string_view line = trimmed(text.substr(0, end));
    if (!line.empty()) lines.push_back(line);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

bool Forms::add_lines(std::string_view form) {
  bool any = false;
  std::string_view stretch;  // a telling line and the short ones after it
  for (const std::string_view line : lines_of(form)) {
    if (is_armor(line)) {
      stretch = {};
    } else if (is_telling(line)) {
      any = true;
      stretch = line;
      add_pieces(line);
    } else if (!stretch.empty()) {
      const char* end = line.data() + line.size();
      stretch = {stretch.data(), static_cast<std::size_t>(end - stretch.data())};
      add_pieces(stretch);
    }
  }
  return any;
}

void Forms::add_pieces(std::string_view form) {
  if (form.size() < limits::kMaskedBytes) return;
  const std::size_t count = (form.size() + limits::kMaskPieceBytes - 1) / limits::kMaskPieceBytes;
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t begin = form.size() * i / count;
    forms_.emplace(form.substr(begin, form.size() * (i + 1) / count - begin));
  }
}

// -- Base64 and hex -------------------------------------------------------------------------------

std::string url_safe(std::string base64) {
  std::replace(base64.begin(), base64.end(), '+', '-');
  std::replace(base64.begin(), base64.end(), '/', '_');
  return base64;
}

std::string wrapped(std::string_view text, std::size_t columns) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); i += columns) {
    if (i > 0) out += '\n';
    out += text.substr(i, columns);
  }
  return out;
}

// As `base64` and `openssl` print it.
void add_wrapped(Forms& forms, std::string_view text, std::initializer_list<std::size_t> widths) {
  for (const std::size_t columns : widths) {
    if (text.size() > columns) forms.add(wrapped(text, columns));
  }
}

// `before`: how many bytes stand before the secret in its group of three. Six bits a character, so
// those characters that hold bits of what is around the secret are left out; at its end what
// stands there where the secret is the end.
void add_base64(Forms& forms, std::string_view secret, std::size_t before) {
  std::string bytes(before, '\0');
  bytes += secret;
  const std::string text = to_base64(bytes);
  const std::size_t begin = (8 * before + 5) / 6;
  const std::size_t end = 8 * bytes.size() / 6;
  const std::string alone = text.substr(begin, end - begin);
  const std::string last = text.substr(begin, std::min(text.find('='), text.size()) - begin);
  for (const std::string& form : {alone, last, text.substr(begin)}) {
    forms.add(form);
    forms.add(url_safe(form));
  }
  if (before == 0) add_wrapped(forms, alone, {64, 76});
}

void add_hex(Forms& forms, std::string_view secret) {
  std::string lower;
  for (const char c : secret) lower += fmt::format("{:02x}", static_cast<unsigned char>(c));
  std::string upper = lower;
  for (char& c : upper) c = c >= 'a' ? static_cast<char>(c - 'a' + 'A') : c;
  forms.add(lower);
  forms.add(upper);
  add_wrapped(forms, lower, {60});  // xxd -p
}

// -- Escapes --------------------------------------------------------------------------------------

// What is written as it is, besides letters, digits, `-`, `_` and `.`.
struct UrlStyle {
  std::string_view kept;
  bool is_form = false;  // a space is `+`
};
constexpr auto kUrlStyles = std::to_array<UrlStyle>({
    {"~"},                  // RFC 3986, curl
    {"~/"},                 // Python's quote
    {"~!'()*"},             // encodeURIComponent
    {"~!'()*;,/?:@&=+$#"},  // encodeURI
    {"~$&+=:@"},            // Go, of a path's part
    {"~$&+=:@/,;"},         // Go, of a path
    {"~$&+,;="},            // Go, of a user name or password
    {"~!$&'()*+,;=:@"},     // all that RFC 3986 allows in a path's part
    {""},                   // Perl
    {"~", true},            // Python's quote_plus, Go's QueryEscape
    {"*", true},            // WHATWG, Java
    {"", true},             // PHP
});

std::string url_form(std::string_view secret, const UrlStyle& style, bool upper) {
  std::string out;
  for (const char c : secret) {
    const bool kept = is_alphanumeric(c) || c == '-' || c == '_' || c == '.';
    if (style.is_form && c == ' ') {
      out += '+';
    } else if (kept || style.kept.find(c) != style.kept.npos) {
      out += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out += upper ? fmt::format("%{:02X}", byte) : fmt::format("%{:02x}", byte);
    }
  }
  return out;
}

// The character at the front: how many bytes, and its number. A byte that is no UTF-8 is one of
// the surrogates that Python makes of it.
struct Character {
  std::size_t length = 1;
  std::uint32_t code = 0;
};

Character first_character(std::string_view text) {
  const auto first = static_cast<unsigned char>(text.front());
  if (first < 0x80) return {1, first};
  for (std::size_t length = 2; length <= std::min<std::size_t>(4, text.size()); ++length) {
    if (!is_utf8(text.substr(0, length))) continue;
    std::uint32_t code = first & (0x7Fu >> length);
    for (const char c : text.substr(1, length - 1)) code = code << 6 | (c & 0x3F);
    return {length, code};
  }
  return {1, 0xDC00u + first};
}

struct JsonStyle {
  bool ascii = false;     // what is not ASCII is escaped
  bool slash = false;     // so is `/`, by a backslash
  bool upper = false;     // digits of \uXXXX
  std::string_view more;  // also \uXXXX
};

std::string unicode_escape(std::uint32_t code, bool upper) {
  if (code >= 0x10000) {
    return unicode_escape(0xD800 + ((code - 0x10000) >> 10), upper) +
           unicode_escape(0xDC00 + (code & 0x3FF), upper);
  }
  return upper ? fmt::format("\\u{:04X}", code) : fmt::format("\\u{:04x}", code);
}

std::string json_form(std::string_view secret, const JsonStyle& style) {
  constexpr std::string_view kNamed = "\b\f\n\r\t\"\\";
  constexpr std::string_view kNames = "bfnrt\"\\";
  std::string out;
  while (!secret.empty()) {
    const Character character = first_character(secret);
    const char c = secret.front();
    const std::size_t named = kNamed.find(c);
    const bool line_end = character.code == 0x2028 || character.code == 0x2029;
    if (style.more.find(c) != style.more.npos || (line_end && !style.more.empty())) {
      out += unicode_escape(character.code, style.upper);
    } else if (named != kNamed.npos) {
      out += {'\\', kNames[named]};
    } else if (c == '/' && style.slash) {
      out += "\\/";
    } else if (character.code < 0x20 || (character.code >= 0x80 && style.ascii)) {
      out += unicode_escape(character.code, style.upper);
    } else {
      out += secret.substr(0, character.length);
    }
    secret.remove_prefix(character.length);
  }
  return out;
}

void add_json(Forms& forms, std::string_view secret) {
  // As RFC 8259 has to; Go and Rails, for HTML; .NET
  for (const std::string_view more : {"", "<>&", "<>&'+\"`\x7F"}) {
    for (const unsigned bits : {0u, 1u, 2u, 3u, 4u, 5u, 6u, 7u}) {
      forms.add(json_form(secret, {(bits & 1) != 0, (bits & 2) != 0, (bits & 4) != 0, more}));
    }
  }
}

// One character, and what is written for it.
struct Swap {
  char from = '\0';
  std::string_view to;
};
using Swaps = std::array<Swap, 5>;
constexpr Swap kAmp{'&', "&amp;"}, kLess{'<', "&lt;"}, kMore{'>', "&gt;"}, kQuot{'"', "&quot;"};
constexpr auto kSwaps = std::to_array<Swaps>({
    {{{'\'', "'\\''"}}},     // set -x
    {{{'\'', "'\"'\"'"}}},   // Python's shlex.quote
    {{{'\'', "''"}}},        // SQL, YAML
    {{{'"', "\"\""}}},       // CSV
    {{kAmp, kLess, kMore}},  // XML and HTML from here on
    {{kAmp, kLess, kMore, kQuot}},
    {{kAmp, kLess, kMore, kQuot, {'\'', "&apos;"}}},
    {{kAmp, kLess, kMore, kQuot, {'\'', "&#x27;"}}},
    {{kAmp, kLess, kMore, kQuot, {'\'', "&#39;"}}},
    {{kAmp, kLess, kMore, {'"', "&#34;"}, {'\'', "&#39;"}}},
});

std::string swapped(std::string_view secret, const Swaps& swaps) {
  std::string out;
  for (const char c : secret) {
    const auto* swap = std::find_if(swaps.begin(), swaps.end(),
                                    [c](const Swap& s) { return s.from == c && !s.to.empty(); });
    out += swap == swaps.end() ? std::string_view(&c, 1) : swap->to;
  }
  return out;
}

std::string backslashed(std::string_view secret, std::string_view special) {
  std::string out;
  for (const char c : secret) {
    if (special.find(c) != special.npos) out += '\\';
    out += c;
  }
  return out;
}

void add_quoted(Forms& forms, std::string_view secret) {
  for (const Swaps& swaps : kSwaps) forms.add(swapped(secret, swaps));
  forms.add(backslashed(secret, "\\\"$`"));                          // in a shell's double quotes
  forms.add(backslashed(secret, " \t'\"\\|&;()<>!{}*[?]^$`,"));      // printf %q
  forms.add(backslashed(secret, " \t'\"\\|&;()<>!{}*[?]^$`,#~=%"));  // the same, more careful
}

enum class CStyle { raw, hex, upper_hex, octal };

// As C, Python's repr, git and bash's $'' write it: `style` of what is not ASCII.
std::string c_form(std::string_view secret, CStyle style, std::string_view quotes) {
  constexpr std::string_view kNamed = "\n\r\t\a\b\f\v";
  constexpr std::string_view kNames = "nrtabfv";
  // Python has names for three of them.
  const std::size_t names = style == CStyle::octal ? kNames.size() : 3;
  std::string out;
  for (const char c : secret) {
    const auto byte = static_cast<unsigned char>(c);
    const std::size_t named = kNamed.find(c);
    if (c == '\\' || quotes.find(c) != quotes.npos) {
      out += {'\\', c};
    } else if (named < names) {
      out += {'\\', kNames[named]};
    } else if (!is_control(c) && (is_ascii(c) || style == CStyle::raw)) {
      out += c;
    } else if (style == CStyle::octal) {
      out += fmt::format("\\{:03o}", byte);
    } else {
      out += style == CStyle::upper_hex ? fmt::format("\\x{:02X}", byte)
                                        : fmt::format("\\x{:02x}", byte);
    }
  }
  return out;
}

// What effects give a plugin of a tool's output that is not UTF-8.
void add_replaced(Forms& forms, std::string_view secret) {
  std::string out;
  std::size_t kept = 0;
  while (!secret.empty()) {
    const Character character = first_character(secret);
    const bool is_bad = character.length == 1 && !is_ascii(secret.front());
    out += is_bad ? "\xEF\xBF\xBD" : secret.substr(0, character.length);
    kept += is_bad ? 0 : character.length;
    secret.remove_prefix(character.length);
  }
  if (kept >= limits::kMaskedBytes) forms.add(out);
}

void add_escaped(Forms& forms, std::string_view secret) {
  forms.add(secret);
  for (const UrlStyle& style : kUrlStyles) {
    forms.add(url_form(secret, style, false));
    forms.add(url_form(secret, style, true));
  }
  add_json(forms, secret);
  add_quoted(forms, secret);
  for (const auto style : {CStyle::raw, CStyle::hex, CStyle::upper_hex, CStyle::octal}) {
    for (const std::string_view quotes : {"", "'", "\""}) forms.add(c_form(secret, style, quotes));
  }
  add_replaced(forms, secret);
}

}  // namespace

std::vector<std::string> mask_forms(std::string_view secret) {
  if (secret.size() < limits::kMaskedBytes) return {};
  const std::string_view core = trimmed(secret);
  if (core.empty()) return {};
  if (core.size() >= limits::kMaskedBytes) secret = core;
  Forms forms;
  add_escaped(forms, secret);
  if (secret.find_first_of(kNewlines) != secret.npos) {
    for (const std::string_view line : lines_of(secret)) {
      if (is_telling(line) && !is_armor(line)) add_escaped(forms, line);
    }
  }
  for (const std::size_t before : {0u, 1u, 2u}) add_base64(forms, secret, before);
  add_hex(forms, secret);
  return {forms.all().begin(), forms.all().end()};
}

}  // namespace stagerun
