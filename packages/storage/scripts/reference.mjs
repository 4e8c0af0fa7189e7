import { readFileSync, writeFileSync } from "node:fs";
import { configReference } from "../dist/config/keys/reference.js";

// Writes the tables of all keys into docs/configuration.md, between its two markers. Build first.
const page = new URL("../../../docs/configuration.md", import.meta.url);
const text = readFileSync(page, "utf8");
const [begin, end] = [
  "<!-- keys:begin (made by pnpm --filter @agent-assembly/storage reference) -->\n",
  "<!-- keys:end -->",
];
const [from, to] = [text.indexOf(begin) + begin.length, text.indexOf(end)];
if (from < begin.length || to < from) throw new Error("docs/configuration.md lacks the markers of the tables");
writeFileSync(page, `${text.slice(0, from)}\n${configReference()}\n${text.slice(to)}`);
