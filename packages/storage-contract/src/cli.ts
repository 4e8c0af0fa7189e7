import { validate } from "./validate.js";

process.exitCode = await validate(process.argv.slice(2), process);
