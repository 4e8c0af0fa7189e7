/** The fenced blocks of a language, without their fences. */
export function codeBlocks(markdown: string, language: string): string[] {
  const fenced = new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, "gm");
  return [...markdown.matchAll(fenced)].map((match) => match[1] as string);
}

/** The TypeScript blocks of a guide that stand alone; those that it calls a file belong to the commands that use them. */
export function guideExamples(markdown: string): string[] {
  return codeBlocks(markdown.replaceAll(/^<!-- file: .+ -->\n```[\s\S]*?^```$/gm, ""), "ts");
}

/** Packages that the README's first install command names. */
export function installedPackages(markdown: string): string[] {
  const command = codeBlocks(markdown, "sh")[0]
    ?.split("\n")
    .find((line) => line.startsWith("npm install "));
  return command?.split(/\s+/).filter((word) => word.startsWith("@")) ?? [];
}
