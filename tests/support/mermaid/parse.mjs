// Reads a flowchart with Mermaid's own parser and prints what it understood, as JSON:
// {"type", "nodes": [[id, label, shape, [class, ...]], ...], "edges": [[from, to], ...]}.
//
//   node parse.mjs FOLDER < flowchart.mmd     FOLDER: where `npm ci` put node_modules
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const tools = createRequire(`${process.argv[2]}/package.json`);
// What cleans labels wants a document, though nothing is drawn.
const { JSDOM } = tools("jsdom");
const page = new JSDOM("<!DOCTYPE html>");
globalThis.window = page.window;
globalThis.document = page.window.document;

const { default: mermaid } = await import(
  pathToFileURL(`${process.argv[2]}/node_modules/mermaid/dist/mermaid.core.mjs`)
);
const text = readFileSync(0, "utf8");
const { diagramType } = await mermaid.parse(text);
const { db } = await mermaid.mermaidAPI.getDiagramFromText(text);

// How Mermaid keeps `#34;` from its own parser, until it draws.
const decoded = (label) =>
  label.replace(/ﬂ°°/g, "&#").replace(/ﬂ°/g, "&").replace(/¶ß/g, ";");
const nodes = [...db.getVertices().values()].map((node) => [
  node.id,
  decoded(node.text),
  node.type ?? "",
  node.classes,
]);
const edges = db.getEdges().map((edge) => [edge.start, edge.end]);
process.stdout.write(JSON.stringify({ type: diagramType, nodes, edges }));
