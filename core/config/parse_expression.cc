#include "core/config/parse_expression.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "core/base/limits.h"
#include "core/base/text.h"
#include "core/config/reference_form.h"
#include "core/config/scanner.h"

namespace stagerun {
namespace {

constexpr std::size_t kShownBytes = 80;
constexpr const char* kForms =
    "write a reference such as ${{ inputs.NAME }} or ${{ stages.NAME.outputs.NAME }}";

struct Operator {
  std::string_view symbol;
  Expression::Kind kind;
  int strength;  // the stronger takes its operands first
};

using Kind = Expression::Kind;
constexpr int kNegationStrength = 5;
constexpr auto kOperators = std::to_array<Operator>({
    {"||", Kind::disjunction, 1},
    {"&&", Kind::conjunction, 2},
    {"==", Kind::equal, 3},
    {"!=", Kind::unequal, 3},
    {"<", Kind::less, 4},
    {"<=", Kind::at_most, 4},
    {">", Kind::more, 4},
    {">=", Kind::at_least, 4},
    {"in", Kind::membership, 4},
});

const Operator* operator_of(const Token& token) {
  if (token.kind != Token::Kind::symbol) return nullptr;
  const auto found = std::find_if(kOperators.begin(), kOperators.end(),
                                  [&token](const auto& each) { return each.symbol == token.text; });
  return found == kOperators.end() ? nullptr : &*found;
}

bool is_symbol(const Token& token, std::string_view text) {
  return token.kind == Token::Kind::symbol && token.text == text;
}

std::string shown(const Token& token) { return printable(token.text.substr(0, kShownBytes)); }

std::string operator_hint(const Token& token) {
  if (token.text == "and") return "write &&";
  if (token.text == "or") return "write ||";
  return "operators: == != < <= > >= in && ||";
}

std::string strange_hint(const Token& token) {
  if (token.text == "=") return "write == to compare";
  if (token.text == "&") return "write &&";
  if (token.text == "|") return "write ||";
  if (token.text == "\"") return "text stands in single quotes: 'x'";
  return "";
}

// How it works: the shunting-yard. A value goes to the nodes at once; an operator waits in `open_`
// until one comes that takes its operands later, or a parenthesis that closes.
class Parser {
 public:
  Parser(const std::string& text, std::size_t begin, std::size_t end, const TextPlace& place,
         bool in_if, Diagnostics& diagnostics)
      : scanner_(text, begin, end), place_(place), in_if_(in_if), diagnostics_(diagnostics) {}

  Expression parse(const Span& span) {
    token_ = scanner_.next();
    do {
      take();
    } while (!is_over_ && !failed_);
    if (!failed_) check_secrets();
    if (failed_) return {{}, span};
    return {std::move(nodes_), span};
  }

 private:
  struct Range {
    std::size_t begin = 0;
    std::size_t end = 0;
  };
  // What waits: an operator, or a parenthesis (strength 0) and what it opens.
  struct Open {
    enum class What { operation, group, list, call };
    What what = What::operation;
    Kind kind = Kind::literal;
    int strength = 0;
    Range range;
    std::string name;       // of the function
    std::size_t items = 0;  // that a comma has ended
  };

  void take() {
    const Token token = std::exchange(token_, {});
    if (token.kind == Token::Kind::unclosed) {
      return fail(token, "expression.quote", "a quote is not closed",
                  "end the text with '; a quote inside it is written twice");
    }
    if (token.kind == Token::Kind::strange) {
      return fail(token, "expression.character",
                  fmt::format("`{}` means nothing in an expression", shown(token)),
                  strange_hint(token));
    }
    if (token.kind != Token::Kind::end) token_ = scanner_.next();
    wants_value_ ? take_value(token) : take_operator(token);
    before_ = token;
    if (nodes_.size() > limits::kExpressionNodes || open_.size() > limits::kExpressionNodes) {
      fail(token, "expression.nodes", "an expression is too long",
           fmt::format("the limit is {} values and operators", limits::kExpressionNodes));
    }
  }

  void take_value(const Token& token) {
    if (token.kind == Token::Kind::literal) {
      Expression::Node node;
      node.literal = token.literal;
      return add(std::move(node), {token.begin, token.end});
    }
    if (token.kind == Token::Kind::word) {
      return is_symbol(token_, "(") ? open_call(token) : add_reference(token);
    }
    if (is_symbol(token, "!")) {
      open_.push_back(
          {Open::What::operation, Kind::negation, kNegationStrength, range_of(token), "", 0});
      return;
    }
    if (is_symbol(token, "(")) {
      const bool is_list = is_symbol(before_, "in");
      open_.push_back(
          {is_list ? Open::What::list : Open::What::group, {}, 0, range_of(token), "", 0});
      return;
    }
    if (token.kind == Token::Kind::end && nodes_.empty() && open_.empty()) {
      return fail(token, "expression.empty", "an expression is empty", kForms);
    }
    const bool at_end = token.kind == Token::Kind::end;
    fail(at_end ? before_ : token, "expression.value",
         fmt::format("a value is missing {} `{}`", at_end ? "after" : "before",
                     shown(at_end ? before_ : token)),
         "");
  }

  void take_operator(const Token& token) {
    if (const Operator* operation = operator_of(token)) {
      apply_down_to(operation->strength);
      open_.push_back(
          {Open::What::operation, operation->kind, operation->strength, range_of(token), "", 0});
      wants_value_ = true;
    } else if (is_symbol(token, ")")) {
      close(token);
    } else if (is_symbol(token, ",")) {
      take_comma(token);
    } else if (token.kind == Token::Kind::end) {
      apply_down_to(1);
      is_over_ = true;
      if (!open_.empty()) {
        fail(open_.back().range, "expression.open", "`(` is not closed", "add `)`");
      }
    } else {
      fail(token, "expression.operator",
           fmt::format("an operator is missing before `{}`", shown(token)), operator_hint(token));
    }
  }

  void take_comma(const Token& token) {
    apply_down_to(1);
    const bool fits = !open_.empty() && open_.back().what != Open::What::group;
    if (!fits) {
      return fail(token, "expression.comma", "a `,` separates arguments of a function, or items",
                  "a list stands only after `in`: x in ('a', 'b')");
    }
    ++open_.back().items;
    wants_value_ = true;
  }

  void open_call(const Token& token) {
    const std::string name(token.text);
    if (find_function(name) == nullptr) {
      std::vector<std::string> names;
      for (const FunctionSpec& each : functions()) names.emplace_back(each.name);
      return fail(token, "expression.function",
                  fmt::format("there is no function `{}`", shown(token)), suggestion(name, names));
    }
    open_.push_back({Open::What::call, Kind::function, 0, range_of(token), name, 0});
    before_ = std::exchange(token_, scanner_.next());
    // Without arguments: no function is called so, which close() says.
    wants_value_ = !is_symbol(token_, ")");
    if (!wants_value_) ++missing_;
  }

  void close(const Token& token) {
    apply_down_to(1);
    if (open_.empty()) {
      return fail(token, "expression.close", "`)` closes nothing", "take it out");
    }
    const Open open = std::move(open_.back());
    open_.pop_back();
    const Range range{open.range.begin, token.end};
    if (open.what == Open::What::group) {
      ranges_.back() = range;
      return;
    }
    Expression::Node node;
    node.kind = open.what == Open::What::list ? Kind::list : Kind::function;
    node.name = open.name;
    node.arity = open.items + 1 - std::exchange(missing_, 0);
    if (open.what == Open::What::call) {
      const FunctionSpec& function = *find_function(open.name);
      if (node.arity != function.parameters.size()) {
        return fail(range, "expression.arguments",
                    fmt::format("`{}` takes {} argument{}, and has {}", function.name,
                                function.parameters.size(),
                                function.parameters.size() == 1 ? "" : "s", node.arity),
                    fmt::format("{}: {}", function.form, function.summary));
      }
    }
    ranges_.resize(ranges_.size() - node.arity);
    add(std::move(node), range);
  }

  void add_reference(const Token& token) {
    std::vector<std::string> path = words_of(token.text);
    Diagnostic problem = reference_problem(token.text, path);
    if (!problem.text.empty()) {
      return fail(token, problem.code, std::move(problem.text), std::move(problem.hint));
    }
    Expression::Node node;
    node.kind = Kind::reference;
    node.reference = {std::move(path), place_.span(token.begin, token.end)};
    add(std::move(node), {token.begin, token.end});
  }

  // Lets operators of at least that strength take their operands, up to the last parenthesis.
  void apply_down_to(int strength) {
    while (!open_.empty() && open_.back().what == Open::What::operation &&
           open_.back().strength >= strength) {
      Expression::Node node;
      node.kind = open_.back().kind;
      Range range{open_.back().range.begin, ranges_.back().end};
      if (node.kind != Kind::negation) {
        ranges_.pop_back();
        range.begin = ranges_.back().begin;
      }
      ranges_.pop_back();
      open_.pop_back();
      add(std::move(node), range);
    }
  }

  void add(Expression::Node node, const Range& range) {
    node.span = place_.span(range.begin, range.end);
    nodes_.push_back(std::move(node));
    ranges_.push_back(range);
    wants_value_ = false;
  }

  void check_secrets() {
    for (const Expression::Node& node : nodes_) {
      if (failed_ || node.kind != Kind::reference || node.reference.path[0] != "secrets") continue;
      if (in_if_) {
        report(node.span, "expression.secret_in_if", "a secret cannot decide whether a stage runs",
               "use an input, or a variable that is listed in `env`");
      } else if (nodes_.size() > 1) {
        report(node.span, "expression.secret_alone",
               "a secret cannot be compared, nor given to a function",
               "let it stand alone: ${{ secrets.NAME }}; text may stand around that");
      }
    }
  }

  static Range range_of(const Token& token) { return {token.begin, token.end}; }

  void fail(const Token& token, std::string code, std::string text, std::string hint) {
    fail(range_of(token), std::move(code), std::move(text), std::move(hint));
  }
  void fail(const Range& range, std::string code, std::string text, std::string hint) {
    report(place_.span(range.begin, range.end), std::move(code), std::move(text), std::move(hint));
  }
  void report(const Span& span, std::string code, std::string text, std::string hint) {
    failed_ = true;
    diagnostics_.push_back({std::move(code), span, std::move(text), std::move(hint)});
  }

  Scanner scanner_;
  const TextPlace& place_;
  const bool in_if_;
  Diagnostics& diagnostics_;
  Token token_;   // not yet taken
  Token before_;  // the last that was
  bool wants_value_ = true;
  bool is_over_ = false;
  bool failed_ = false;
  std::size_t missing_ = 0;  // 1 while the innermost call has no argument at all
  std::vector<Open> open_;
  std::vector<Expression::Node> nodes_;
  std::vector<Range> ranges_;  // of the values that no operator has taken yet
};

}  // namespace

Expression parse_expression(const std::string& text, std::size_t begin, std::size_t end,
                            const TextPlace& place, bool in_if, Diagnostics& diagnostics) {
  const Span span = place.span(begin, end);
  if (end - begin > limits::kExpressionBytes) {
    diagnostics.push_back({"expression.long", span, "an expression is too long",
                           fmt::format("the limit is {} bytes", limits::kExpressionBytes)});
    return {{}, span};
  }
  return Parser(text, begin, end, place, in_if, diagnostics).parse(span);
}

}  // namespace stagerun
