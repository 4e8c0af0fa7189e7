import { readFileSync, writeFileSync } from "node:fs";
import { configReference } from "../dist/config/keys/reference.js";

// Writes the table of all keys into the README, between its two markers. Build first.
const readme = new URL("../README.md", import.meta.url);
const text = readFileSync(readme, "utf8");
const [begin, end] = ["<!-- keys:begin (made by pnpm reference) -->\n", "<!-- keys:end -->"];
const [from, to] = [text.indexOf(begin) + begin.length, text.indexOf(end)];
if (from < begin.length || to < from) throw new Error("README.md lacks the markers of the table");
writeFileSync(readme, `${text.slice(0, from)}\n${configReference()}\n${text.slice(to)}`);
