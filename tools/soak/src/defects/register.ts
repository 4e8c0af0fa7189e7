// Loaded before a process's program: `register.js?defect=NAME`.
import { register } from "node:module";

const defect = new URL(import.meta.url).searchParams.get("defect");
register("./hooks.js", import.meta.url, { data: { defect } });
