// A server on the loopback that plays one script to whoever connects. Ends with the test.
#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <sys/socket.h>
#include <thread>
#include <utility>
#include <vector>

#include <arpa/inet.h>
#include <netinet/in.h>

#include "core/base/fd.h"

namespace stagerun {

// One connection, as the script sees it.
class Peer {
 public:
  explicit Peer(int fd) : fd_(fd) {}
  // The request's head, and its body where Content-Length says that there is one.
  std::string read_request() {
    std::string bytes;
    char buffer[4096];
    while (!is_whole(bytes)) {
      const ssize_t count = ::recv(fd_, buffer, sizeof buffer, 0);
      if (count <= 0) break;
      bytes.append(buffer, static_cast<std::size_t>(count));
    }
    return bytes;
  }
  // False once the other side has gone.
  bool send(const std::string& bytes) {
    return ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
           static_cast<ssize_t>(bytes.size());
  }
  // Until the other side hangs up.
  void wait_for_end() {
    char byte = 0;
    while (::recv(fd_, &byte, 1, 0) > 0) {
    }
  }

 private:
  static bool is_whole(const std::string& bytes) {
    const std::size_t end = bytes.find("\r\n\r\n");
    if (end == std::string::npos) return false;
    const std::size_t length = bytes.find("Content-Length: ");
    return length == std::string::npos ||
           bytes.size() >= end + 4 + std::stoul(bytes.substr(length + 16));
  }

  int fd_;
};

class LoopbackServer {
 public:
  using Script = std::function<void(Peer&)>;
  explicit LoopbackServer(Script script) : script_(std::move(script)) {
    listener_ = Fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    if (::bind(listener_.get(), generic, size) != 0 || ::listen(listener_.get(), 16) != 0) return;
    ::getsockname(listener_.get(), generic, &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
  }
  ~LoopbackServer() {
    ::shutdown(listener_.get(), SHUT_RDWR);
    if (thread_.joinable()) thread_.join();
    // A script that still waits for its peer is woken too.
    for (const Fd& peer : peers_) ::shutdown(peer.get(), SHUT_RDWR);
    for (std::thread& script : scripts_) script.join();
  }

  std::string authority() const { return "127.0.0.1:" + std::to_string(port_); }
  std::string url(const std::string& path = "/") const { return "http://" + authority() + path; }
  int connections() const { return connections_; }

 private:
  void serve() {
    for (;;) {
      const int peer = ::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC);
      if (peer < 0) return;
      ++connections_;
      peers_.emplace_back(peer);
      scripts_.emplace_back([this, peer] {
        Peer view(peer);
        script_(view);
        ::shutdown(peer, SHUT_RDWR);
      });
    }
  }

  Script script_;
  Fd listener_;
  int port_ = 0;
  std::atomic<int> connections_ = 0;
  std::vector<Fd> peers_;             // the accepting thread's until it has ended
  std::vector<std::thread> scripts_;  // likewise
  std::thread thread_;
};

}  // namespace stagerun
