// taplo's language server, as editors run it, with a message a line on stdin and stdout. The
// program that npm has leaves it out; the package @taplo/lsp is the server without its wire.
//
//   node server.js FOLDER_OF_NODE_MODULES
"use strict";

const fs = require("fs");
const path = require("path");
const readline = require("readline");
const url = require("url");

// It asks a catalog on the web for schemas before it looks at a file, and waits for the answer; and
// it takes the global fetch, whatever it is given. So nobody is asked, and the catalog is empty.
const real = globalThis.fetch;
globalThis.fetch = async (what, ...rest) => {
  const place = what.url ?? String(what);
  if (!/^https?:/.test(place)) return real(what, ...rest);
  return Object.defineProperty(Response.json({ schemas: [] }), "url", { value: place });
};

const { TaploLsp } = require(path.join(process.argv[2], "@taplo", "lsp"));

// It sees no network, no environment and no configuration: files alone.
const environment = {
  now: () => new Date(),
  envVar: () => undefined,
  envVars: () => [],
  stdErrAtty: () => false,
  stdin: async () => new Uint8Array(),
  stdout: async (bytes) => bytes.length,
  stderr: async (bytes) => process.stderr.write(bytes) && bytes.length,
  glob: () => [],
  readFile: async (file) => fs.readFileSync(file),
  writeFile: async () => {
    throw new Error("it has nothing to write");
  },
  urlToFilePath: (place) => (place.startsWith("file:") ? url.fileURLToPath(place) : ""),
  isAbsolute: (file) => path.isAbsolute(file),
  cwd: () => process.cwd(),
  findConfigFile: () => undefined,
  fetch: {
    fetch: globalThis.fetch,
    Headers,
    Request,
    Response,
  },
};

async function main() {
  const server = await TaploLsp.initialize(environment, {
    onMessage: (message) => process.stdout.write(JSON.stringify(message) + "\n"),
  });
  const lines = readline.createInterface({ input: process.stdin });
  lines.on("line", (line) => server.send(JSON.parse(line)));
  lines.on("close", () => process.exit(0));
}

main();
