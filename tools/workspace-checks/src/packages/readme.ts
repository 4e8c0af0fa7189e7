/** The fenced blocks of a language, without their fences. */
export function codeBlocks(markdown: string, language: string): string[] {
  const fenced = new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, "gm");
  return [...markdown.matchAll(fenced)].map((match) => match[1] as string);
}

/** Packages that the README's first install command names. */
export function installedPackages(markdown: string): string[] {
  const command = codeBlocks(markdown, "sh")[0]
    ?.split("\n")
    .find((line) => line.startsWith("npm install "));
  return command?.split(/\s+/).filter((word) => word.startsWith("@")) ?? [];
}
