import { Names } from "../names.js";
import type { Source } from "./source.js";

/** Methods that keep a session going, or list what a server has: they do nothing for an agent. */
const HOUSEKEEPING = /^(?:initialize|ping|notifications\/.*|logging\/.*|completion\/.*|.*\/list|.*\/(?:un)?subscribe)$/;

const METHOD = new Names(["mcp.method.name"]);

/** The semantic conventions for the Model Context Protocol, and the names OpenLLMetry has for it. */
export const mcp: Source = {
  name: "mcp",
  action: (_, attributes) => {
    const method = attributes.text(METHOD);
    if (method === undefined) return undefined;
    if (method === "tools/call") return "tool_call";
    return HOUSEKEEPING.test(method) ? "none" : method;
  },
  fields: {
    tool: ["gen_ai.tool.name", "mcp.tool.name"],
    arguments: ["mcp.request.argument", "mcp.tool.arguments"],
    result: ["mcp.response.value"],
  },
};
