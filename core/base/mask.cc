#include "core/base/mask.h"

#include <vector>

#include "core/base/limits.h"

namespace stagerun {

struct Mask::Finder {
  std::vector<std::string> forms;
};

Mask::Mask() : finder_(std::make_unique<Finder>()) {}
Mask::~Mask() = default;

void Mask::add(std::string_view secret) {
  if (secret.size() >= limits::kMaskedBytes) finder_->forms.emplace_back(secret);
}

bool Mask::is_empty() const { return finder_->forms.empty(); }

std::string Mask::apply(std::string_view text) const {
  std::string out(text);
  for (const std::string& form : finder_->forms) {
    for (std::size_t at = out.find(form); at != std::string::npos; at = out.find(form, at)) {
      out.replace(at, form.size(), kMasked);
      at += kMasked.size();
    }
  }
  return out;
}

Value Mask::apply(const Value& value) const {
  if (const auto* text = value.text()) return apply(std::string_view(*text));
  if (const auto* items = value.items()) {
    Value::Array masked;
    for (const Value& item : *items) masked.push_back(apply(item));
    return Value(std::move(masked));
  }
  if (const auto* members = value.members()) {
    Value::Object masked;
    for (const auto& [key, member] : *members)
      masked.emplace_back(apply(std::string_view(key)), apply(member));
    return Value(std::move(masked));
  }
  return value;
}

std::string MaskStream::add(std::string_view bytes) {
  held_ += bytes;
  const std::size_t end = held_.rfind('\n');
  if (end == std::string::npos) return "";
  const std::string out = mask_.apply(std::string_view(held_).substr(0, end + 1));
  held_.erase(0, end + 1);
  return out;
}

std::string MaskStream::finish() { return mask_.apply(std::string_view(std::exchange(held_, ""))); }

}  // namespace stagerun
