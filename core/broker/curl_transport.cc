// The door to libcurl, and all of stagerun-http.so, by its multi socket interface: curl says which
// sockets and which timeout it waits for, the loop waits. Proxies, cookies, netrc and redirects are
// left out on purpose: nothing of a user's own settings may change what a pipeline does.
#include <algorithm>
#include <array>
#include <fcntl.h>
#include <map>

#include <curl/curl.h>

#include "core/base/fd.h"
#include "core/base/files.h"
#include "core/base/limits.h"
#include "core/broker/http_transport.h"
#include "core/broker/output.h"

namespace stagerun {
namespace {

struct EasyDeleter {
  void operator()(CURL* easy) const { ::curl_easy_cleanup(easy); }
};
struct ListDeleter {
  void operator()(curl_slist* list) const { ::curl_slist_free_all(list); }
};
using List = std::unique_ptr<curl_slist, ListDeleter>;

// One request and what has come of its answer.
struct Transfer {
  std::uint64_t id = 0;
  HttpRequest request;
  HttpTransport::Done done;
  HttpAnswer answer;
  std::size_t header_bytes = 0;
  bool too_large = false;
  std::string unwritten;       // why the answer's body cannot be kept
  std::int64_t body_sent = 0;  // of body_fd
  std::array<char, CURL_ERROR_SIZE> error{};
  List headers;
  std::unique_ptr<CURL, EasyDeleter> easy;  // last: it refers to all of the above
};

std::string_view trim(std::string_view text) {
  const std::size_t begin = std::min(text.find_first_not_of(" \t\r\n"), text.size());
  text.remove_prefix(begin);
  return text.substr(0, text.find_last_not_of(" \t\r\n") + 1);
}

// Also called for each 1xx answer that comes before the real one, and for trailers.
std::size_t on_header(char* bytes, std::size_t, std::size_t count, void* data) {
  auto& transfer = *static_cast<Transfer*>(data);
  const std::string_view line(bytes, count);
  transfer.header_bytes += count;
  transfer.too_large = transfer.header_bytes > limits::kHeaderBytes;
  if (transfer.too_large) return 0;
  const std::size_t colon = line.find(':');
  if (line.starts_with("HTTP/")) {
    transfer.answer.headers.clear();
  } else if (colon != std::string_view::npos) {
    transfer.answer.headers.emplace_back(ascii_lower(as_utf8(trim(line.substr(0, colon)))),
                                         as_utf8(trim(line.substr(colon + 1))));
  }
  return count;
}

std::size_t on_body(char* bytes, std::size_t, std::size_t count, void* data) {
  auto& transfer = *static_cast<Transfer*>(data);
  HttpAnswer& answer = transfer.answer;
  const auto size = static_cast<std::int64_t>(count);
  transfer.too_large = size > transfer.request.max_bytes - answer.body_bytes;
  if (transfer.too_large) return 0;
  answer.body_bytes += size;
  if (transfer.request.answer_fd < 0) {
    answer.body.append(bytes, count);
    return count;
  }
  const Status written = write_all(transfer.request.answer_fd, {bytes, count});
  if (!written) transfer.unwritten = written.error().text;
  return written ? count : 0;
}

// By place and not by the descriptor's own position: a redirect sends it again.
std::size_t on_read(char* buffer, std::size_t, std::size_t room, void* data) {
  auto& transfer = *static_cast<Transfer*>(data);
  const std::int64_t left = transfer.request.body_fd_bytes - transfer.body_sent;
  const auto want = std::min(room, static_cast<std::size_t>(left));
  const ssize_t count =
      want == 0 ? 0 : ::pread(transfer.request.body_fd, buffer, want, transfer.body_sent);
  // It was cut short meanwhile: the server must not take what there is for the whole.
  if (count < 0 || (count == 0 && want > 0)) return CURL_READFUNC_ABORT;
  transfer.body_sent += count;
  return static_cast<std::size_t>(count);
}

int on_seek(void* data, curl_off_t offset, int origin) {
  if (origin != SEEK_SET) return CURL_SEEKFUNC_CANTSEEK;
  static_cast<Transfer*>(data)->body_sent = offset;
  return CURL_SEEKFUNC_OK;
}

void add_header(List& list, const std::string& line) {
  curl_slist* longer = ::curl_slist_append(list.get(), line.c_str());
  if (longer == nullptr) return;
  static_cast<void>(list.release());
  list.reset(longer);
}

List header_list(const HttpRequest& request) {
  List list;
  bool typed = false;
  for (const auto& [name, value] : request.headers) {
    typed = typed || ascii_lower(name) == "content-type";
    // Without a semicolon curl takes an empty value as "do not send it".
    add_header(list, value.empty() ? name + ";" : name + ": " + value);
  }
  // What curl would add by itself.
  if (!typed) add_header(list, "Content-Type:");
  add_header(list, "Expect:");
  return list;
}

void set_body_file(CURL* easy, Transfer& transfer) {
  ::curl_easy_setopt(easy, CURLOPT_POST, 1L);
  ::curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
                     static_cast<curl_off_t>(transfer.request.body_fd_bytes));
  ::curl_easy_setopt(easy, CURLOPT_READFUNCTION, &on_read);
  ::curl_easy_setopt(easy, CURLOPT_READDATA, &transfer);
  ::curl_easy_setopt(easy, CURLOPT_SEEKFUNCTION, &on_seek);
  ::curl_easy_setopt(easy, CURLOPT_SEEKDATA, &transfer);
}

void set_method(CURL* easy, Transfer& transfer) {
  const HttpRequest& request = transfer.request;
  const bool carries = request.body || request.method == "POST" || request.method == "PUT" ||
                       request.method == "PATCH";
  if (request.method == "HEAD") {
    ::curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
  } else if (request.body_fd >= 0) {
    set_body_file(easy, transfer);
  } else if (carries) {
    const std::size_t size = request.body ? request.body->size() : 0;
    ::curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request.body ? request.body->c_str() : "");
    ::curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(size));
  }
  if (request.method != "HEAD") {
    ::curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request.method.c_str());
  }
}

// Certificates of the request's own are the only ones that count then. curl keeps connections apart
// by them.
void set_trust(CURL* easy, const HttpRequest& request) {
  ::curl_easy_setopt(easy, CURLOPT_CERTINFO, 1L);
  if (request.trusted.empty()) return;
  curl_blob blob{const_cast<char*>(request.trusted.data()), request.trusted.size(), CURL_BLOB_COPY};
  ::curl_easy_setopt(easy, CURLOPT_CAINFO, nullptr);
  ::curl_easy_setopt(easy, CURLOPT_CAPATH, nullptr);
  ::curl_easy_setopt(easy, CURLOPT_CAINFO_BLOB, &blob);
}

// When the first certificate of the chain expires; 0 where curl has seen none, as on a kept
// connection.
std::int64_t first_expiry(CURL* easy) {
  constexpr std::string_view kExpires = "Expire date:";
  curl_certinfo* chain = nullptr;
  if (::curl_easy_getinfo(easy, CURLINFO_CERTINFO, &chain) != CURLE_OK || chain == nullptr)
    return 0;
  std::int64_t first = 0;
  for (int i = 0; i < chain->num_of_certs; ++i) {
    for (const curl_slist* line = chain->certinfo[i]; line != nullptr; line = line->next) {
      const std::string_view text = line->data;
      if (!text.starts_with(kExpires)) continue;
      const std::int64_t at = ::curl_getdate(line->data + kExpires.size(), nullptr);
      if (at > 0 && (first == 0 || at < first)) first = at;
    }
  }
  return first;
}

void set_manners(CURL* easy, const HttpRequest& request) {
  const std::int64_t connect_ms = std::min(request.timeout_ms, limits::kConnectTimeout);
  ::curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  ::curl_easy_setopt(easy, CURLOPT_PROXY, "");
  ::curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  // Giving a request up must not wait for a name server.
  ::curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
  ::curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
  ::curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
  ::curl_easy_setopt(easy, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
  ::curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  ::curl_easy_setopt(easy, CURLOPT_USERAGENT, "stagerun");
  ::curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(request.timeout_ms));
  ::curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(connect_ms));
  // On a kept connection that turns out dead curl sends again by itself; a write may not be sent
  // twice.
  ::curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, request.reads() ? 0L : 1L);
}

std::string failure_code(CURLcode code, const Transfer& transfer) {
  constexpr std::array<std::pair<CURLcode, const char*>, 10> kCodes = {
      {{CURLE_COULDNT_RESOLVE_HOST, "http.resolve"},
       {CURLE_COULDNT_CONNECT, "http.connect"},
       {CURLE_OPERATION_TIMEDOUT, "http.timeout"},
       {CURLE_SSL_CONNECT_ERROR, "http.tls"},
       {CURLE_SSL_CERTPROBLEM, "http.tls"},
       {CURLE_SSL_CIPHER, "http.tls"},
       {CURLE_SSL_CACERT_BADFILE, "http.tls"},
       {CURLE_SSL_ISSUER_ERROR, "http.tls"},
       {CURLE_PEER_FAILED_VERIFICATION, "http.tls"},
       {CURLE_URL_MALFORMAT, "http.request"}}};
  if (code == CURLE_OK) return "";
  if (transfer.too_large) return "http.too_large";
  if (!transfer.unwritten.empty()) return "http.lost";
  for (const auto& [known, name] : kCodes) {
    if (known == code) return name;
  }
  return transfer.answer.sent ? "http.lost" : "http.connect";
}

void complete(Transfer& transfer, CURLcode code) {
  CURL* easy = transfer.easy.get();
  long status = 0;
  long request_bytes = 0;
  char* redirect = nullptr;
  ::curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
  ::curl_easy_getinfo(easy, CURLINFO_REQUEST_SIZE, &request_bytes);
  ::curl_easy_getinfo(easy, CURLINFO_REDIRECT_URL, &redirect);
  HttpAnswer& answer = transfer.answer;
  answer.sent = request_bytes > 0;
  answer.status = static_cast<int>(status);
  answer.redirect = redirect != nullptr ? redirect : "";
  answer.failure = failure_code(code, transfer);
  const bool explained = transfer.error[0] != '\0';
  answer.text = as_utf8(explained ? transfer.error.data() : ::curl_easy_strerror(code));
  if (transfer.too_large) answer.text = "the answer is larger than it may be";
  if (!transfer.unwritten.empty()) answer.text = "the answer is lost: " + transfer.unwritten;
}

class CurlTransport final : public HttpTransport {
 public:
  CurlTransport(Loop& loop, CURLM* multi) : loop_(loop), multi_(multi) {
    ::curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, &CurlTransport::on_socket);
    ::curl_multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
    ::curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, &CurlTransport::on_timer);
    ::curl_multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
  }

  ~CurlTransport() override {
    for (const auto& [id, transfer] : transfers_) {
      ::curl_multi_remove_handle(multi_, transfer->easy.get());
    }
    transfers_.clear();
    ::curl_multi_cleanup(multi_);
    for (const auto& [socket, copy] : copies_) loop_.unwatch(copy.get());
    loop_.cancel(timer_);
  }

  std::uint64_t send(const HttpRequest& request, Done done) override {
    auto transfer = std::make_unique<Transfer>();
    transfer->id = next_id_++;
    transfer->request = request;
    transfer->done = std::move(done);
    transfer->easy.reset(::curl_easy_init());
    CHECK(transfer->easy != nullptr);
    prepare(*transfer);
    Transfer& place = *transfer;
    transfers_.emplace(place.id, std::move(transfer));
    CHECK(::curl_multi_add_handle(multi_, place.easy.get()) == CURLM_OK);
    return place.id;
  }

  void drop(std::uint64_t id) override {
    const auto found = transfers_.find(id);
    if (found == transfers_.end()) return;
    ::curl_multi_remove_handle(multi_, found->second->easy.get());
    transfers_.erase(found);
  }

 private:
  void prepare(Transfer& transfer) {
    CURL* easy = transfer.easy.get();
    transfer.headers = header_list(transfer.request);
    ::curl_easy_setopt(easy, CURLOPT_URL, transfer.request.url.c_str());
    ::curl_easy_setopt(easy, CURLOPT_HTTPHEADER, transfer.headers.get());
    ::curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer.error.data());
    ::curl_easy_setopt(easy, CURLOPT_PRIVATE, &transfer);
    ::curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &on_header);
    ::curl_easy_setopt(easy, CURLOPT_HEADERDATA, &transfer);
    ::curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &on_body);
    ::curl_easy_setopt(easy, CURLOPT_WRITEDATA, &transfer);
    set_method(easy, transfer);
    set_trust(easy, transfer.request);
    set_manners(easy, transfer.request);
  }

  // We watch a copy of curl's socket: while it connects, curl closes it before it says that it need
  // not be watched any more, and what is closed cannot be unwatched. `known` is what we told curl
  // to remember with this socket: nothing for one that has only got the number of an earlier one.
  static int on_socket(CURL*, curl_socket_t socket, int what, void* data, void* known) {
    auto& self = *static_cast<CurlTransport*>(data);
    if (what == CURL_POLL_REMOVE || known == nullptr) self.forget(socket);
    if (what == CURL_POLL_REMOVE) return 0;
    const auto interest = ((what & CURL_POLL_IN) != 0 ? Loop::readable : 0u) |
                          ((what & CURL_POLL_OUT) != 0 ? Loop::writable : 0u);
    const auto copy = self.copies_.find(socket);
    if (copy != self.copies_.end()) {
      self.loop_.change(copy->second.get(), interest);
    } else {
      self.remember(socket, interest);
    }
    return 0;
  }

  // Where no descriptor is left the request times out.
  void remember(curl_socket_t socket, std::uint32_t interest) {
    Fd copy(::fcntl(socket, F_DUPFD_CLOEXEC, 0));
    if (!copy) return;
    loop_.watch(copy.get(), interest, [this, socket] { act(socket); });
    copies_.emplace(socket, std::move(copy));
    ::curl_multi_assign(multi_, socket, this);
  }

  void forget(curl_socket_t socket) {
    const auto copy = copies_.find(socket);
    if (copy == copies_.end()) return;
    loop_.unwatch(copy->second.get());
    copies_.erase(copy);
  }

  static int on_timer(CURLM*, long timeout_ms, void* data) {
    auto& self = *static_cast<CurlTransport*>(data);
    self.loop_.cancel(self.timer_);
    if (timeout_ms < 0) return 0;
    self.timer_ = self.loop_.after(timeout_ms, [&self] { self.act(CURL_SOCKET_TIMEOUT); });
    return 0;
  }

  void act(curl_socket_t socket) {
    int running = 0;
    ::curl_multi_socket_action(multi_, socket, 0, &running);
    int left = 0;
    while (const CURLMsg* message = ::curl_multi_info_read(multi_, &left)) {
      if (message->msg == CURLMSG_DONE) finish(message->easy_handle, message->data.result);
    }
  }

  void finish(CURL* easy, CURLcode code) {
    Transfer* place = nullptr;
    ::curl_easy_getinfo(easy, CURLINFO_PRIVATE, &place);
    complete(*place, code);
    note_expiry(*place);
    const auto node = transfers_.extract(place->id);
    ::curl_multi_remove_handle(multi_, easy);
    node.mapped()->done(std::move(node.mapped()->answer));
  }

  // A kept connection shows no certificates any more: then what its host showed before counts.
  void note_expiry(Transfer& transfer) {
    if (!transfer.request.target.secure || !transfer.answer.failure.empty()) return;
    std::int64_t& known = expiries_[{transfer.request.target.authority, transfer.request.trusted}];
    const std::int64_t seen = first_expiry(transfer.easy.get());
    if (seen != 0) known = seen;
    transfer.answer.expires_s = known;
  }

  Loop& loop_;
  CURLM* multi_;
  Loop::TimerId timer_ = 0;
  std::uint64_t next_id_ = 1;
  std::map<std::uint64_t, std::unique_ptr<Transfer>> transfers_;
  std::map<std::pair<std::string, std::string>, std::int64_t> expiries_;
  std::map<curl_socket_t, Fd> copies_;  // of curl's sockets; what the loop watches
};

}  // namespace
}  // namespace stagerun

// kOpenHttpTransport: the one symbol.
extern "C" __attribute__((visibility("default"))) stagerun::HttpTransport*
stagerun_open_http_transport(stagerun::Loop& loop, const stagerun::HttpLayout& layout) {
  if (layout != stagerun::HttpLayout()) return nullptr;
  static const CURLcode ready = ::curl_global_init(CURL_GLOBAL_DEFAULT);
  CURLM* multi = ready == CURLE_OK ? ::curl_multi_init() : nullptr;
  return multi == nullptr ? nullptr : new stagerun::CurlTransport(loop, multi);
}
