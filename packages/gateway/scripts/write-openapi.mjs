// Writes openapi.json and docs/api.md from the built table of routes.
import { writeFile } from "node:fs/promises";
import { openApiDocument } from "../dist/api/openapi/document.js";
import { apiReference } from "../dist/api/openapi/reference.js";

await writeFile(new URL("../openapi.json", import.meta.url), `${JSON.stringify(openApiDocument(), null, 2)}\n`);
await writeFile(new URL("../../../docs/api.md", import.meta.url), apiReference());
