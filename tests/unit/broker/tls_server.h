// A server that speaks TLS on the loopback, with certificates made for it. Ends with the test.
#pragma once

#include <chrono>
#include <csignal>
#include <string>
#include <sys/wait.h>
#include <thread>

#include <gtest/gtest.h>

#include "core/base/files.h"
#include "core/base/spawn.h"

namespace stagerun {

// Makes an authority `NAME.ca.pem` and a certificate by it for 127.0.0.1, `NAME.pem` (with the
// authority's behind it) and `NAME.key`, in `folder`.
inline void make_certificates(const std::filesystem::path& folder, const std::string& name,
                              int days, int ca_days) {
  const std::string script = R"(
set -e
new="openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes"
$new -days "$3" -subj "/CN=authority $1" -keyout "$1.ca.key" -out "$1.ca.pem" 2> /dev/null
openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj "/CN=server" \
  -keyout "$1.key" -out "$1.csr" 2> /dev/null
printf 'subjectAltName=IP:127.0.0.1\n' > "$1.ext"
openssl x509 -req -days "$2" -in "$1.csr" -CA "$1.ca.pem" -CAkey "$1.ca.key" -CAcreateserial \
  -extfile "$1.ext" -out "$1.pem" 2> /dev/null
cat "$1.ca.pem" >> "$1.pem"
)";
  SpawnOptions options;
  options.argv = {
      "/bin/sh", "-c", script, "sh", name, std::to_string(days), std::to_string(ca_days)};
  options.environment = own_environment();
  options.cwd = folder;
  const auto pid = spawn(options);
  ASSERT_TRUE(pid);
  int status = -1;
  ::waitpid(*pid, &status, 0);
  ASSERT_EQ(status, 0) << "openssl made no certificates";
}

// Answers each request with what it got: method, path, body.
class TlsServer {
 public:
  TlsServer(const std::filesystem::path& folder, const std::string& name) {
    const char* script = R"(
import http.server, os, ssl, sys
class Echo(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def answer(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        text = f"{self.command} {self.path} ".encode() + body
        with open(sys.argv[1] + ".seen", "ab") as seen:
            seen.write(text + b"\n")
        self.send_response(200)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)
    do_GET = do_POST = answer
    def log_message(self, *_):
        pass
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(sys.argv[1] + ".pem", sys.argv[1] + ".key")
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Echo)
server.daemon_threads = True
server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
with open(sys.argv[1] + ".tmp", "w") as port:
    port.write(str(server.server_port))
os.rename(sys.argv[1] + ".tmp", sys.argv[1] + ".port")
server.serve_forever()
)";
    SpawnOptions options;
    options.argv = {"python3", "-c", script, name};
    options.environment = own_environment();
    options.cwd = folder;
    const auto started = spawn(options);
    pid_ = started ? *started : 0;
    const auto file = folder / (name + ".port");
    for (int i = 0; i < 1000 && port_.empty(); ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
      if (const auto port = read_file(file, 10)) port_ = *port;
    }
    EXPECT_FALSE(port_.empty()) << "the TLS server did not start";
  }
  ~TlsServer() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  TlsServer(const TlsServer&) = delete;
  TlsServer& operator=(const TlsServer&) = delete;

  std::string url(const std::string& host = "127.0.0.1") const {
    return "https://" + host + ":" + port_ + "/x";
  }

 private:
  pid_t pid_ = 0;
  std::string port_;
};

}  // namespace stagerun
