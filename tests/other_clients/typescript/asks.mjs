/**
 * One write, asked for by a client of the TypeScript SDK, version 2 (or 1, where that is named and installed).
 *
 *     node asks.mjs '{"server": ["kf-mcp"], "era": "legacy", "offers": "form", "answer": "accept", "click": [], "write": {}}'
 *
 * `era`: legacy, modern or v1; `offers`: form, url or none; `answer`: what the client says to a question; `click`: the command that plays
 * the person at the page, to which the link is added. Prints one JSON object: what was asked, what the write replied, the newest writes.
 * KF_MCP_NODE_MODULES names the node_modules directory where it does not lie beside this file.
 */

import { execFileSync } from "node:child_process";
import { createRequire } from "node:module";
import path from "node:path";
import { pathToFileURL } from "node:url";

const { server, era, offers, answer, click, write } = JSON.parse(process.argv[2]);
const elsewhere = process.env.KF_MCP_NODE_MODULES;
const require = createRequire(elsewhere ? pathToFileURL(path.resolve(elsewhere, "x")) : import.meta.url);
const isFirst = era === "v1";
const { Client } = require(isFirst ? "@modelcontextprotocol/sdk/client/index.js" : "@modelcontextprotocol/client");
const { StdioClientTransport } = require(
  isFirst ? "@modelcontextprotocol/sdk/client/stdio.js" : "@modelcontextprotocol/client/stdio",
);

const capabilities = { form: { elicitation: { form: {} } }, url: { elicitation: { url: {} } }, none: {} }[offers];
const negotiation = isFirst ? {} : { versionNegotiation: { mode: era === "modern" ? { pin: "2026-07-28" } : "legacy" } };
const client = new Client({ name: "typescript", version: "1" }, { capabilities, ...negotiation });

const asked = [];

function person({ params }) {
  asked.push({ mode: params.mode ?? "form", message: params.message });
  if (params.url && click.length > 0) {
    execFileSync(click[0], [...click.slice(1), params.url]);
  }
  return answer === "accept" && !params.url ? { action: answer, content: { agree: true } } : { action: answer };
}

if (offers !== "none") {
  const question = isFirst
    ? require("@modelcontextprotocol/sdk/types.js").ElicitRequestSchema
    : "elicitation/create";
  client.setRequestHandler(question, person);
}

const [command, ...args] = server;
await client.connect(new StdioClientTransport({ command, args, env: process.env, stderr: "ignore" }));
const reply = await client.callTool({ name: "create_invoice", arguments: write });
const trail = await client.callTool({ name: "list_writes", arguments: {} });
console.log(
  JSON.stringify({
    revision: client.getNegotiatedProtocolVersion?.() ?? null,
    asked,
    reply: reply.structuredContent ?? reply.content,
    writes: trail.structuredContent.writes,
  }),
);
await client.close();
