/** The first fenced block of a language, without its fences. */
export function codeBlock(markdown: string, language: string): string | undefined {
  return new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, "m").exec(markdown)?.[1];
}

/** Packages that the README's first install command names. */
export function installedPackages(markdown: string): string[] {
  const command = codeBlock(markdown, "sh")
    ?.split("\n")
    .find((line) => line.startsWith("npm install "));
  return command?.split(/\s+/).filter((word) => word.startsWith("@")) ?? [];
}
