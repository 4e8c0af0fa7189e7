import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** The files of a folder that hold one of the texts, as UTF-8, and the text. */
export function filesWith(folder: string, texts: readonly string[]): string[] {
  return readdirSync(folder).flatMap((name) => {
    const content = readFileSync(join(folder, name));
    return texts.filter((text) => content.includes(text)).map((text) => `${name}: ${text}`);
  });
}
